//! `offhook key move`: what one key does goes to another.

use std::process::ExitCode;

use serde_json::json;

use super::effective::words;
use crate::command::stock::{GroupOption, Stock};
use crate::command::view::{self, Secrets};
use crate::command::{Context, WrongUse};

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
        let (from, to) = (super::button(&whose, from)?, super::button(&whose, to)?);
        let scope = holder.scope();
        let keys = &mut holder.layer_mut().keys;
        let Some(moved) = keys.remove(&from) else {
            anyhow::bail!("{whose} has no key {from} of its own; `offhook key list` shows them");
        };
        let other = keys.insert(to, moved.clone());
        if let Some(other) = &other {
            keys.insert(from, other.clone());
        }
        let changed = [(to, moved.as_ref()), (from, other.as_ref().and_then(Option::as_ref))];
        for (button, key) in changed.iter().filter_map(|(button, key)| Some((*button, (*key)?))) {
            scope.check_key(button, key).map_err(|error| WrongUse(format!("{whose}: {error}")))?;
        }
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
