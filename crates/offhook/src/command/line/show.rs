//! `offhook line show`: what is said of a line, and who has it.

use std::fmt::Write;
use std::process::ExitCode;

use provision::inventory::{Layer, Number};

use crate::command::Context;
use crate::command::output::Table;
use crate::command::stock::Stock;
use crate::command::view::{self, Secrets};

/// Show a line: its settings, and the phones that have it
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The line.
    number: Number,
    /// Print its password, too.
    #[arg(long)]
    secrets: bool,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let line = stock.line(&self.number)?;
        let secrets = Secrets::when(self.secrets);
        let phones = stock.wait(stock.store.phones_with_line(&line.number))?;
        let groups = stock.wait(stock.store.groups_with_line(&line.number))?;
        let mut text = format!("line {}", line.number);
        if !line.settings.is_empty() {
            let mut table = Table::new(["SETTING", "VALUE"]);
            for (name, value) in line.settings.iter() {
                table.row([&name.to_string(), secrets.text(name.setting().is_secret(), value)]);
            }
            let _ = write!(text, "\n\n{table}");
        }
        let mut table = Table::new(["ON", "KEY", "WHAT"]);
        for mac in &phones {
            let phone = stock.phone(*mac)?;
            let buttons = buttons(&phone.layer, &line.number);
            if !buttons.is_empty() {
                table.row([mac.device_name(), buttons, phone.description]);
            }
        }
        for (kind, name) in &groups {
            let group = stock.group(*kind, name)?;
            table.row([format!("{kind} {name}"), buttons(&group.layer, &line.number), group.description]);
        }
        let has = if table.is_empty() { "No phone has it.".to_owned() } else { table.to_string() };
        let _ = write!(text, "\n\n{has}");
        context.output.show(text, &view::line(&line, &phones, secrets))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The buttons that the line has in a layer.
fn buttons(layer: &Layer, number: &Number) -> String {
    let has = |(button, key): (&u16, &Option<provision::inventory::Key>)| {
        (key.as_ref()?.line.as_ref() == Some(number)).then(|| button.to_string())
    };
    layer.keys.iter().filter_map(has).collect::<Vec<_>>().join(" ")
}
