//! One group: what it says, and how many phones it reaches.

use std::fmt::Write;
use std::process::ExitCode;

use provision::inventory::{GroupKind, Layer};

use crate::command::Context;
use crate::command::key::effective;
use crate::command::output::Table;
use crate::command::overrides;
use crate::command::stock::Stock;
use crate::command::view::{self, Secrets};

/// Show what one says: settings, keys, overrides
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Which one.
    name: String,
    /// Print passwords, too.
    #[arg(long)]
    secrets: bool,
}

impl Args {
    pub(super) fn run(self, kind: GroupKind, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let group = stock.group(kind, &self.name)?;
        let phones = stock.wait(stock.store.phones_in(kind, &group.name))?;
        let secrets = Secrets::when(self.secrets);
        let s = if phones == 1 { "" } else { "s" };
        let mut text = format!("{kind} {}, {phones} phone{s}", group.name);
        if !group.description.is_empty() {
            let _ = write!(text, "\n{}", group.description);
        }
        text.push_str(&layer(&group.layer, secrets));
        context.output.show(text, &view::group(&group, phones, secrets))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn layer(layer: &Layer, secrets: Secrets) -> String {
    let mut text = String::new();
    if *layer == Layer::default() {
        text.push_str("\n\nIt says nothing yet.");
    }
    if !layer.settings.is_empty() {
        let mut table = Table::new(["SETTING", "VALUE"]);
        for (name, value) in layer.settings.iter() {
            table.row([&name.to_string(), secrets.text(name.setting().is_secret(), value)]);
        }
        let _ = write!(text, "\n\n{table}");
    }
    if !layer.keys.is_empty() {
        let mut table = Table::new(["KEY", "DOES"]);
        for button in effective::own(layer, "") {
            table.row([format!("{:>3}", button.number), effective::words(button.key)]);
        }
        let _ = write!(text, "\n\n{table}");
    }
    if !layer.overrides.is_empty() {
        let _ = write!(text, "\n\n{}", overrides::table(&layer.overrides));
    }
    text
}
