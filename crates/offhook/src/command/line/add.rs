//! `offhook line add`: a line of its own, before a phone has it.

use std::process::ExitCode;

use provision::inventory::{Change, Line, Number};

use crate::command::Context;
use crate::command::stock::Stock;
use crate::command::values::Assignment;
use crate::command::view::Secrets;

/// Add a line
///
/// Without a password one is made up and shown, for the PBX. On the command line a password can be read by others:
/// --password @FILE takes it from a file, --password @- from standard input, which asks at a terminal.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The number or name it registers with: 1001, alice.
    number: Number,
    /// What stands beside its key.
    #[arg(long, value_name = "TEXT")]
    label: Option<String>,
    /// The name that others see.
    #[arg(long = "name", value_name = "TEXT")]
    display_name: Option<String>,
    /// Its password: itself, @FILE, or @- for standard input.
    #[arg(long, value_name = "PASSWORD", conflicts_with = "no_password")]
    password: Option<Hidden>,
    /// It has none.
    #[arg(long)]
    no_password: bool,
    /// A setting; may be repeated: voicemail, rings, calls. `offhook catalogue settings` lists them.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<Assignment>,
}

/// A text that is never printed.
#[derive(Clone)]
pub(super) struct Hidden(pub(super) String);

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

impl From<String> for Hidden {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl Args {
    pub(super) fn run(mut self, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let number = &self.number;
        stock.wait(stock.editor.is_new_line(number))?;
        let mut line = Line::new(number.clone());
        let options = [
            ("label", self.label.take()),
            ("display_name", self.display_name.take()),
            ("auth_password", self.password.take().map(|password| password.0)),
        ];
        let options = options
            .into_iter()
            .filter_map(|(key, value)| Some(Assignment { key: key.to_owned(), value: value? }));
        self.settings.extend(options);
        super::write(&mut line, &self.settings, &stock, context)?;
        let mut made_up = None;
        if !self.no_password && line.settings.of("auth_password").is_none() {
            made_up = Some(stock.editor.make_up_password(&mut line)?);
        }
        stock.change(&[Change::PutLine(line.clone())])?;
        let number = &line.number;
        let mut value = super::value(&line, &stock, Secrets::Hidden)?;
        let mut text = format!("line {number} is added");
        if let Some(password) = made_up {
            text.push_str(&format!("\n\nIts password: {password}\nTell it to the PBX. `offhook line show {number} --secrets` shows it again."));
            value.insert("made_up_password".to_owned(), password.into());
        }
        text.push_str(&format!("\n\nPut it on a key: offhook key set SEP… 1 line {number}"));
        context.output.show(text, &value)?;
        Ok(ExitCode::SUCCESS)
    }
}
