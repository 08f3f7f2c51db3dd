//! `offhook line set` and `unset`.

use std::process::ExitCode;

use provision::inventory::{Change, Number};

use crate::command::stock::Stock;
use crate::command::values::Assignment;
use crate::command::view::Secrets;
use crate::command::{Context, WrongUse};
use crate::edit::names;

/// Set settings of a line: label=, display_name=, auth_password=, messages_number=, ring_when_idle= and more
///
/// Passwords: auth_password=@FILE takes it from a file, auth_password=@- from standard input, which asks at a terminal.
#[derive(Debug, clap::Args)]
pub(super) struct Set {
    /// The line.
    number: Number,
    /// Settings by clear words. `offhook catalogue settings` lists them.
    #[arg(value_name = "KEY=VALUE", required_unless_present = "new_password")]
    settings: Vec<Assignment>,
    /// Make up a password and show it, for the PBX.
    #[arg(long)]
    new_password: bool,
}

/// Take settings of a line away, so that what phone, profile and site say holds
#[derive(Debug, clap::Args)]
pub(super) struct Unset {
    /// The line.
    number: Number,
    /// Their names: label, messages_number.
    #[arg(value_name = "KEY", required = true)]
    keys: Vec<String>,
}

impl Set {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        if self.new_password && self.settings.iter().any(|one| one.key == "auth_password") {
            return Err(WrongUse("--new-password and auth_password= exclude each other".to_owned()).into());
        }
        let stock = Stock::open(context)?;
        let before = stock.line(&self.number)?;
        let mut line = before.clone();
        super::write(&mut line, &self.settings, &stock, context)?;
        let mut made_up = None;
        if self.new_password {
            made_up = Some(stock.editor.make_up_password(&mut line)?);
        }
        let mut text = changed(&stock, &before, &line)?;
        let mut value = super::value(&line, &stock, Secrets::Hidden)?;
        if let Some(password) = made_up {
            text.push_str(&format!("\n\nIts password: {password}\nTell it to the PBX."));
            value.insert("made_up_password".to_owned(), password.into());
        }
        context.output.show(text, &value)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Unset {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let names = names(&self.keys)?;
        let stock = Stock::open(context)?;
        let before = stock.line(&self.number)?;
        let mut line = before.clone();
        for name in names {
            line.settings.unset(name);
        }
        let text = changed(&stock, &before, &line)?;
        context.output.show(text, &super::value(&line, &stock, Secrets::Hidden)?)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Keeps the line as it is now, and says so.
fn changed(
    stock: &Stock,
    before: &provision::inventory::Line,
    line: &provision::inventory::Line,
) -> anyhow::Result<String> {
    if before == line {
        return Ok(format!("line {}: nothing to change", line.number));
    }
    stock.change(&[Change::PutLine(line.clone())])?;
    Ok(format!("line {} changed", line.number))
}
