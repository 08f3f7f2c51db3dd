//! `offhook phone render`: the document that a phone gets.

use std::process::ExitCode;

use provision::mac::Mac;
use serde_json::json;

use crate::command::Context;
use crate::command::made::{self, Made};
use crate::command::output::Table;
use crate::command::stock::Stock;
use crate::command::view::Secrets;

/// Print the configuration that offhook makes for a phone
///
/// Passwords are hidden unless --secrets is given. Where a file in the document root wins, `phone show` says so; this
/// prints what offhook would make.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The phone.
    #[arg(value_name = "SEP…")]
    mac: Mac,
    /// Instead of the document, print each value: where it stands, its word, its code, who says so.
    #[arg(long)]
    explain: bool,
    /// Print passwords, too.
    #[arg(long)]
    secrets: bool,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let made = made::made(stock.phone(self.mac)?, &stock)?;
        let secrets = Secrets::when(self.secrets);
        if context.output.is_json() {
            let values: Vec<_> =
                made.rendered.values.iter().map(|value| made::value(&value, secrets)).collect();
            let xml = document(&made, secrets);
            let value = json!({ "phone": self.mac.device_name(), "stamp": made.rendered.stamp, "xml": xml, "values": values, "notes": made::notes(&made.rendered) });
            context.output.value(&value)?;
            return Ok(ExitCode::SUCCESS);
        }
        made.remark(context);
        if self.explain {
            context.output.line(explained(&made, secrets))?;
        } else {
            context.output.bytes(document(&made, secrets).as_bytes())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn document(made: &Made, secrets: Secrets) -> String {
    if secrets == Secrets::Shown {
        return made.rendered.xml.clone();
    }
    made.without_passwords()
}

fn explained(made: &Made, secrets: Secrets) -> Table {
    let mut table = Table::new(["SETTING", "VALUE", "CODE", "FROM", "STANDS AT"]);
    for value in made.rendered.values.iter() {
        let shown = |text: &str| secrets.text(value.secret, text).to_owned();
        let name = value.name.map_or_else(|| "-".to_owned(), |name| name.to_string());
        let word = if value.name.is_some() { shown(value.value) } else { String::new() };
        table.row([name, word, shown(value.code), value.origin.to_string(), value.path.to_owned()]);
    }
    table
}
