//! `offhook key move`: what one key does goes to another.

use std::process::ExitCode;

use serde_json::json;

use super::effective::words;
use crate::command::stock::{GroupOption, Stock};
use crate::command::view::{self, Secrets};
use crate::command::{Context, WrongUse};
use crate::edit;

/// Move what a key does to another key; if that one is taken, the two change places
#[derive(Debug, clap::Args)]
#[command(override_usage = "offhook key move SEP… KEY TO
       offhook key move --profile NAME KEY TO")]
pub(super) struct Args {
    /// The phone, the key, and where it goes.
    #[arg(value_name = "SEP… KEY TO", required = true)]
    words: Vec<String>,
    #[command(flatten)]
    group: GroupOption,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let (mut holder, rest) = self.group.holder(&self.words, &stock)?;
        let whose = holder.name();
        let [from, to] = rest else {
            return Err(WrongUse(format!("{whose}: say which key goes where: 3 5")).into());
        };
        let (from, to) = (edit::button(&whose, from)?, edit::button(&whose, to)?);
        let (moved, other) = stock.editor.move_key(&mut holder, from, to)?;
        let mut text = format!("{whose}: key {to} is {}", words(moved.as_ref()));
        if let Some(other) = &other {
            text.push_str(&format!(", key {from} is {}", words(other.as_ref())));
        }
        let keys =
            holder.layer().keys.iter().map(|(button, key)| view::key(*button, key.as_ref(), Secrets::Hidden));
        let value = json!({ "of": whose, "keys": keys.collect::<Vec<_>>() });
        stock.change(&[holder.put()])?;
        context.output.show(text, &value)?;
        Ok(ExitCode::SUCCESS)
    }
}
