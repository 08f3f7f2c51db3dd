//! A new group, empty or like another.

use std::process::ExitCode;

use provision::inventory::{Group, GroupKind};

use crate::command::Context;
use crate::command::stock::Stock;
use crate::command::values::{Assignment, with_passwords};
use crate::command::view::{self, Secrets};

/// Add one
#[derive(Debug, clap::Args)]
pub(super) struct Add {
    /// Its name.
    name: String,
    /// What it is for.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    description: String,
    /// A setting; may be repeated. `offhook catalogue settings` lists them.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<Assignment>,
}

/// Add one that says what another says
#[derive(Debug, clap::Args)]
pub(super) struct Copy {
    /// The one that is there.
    from: String,
    /// The name of the new one.
    name: String,
}

impl Add {
    pub(super) fn run(self, kind: GroupKind, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let settings = with_passwords(&stock.console, &format!("{kind} {}", self.name), self.settings)?;
        let added = stock.editor.add_group(kind, &self.name, &self.description, &settings);
        tell(&stock.wait(added)?, context)
    }
}

impl Copy {
    pub(super) fn run(self, kind: GroupKind, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        tell(&stock.wait(stock.editor.copy_group(kind, &self.from, &self.name))?, context)
    }
}

fn tell(group: &Group, context: &Context) -> anyhow::Result<ExitCode> {
    let text = format!("{} {} is added", group.kind, group.name);
    context.output.show(text, &view::group(group, 0, Secrets::Hidden))?;
    Ok(ExitCode::SUCCESS)
}
