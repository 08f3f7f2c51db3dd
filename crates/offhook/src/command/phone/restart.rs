//! `offhook phone restart` and `phone reset`: from the desk, by the PBX or by the phone's own keys.

use std::process::ExitCode;

use provision::mac::Mac;
use serde_json::json;

use crate::asterisk::Asterisk;
use crate::asterisk::restart::Order;
use crate::command::control::{Place, find};
use crate::command::output::Table;
use crate::command::stock::Stock;
use crate::command::{Context, runtime};
use crate::control::{self, Way};

/// Restart phones, so that they take what was changed for them
///
/// Asterisk tells a phone that is registered with it; a phone of the 7900 series can also be made to press its own keys.
#[derive(Debug, clap::Args)]
pub(super) struct Restart {
    #[command(flatten)]
    whom: Whom,
}

/// Start phones from the beginning: as restart, and they forget more
#[derive(Debug, clap::Args)]
pub(super) struct Reset {
    #[command(flatten)]
    whom: Whom,
}

#[derive(Debug, clap::Args)]
struct Whom {
    /// The phones.
    #[arg(required = true, value_name = "PHONE")]
    phones: Vec<Mac>,
    /// Only this way: sip (by Asterisk) or keys (7900 series) [default: sip, else keys].
    #[arg(long, value_name = "WAY")]
    by: Option<By>,
    /// Where the phone is, for keys [default: from where it took its configuration].
    #[arg(long, value_name = "ADDRESS")]
    address: Option<Place>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum By {
    Sip,
    Keys,
}

impl Restart {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        self.whom.run(context, Order::Restart)
    }
}

impl Reset {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        self.whom.run(context, Order::Reset)
    }
}

impl Whom {
    fn run(self, context: &Context, order: Order) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let phones = self.phones.iter().map(|mac| find(&stock, *mac)).collect::<Result<Vec<_>, _>>()?;
        let way = self.by.map(|by| match by {
            By::Sip => Way::Sip,
            By::Keys => Way::Keys,
        });
        let runtime = runtime()?;
        let (mut table, mut values, mut failed) = (Table::new(["PHONE", "WHAT HAPPENED"]), Vec::new(), 0);
        let own = || {
            runtime
                .block_on(async { stock.resolved.asterisk.account().map(Asterisk::open).unwrap_or_default() })
        };
        let asterisk = context.host.as_ref().map_or_else(own, |host| host.app.asterisk.clone());
        for reach in &phones {
            let door = reach.door(self.address.map(|place| place.socket(false)), false);
            let work = control::restart(reach, order, way, &asterisk, &stock.resolved.data_dir, door);
            let said = match runtime.block_on(work) {
                Ok(done) => done.words(order),
                Err(error) => {
                    failed += 1;
                    values.push(json!({ "phone": reach.name(), "done": false, "why": error.to_string() }));
                    table.row([reach.name(), format!("not restarted: {error}")]);
                    continue;
                }
            };
            values.push(json!({ "phone": reach.name(), "done": true, "how": said }));
            table.row([reach.name(), said]);
        }
        context.output.show(table, &values)?;
        Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
