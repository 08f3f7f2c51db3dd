//! Changing a group, and removing one.

use std::process::ExitCode;

use provision::inventory::{Change, Group, GroupKind};
use serde_json::json;

use crate::command::Context;
use crate::command::stock::Stock;
use crate::command::values::{Assignment, with_passwords};
use crate::command::view::{self, Secrets};

/// Set settings, and description=
///
/// A value must be right for at least one model of the phones that there are; phones that lack a setting are not told.
#[derive(Debug, clap::Args)]
pub(super) struct Set {
    /// Which one.
    name: String,
    /// Settings by clear words: web_access=on. A password may be @FILE, or @- for standard input.
    #[arg(value_name = "KEY=VALUE", required = true)]
    settings: Vec<Assignment>,
}

/// Take settings away, so that what earlier layers say holds again
#[derive(Debug, clap::Args)]
pub(super) struct Unset {
    /// Which one.
    name: String,
    /// Names of settings, or description.
    #[arg(value_name = "KEY", required = true)]
    keys: Vec<String>,
}

/// Remove one; refused while phones are in it
#[derive(Debug, clap::Args)]
pub(super) struct Remove {
    /// Which one.
    name: String,
}

impl Set {
    pub(super) fn run(self, kind: GroupKind, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let settings = with_passwords(&stock.console, &format!("{kind} {}", self.name), self.settings)?;
        edit(&stock, kind, &self.name, context, |group| Ok(stock.editor.set_group(group, &settings)?))
    }
}

impl Unset {
    pub(super) fn run(self, kind: GroupKind, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        edit(&stock, kind, &self.name, context, |group| Ok(stock.editor.unset_group(group, &self.keys)?))
    }
}

impl Remove {
    pub(super) fn run(self, kind: GroupKind, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let group = stock.wait(stock.editor.remove_group(kind, &self.name))?;
        let text = format!("{kind} {} removed", group.name);
        context.output.show(text, &json!({ "kind": kind.word(), "name": group.name }))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Changes a group, and says how many phones that reaches.
fn edit(
    stock: &Stock,
    kind: GroupKind,
    name: &str,
    context: &Context,
    change: impl FnOnce(&mut Group) -> anyhow::Result<()>,
) -> anyhow::Result<ExitCode> {
    let before = stock.group(kind, name)?;
    let mut after = before.clone();
    change(&mut after)?;
    let phones = stock.wait(stock.store.phones_in(kind, &after.name))?;
    let what = format!("{kind} {}", after.name);
    let text = if after == before {
        format!("{what}: nothing to change")
    } else {
        stock.change(&[Change::PutGroup(after.clone())])?;
        let s = if phones == 1 { "" } else { "s" };
        format!("{what} changed; {phones} phone{s} in it")
    };
    context.output.show(text, &view::group(&after, phones, Secrets::Hidden))?;
    Ok(ExitCode::SUCCESS)
}
