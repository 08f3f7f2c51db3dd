//! A new group, empty or like another.

use std::process::ExitCode;

use anyhow::bail;
use provision::inventory::{Change, Group, GroupKind};

use crate::command::stock::{Holder, Stock};
use crate::command::values::{Assignment, take};
use crate::command::view::{self, Secrets};
use crate::command::{Context, WrongUse, catalogue, phone};

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
        let mut group = Group::new(kind, new_name(kind, &self.name, &stock)?);
        group.description = phone::plain(&format!("{kind} {}", self.name), "description", &self.description)?;
        let mut holder = Holder::Group(group);
        let (whose, scope) = (holder.name(), holder.scope());
        take(&whose, &mut holder.layer_mut().settings, &scope, &self.settings)?;
        keep(holder, &stock, context)
    }
}

impl Copy {
    pub(super) fn run(self, kind: GroupKind, context: &Context) -> anyhow::Result<ExitCode> {
        if kind == GroupKind::Series {
            return Err(
                WrongUse("a series is what the catalogue says: set what it shall say".to_owned()).into()
            );
        }
        let stock = Stock::open(context)?;
        let from = stock.group(kind, &self.from)?;
        let name = new_name(kind, &self.name, &stock)?;
        keep(Holder::Group(Group { name, ..from }), &stock, context)
    }
}

fn new_name(kind: GroupKind, name: &str, stock: &Stock) -> anyhow::Result<String> {
    let good = !name.is_empty()
        && name.chars().count() <= 60
        && name.trim() == name
        && !name.chars().any(char::is_control);
    if !good {
        return Err(WrongUse(format!(
            "{name:?} cannot be the name of a {kind}: 1 to 60 characters of one line"
        ))
        .into());
    }
    if kind == GroupKind::Series {
        catalogue::series(name)?;
    }
    if stock.wait(stock.store.group(kind, name))?.is_some() {
        bail!("{kind} {name} is there already; `offhook {kind} set {name} …` changes it");
    }
    Ok(name.to_owned())
}

fn keep(holder: Holder, stock: &Stock, context: &Context) -> anyhow::Result<ExitCode> {
    let text = format!("{} is added", holder.name());
    if let Holder::Group(group) = &holder {
        let value = view::group(group, 0, Secrets::Hidden);
        stock.change(&[Change::PutGroup(group.clone())])?;
        context.output.show(text, &value)?;
    }
    Ok(ExitCode::SUCCESS)
}
