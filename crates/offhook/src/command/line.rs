//! `offhook line`: the numbers that phones register with the PBX.

use std::process::ExitCode;

use provision::inventory::{Line, Number};
use serde_json::{Map, Value};

use super::stock::Stock;
use super::values::{Assignment, take};
use super::view::{self, Secrets};
use super::{Context, WrongUse};

mod add;
mod list;
mod remove;
mod set;
mod show;

/// Add, show, change and list lines: numbers with names, passwords, voicemail, rings
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Add(add::Args),
    Show(show::Args),
    List(list::Args),
    Set(set::Set),
    Unset(set::Unset),
    Remove(remove::Args),
}

impl Args {
    /// Does what the command says.
    pub fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        match self.verb {
            Verb::Add(args) => args.run(context),
            Verb::Show(args) => args.run(context),
            Verb::List(args) => args.run(context),
            Verb::Set(args) => args.run(context),
            Verb::Unset(args) => args.run(context),
            Verb::Remove(args) => args.run(context),
        }
    }
}

/// Writes settings of a line. Words of one model only are taken if one of the line's phones takes them; a remark names
/// those that do not.
fn write(line: &mut Line, written: &[Assignment], stock: &Stock, context: &Context) -> anyhow::Result<()> {
    let whose = format!("line {}", line.number);
    for Assignment { key, .. } in written {
        let of_a_phone = key.parse::<provision::inventory::Name>().is_ok_and(|name| !name.is_of_a_line());
        if of_a_phone {
            return Err(WrongUse(format!(
                "{whose}: {key} is a setting of phones: `offhook phone set SEP… {key}=…`"
            ))
            .into());
        }
    }
    let phones = stock.wait(stock.store.phones_with_line(&line.number))?;
    let scope = stock.scope_of(&phones)?;
    take(&whose, &mut line.settings, &scope, written)?;
    if phones.is_empty() {
        return Ok(());
    }
    for (name, value) in written.iter().filter_map(|one| Some((one.key.parse().ok()?, &one.value))) {
        let refusing: Vec<_> = scope.refusing(name, value).iter().map(|model| model.name).collect();
        if !refusing.is_empty() && !name.setting().is_secret() {
            context.output.remark(format!(
                "{whose}: {name}={value} is left out on its phones of model {}",
                refusing.join(", ")
            ));
        }
    }
    Ok(())
}

/// A line with its phones, for programs.
fn value(line: &Line, stock: &Stock, secrets: Secrets) -> anyhow::Result<Map<String, Value>> {
    let phones = stock.wait(stock.store.phones_with_line(&line.number))?;
    Ok(view::line(line, &phones, secrets))
}

fn numbers(numbers: &[Number]) -> String {
    numbers.iter().map(Number::as_str).collect::<Vec<_>>().join(", ")
}
