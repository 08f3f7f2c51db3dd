//! `offhook cert renew`: the next certificate, without a phone noticing.

use std::process::ExitCode;

use serde::Serialize;

use super::pick;
use super::show::View;
use crate::command::Context;
use crate::command::stock::Stock;
use crate::trust::renewal::{self, Renewed};
use crate::trust::{Desk, Trust, Turn, calendar};

/// No line names more phones than people read.
const SHOWN: usize = 5;

/// Renew certificates without a phone noticing
///
/// The Trust Verification Service vouches for the new one and for the one of before; `offhook trust plan` shows what is new
/// in the next list, and `offhook trust publish` gives it out. Nobody can vouch for that service itself: its next certificate
/// stands in the list beside the old one, and takes over when this is said again after phones have fetched the list. A
/// running server does all this by itself in time: see keys.renew_days.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// tftp, provisioning, provisioning-rsa, application, tvs or capf.
    #[arg(required_unless_present = "due")]
    names: Vec<String>,
    /// Those that a running server would renew now.
    #[arg(long, conflicts_with = "names")]
    due: bool,
    /// Let the next certificate of the Trust Verification Service take over, whoever does not know it yet.
    #[arg(long)]
    hurry: bool,
}

#[derive(Debug, Serialize)]
struct Told {
    name: String,
    result: &'static str,
    /// Phones that do not know it yet.
    phones: Vec<String>,
    certificate: Option<View>,
    #[serde(skip)]
    words: String,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let resolved = context.resolved()?;
        let trust = Trust::of(&resolved);
        let now = calendar::now();
        let names: Vec<String> = if self.due {
            let due = renewal::due(&trust.current()?.certificates, &resolved, now);
            due.into_iter().map(str::to_owned).collect()
        } else {
            self.names
        };
        for name in &names {
            pick::check_name(name)?;
        }
        let _alone = Turn::take(&resolved.data_dir)?;
        let desk = Desk { store: &stock.store, resolved: &resolved, trust: &trust };
        let mut told = Vec::new();
        for name in &names {
            let renewed = stock.wait(renewal::renew(&desk, name, &stock.who, now, self.hurry))?;
            let shown = if renewed == Renewed::Prepared { renewal::NEXT_TVS } else { name };
            let certificate =
                trust.current()?.certificates.find(shown).map(|one| View::new(&one.certificate));
            told.push(Told::new(name, &renewed, certificate));
        }
        let text = if told.is_empty() {
            "nothing is due".to_owned()
        } else {
            told.iter().map(|told| told.words.clone()).collect::<Vec<_>>().join("\n")
        };
        context.output.show(text, &told)?;
        let waits = told.iter().any(|told| told.result == "waits");
        Ok(ExitCode::from(u8::from(waits)))
    }
}

impl Told {
    fn new(name: &str, renewed: &Renewed, certificate: Option<View>) -> Self {
        let phones: Vec<String> = match renewed {
            Renewed::Waits(phones) => phones.iter().map(|phone| phone.device_name()).collect(),
            Renewed::Replaced | Renewed::Prepared => Vec::new(),
        };
        let (result, words) = match renewed {
            Renewed::Replaced => (
                "replaced",
                format!("{name} is renewed; `offhook trust plan` shows what is new in the next list"),
            ),
            Renewed::Prepared => (
                "prepared",
                format!(
                    "the next {name} is made, as {}; `offhook trust publish` lets phones know it.\nIt takes over by itself, or \
                     with this command, when all of them do",
                    renewal::NEXT_TVS
                ),
            ),
            Renewed::Waits(_) => {
                let shown = phones.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
                let more = phones.len().saturating_sub(SHOWN);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                (
                    "waits",
                    format!(
                        "the next {name} waits: {shown}{more} hold a list without it; `offhook trust publish`, and let \
                         them restart"
                    ),
                )
            }
        };
        Self { name: name.to_owned(), result, phones, certificate, words }
    }
}
