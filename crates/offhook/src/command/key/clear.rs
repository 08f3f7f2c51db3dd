//! `offhook key clear`: a button does nothing of its own any more.

use std::process::ExitCode;

use serde_json::json;

use super::effective::{keys, words};
use crate::command::stock::{GroupOption, Holder, Stock};
use crate::command::view::{self, Secrets};
use crate::command::{Context, WrongUse};
use crate::edit;

/// Clear keys; what profile, series or site say of them holds again
#[derive(Debug, clap::Args)]
#[command(override_usage = "offhook key clear [--empty] SEP… KEY…
       offhook key clear [--empty] --profile NAME KEY…")]
pub(super) struct Args {
    /// The phone, and the keys.
    #[arg(value_name = "SEP… KEY", required = true)]
    words: Vec<String>,
    #[command(flatten)]
    group: GroupOption,
    /// Keep them empty even where profile, series or site say something.
    #[arg(long)]
    empty: bool,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let (mut holder, rest) = self.group.holder(&self.words, &stock)?;
        let whose = holder.name();
        if rest.is_empty() {
            return Err(WrongUse(format!("{whose}: say which keys")).into());
        }
        let buttons: Result<Vec<u16>, _> = rest.iter().map(|word| edit::button(&whose, word)).collect();
        let buttons = buttons?;
        stock.editor.clear_keys(&mut holder, &buttons, self.empty)?;
        let rest = self.remaining(&holder, &buttons, &stock)?;
        let layer = holder.layer().keys.iter();
        let own: Vec<_> =
            layer.map(|(button, key)| view::key(*button, key.as_ref(), Secrets::Hidden)).collect();
        stock.change(&[holder.put()])?;
        let listed = buttons.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
        let done = if self.empty { "kept empty" } else { "cleared" };
        let text = format!("{whose}: key {listed} {done}{rest}");
        context.output.show(text, &json!({ "of": whose, "keys": own }))?;
        Ok(ExitCode::SUCCESS)
    }

    /// What a phone shows on those buttons from now on, because a group says so.
    fn remaining(&self, holder: &Holder, buttons: &[u16], stock: &Stock) -> anyhow::Result<String> {
        let Holder::Phone(phone) = holder else { return Ok(String::new()) };
        if self.empty {
            return Ok(String::new());
        }
        let bundle = stock.bundle(phone.clone())?;
        let again = keys(&bundle)
            .into_iter()
            .filter(|button| buttons.contains(&button.number) && button.key.is_some());
        let said = again.map(|button| {
            format!("\n  key {} is now {}, from {}", button.number, words(button.key), button.origin)
        });
        Ok(said.collect())
    }
}
