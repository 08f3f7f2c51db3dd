//! Changing a group, and removing one.

use std::process::ExitCode;

use provision::inventory::{Change, GroupKind};
use serde_json::json;

use crate::command::stock::{Holder, Stock};
use crate::command::values::{Assignment, names, take};
use crate::command::view::{self, Secrets};
use crate::command::{Context, phone};

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
        let (own, settings): (Vec<_>, Vec<_>) =
            self.settings.into_iter().partition(|assignment| assignment.key == "description");
        let stock = Stock::open(context)?;
        edit(&stock, kind, &self.name, context, |holder| {
            let (whose, scope) = (holder.name(), holder.scope());
            for Assignment { value, .. } in &own {
                describe(holder, value)?;
            }
            take(&whose, &mut holder.layer_mut().settings, &scope, &settings)
        })
    }
}

impl Unset {
    pub(super) fn run(self, kind: GroupKind, context: &Context) -> anyhow::Result<ExitCode> {
        let (own, settings): (Vec<_>, Vec<_>) = self.keys.into_iter().partition(|key| key == "description");
        let settings = names(&settings)?;
        let stock = Stock::open(context)?;
        edit(&stock, kind, &self.name, context, |holder| {
            if !own.is_empty() {
                describe(holder, "")?;
            }
            for name in &settings {
                holder.layer_mut().settings.unset(*name);
            }
            Ok(())
        })
    }
}

impl Remove {
    pub(super) fn run(self, kind: GroupKind, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let group = stock.group(kind, &self.name)?;
        let phones = stock.wait(stock.store.phones_in(kind, &group.name))?;
        // A series without a layer of its own is still a series.
        if phones > 0 && kind != GroupKind::Series {
            let s = if phones == 1 { " is" } else { "s are" };
            anyhow::bail!(
                "{phones} phone{s} in {kind} {name}; `offhook phone list --{kind} {name}` shows them, \
                 `offhook phone set SEP… {kind}=OTHER` moves them",
                name = group.name
            );
        }
        stock.change(&[Change::RemoveGroup(kind, group.name.clone())])?;
        let text = format!("{kind} {} removed", group.name);
        context.output.show(text, &json!({ "kind": kind.word(), "name": group.name }))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn describe(holder: &mut Holder, text: &str) -> anyhow::Result<()> {
    let whose = holder.name();
    if let Holder::Group(group) = holder {
        group.description = phone::plain(&whose, "description", text)?;
    }
    Ok(())
}

/// Changes a group, and says how many phones that reaches.
fn edit(
    stock: &Stock,
    kind: GroupKind,
    name: &str,
    context: &Context,
    change: impl FnOnce(&mut Holder) -> anyhow::Result<()>,
) -> anyhow::Result<ExitCode> {
    let before = stock.group(kind, name)?;
    let mut holder = Holder::Group(before.clone());
    change(&mut holder)?;
    let Holder::Group(after) = holder else { return Ok(ExitCode::SUCCESS) };
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
