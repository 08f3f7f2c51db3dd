//! `offhook key list`: the keys of a phone with those of its groups, or the keys of a group.

use std::process::ExitCode;

use serde_json::{Value, json};

use super::effective::{self, Button, keys, own};
use crate::command::stock::{GroupOption, Holder, Stock};
use crate::command::view::{self, Secrets, object};
use crate::command::{Context, WrongUse};

/// List the keys of a phone and where each comes from, or those of a profile, site or series
#[derive(Debug, clap::Args)]
#[command(override_usage = "offhook key list SEP…
       offhook key list --profile NAME")]
pub(super) struct Args {
    /// The phone.
    #[arg(value_name = "SEP…")]
    words: Vec<String>,
    #[command(flatten)]
    group: GroupOption,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let (holder, rest) = self.group.holder(&self.words, &stock)?;
        if let Some(word) = rest.first() {
            return Err(WrongUse(format!(
                "{word:?} is too much: one phone, or --profile, --site or --series NAME"
            ))
            .into());
        }
        let name = holder.name();
        match holder {
            Holder::Phone(phone) => {
                let bundle = stock.bundle(phone)?;
                print(context, &name, &keys(&bundle))
            }
            Holder::Group(group) => print(context, &name, &own(&group.layer, &name)),
        }
    }
}

fn print(context: &Context, name: &str, buttons: &[Button<'_>]) -> anyhow::Result<ExitCode> {
    if context.output.is_json() {
        context
            .output
            .value(&json!({ "of": name, "keys": buttons.iter().map(value).collect::<Vec<_>>() }))?;
    } else if buttons.is_empty() {
        context.output.line(format!("{name} has no keys"))?;
    } else {
        context.output.line(effective::table(buttons))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A key with its label in the end, and where it comes from.
pub(in crate::command) fn value(button: &Button<'_>) -> Value {
    let mut fields = object(view::key(button.number, button.key, Secrets::Hidden));
    fields.insert("label".to_owned(), button.label().into());
    fields.insert("from".to_owned(), button.origin.clone().into());
    Value::Object(fields)
}
