//! `offhook line`: the numbers that phones register with the PBX.

use std::process::ExitCode;

use provision::inventory::{Line, Number};
use serde_json::{Map, Value};

use super::Context;
use super::stock::Stock;
use super::values::{Assignment, with_passwords};
use super::view::{self, Secrets};

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
    let written = with_passwords(&stock.console, &format!("line {}", line.number), written.to_vec())?;
    for left_out in stock.wait(stock.editor.set_line(line, &written))? {
        context.output.remark(left_out);
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
