//! `offhook phone set` and `unset`: fields and settings of one phone or several.

use std::process::ExitCode;

use provision::inventory::{Change, Phone};
use provision::mac::Mac;
use serde_json::{Value, json};

use crate::command::made::made;
use crate::command::stock::{Stock, mac};
use crate::command::values::{Assignment, with_passwords};
use crate::command::view::{self, Secrets};
use crate::command::{Context, WrongUse};

/// Set fields and settings of phones: description=, model=, site=, profile=, state=, notes=, and every setting
///
/// Settings are given by clear words: web_access=on. `offhook catalogue settings --model 8845` lists them with the words
/// they take. A password may be @FILE, or @- for standard input. Settings of lines hold for all lines of the phone;
/// for one line use `offhook line set`, for one key `offhook key set`.
#[derive(Debug, clap::Args)]
#[command(override_usage = "offhook phone set SEP… [SEP…] KEY=VALUE…")]
pub(super) struct Set {
    /// The phones, then what they shall have.
    #[arg(value_name = "SEP… KEY=VALUE", required = true)]
    words: Vec<String>,
}

/// Take settings away, so that what profile, series or site say holds again
#[derive(Debug, clap::Args)]
#[command(override_usage = "offhook phone unset SEP… [SEP…] KEY…")]
pub(super) struct Unset {
    /// The phones, then the names: web_access, description, site, profile, notes.
    #[arg(value_name = "SEP… KEY", required = true)]
    words: Vec<String>,
}

impl Set {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let (macs, rest) = phones(&self.words)?;
        let written: Result<Vec<Assignment>, _> = rest.iter().map(|word| word.parse()).collect();
        let written = written.map_err(WrongUse)?;
        change(context, &macs, |phone, stock| {
            let written = with_passwords(&stock.console, &phone.mac.device_name(), written.clone())?;
            stock.wait(stock.editor.set_phone(phone, &written))
        })
    }
}

impl Unset {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let (macs, rest) = phones(&self.words)?;
        change(context, &macs, |phone, stock| stock.wait(stock.editor.unset_phone(phone, rest)))
    }
}

/// The phones in front, and the words behind them, of which there must be one.
fn phones(words: &[String]) -> Result<(Vec<Mac>, &[String]), WrongUse> {
    let macs: Vec<Mac> = words.iter().map_while(|word| word.parse().ok()).collect();
    let rest = &words[macs.len()..];
    if macs.is_empty() {
        mac(words.first().map_or("", String::as_str))?;
    }
    if rest.is_empty() {
        return Err(WrongUse("say what: KEY=VALUE to set, KEY to unset".to_owned()));
    }
    Ok((macs, rest))
}

/// More notes than about so many phones nobody reads.
const TOLD: usize = 20;

fn change(
    context: &Context,
    macs: &[Mac],
    edit: impl Fn(&mut Phone, &Stock) -> anyhow::Result<()>,
) -> anyhow::Result<ExitCode> {
    let stock = Stock::open(context)?;
    let (mut changed, mut same, mut previous) = (Vec::new(), Vec::new(), Vec::new());
    for mac in macs {
        let before = stock.phone(*mac)?;
        let mut after = before.clone();
        edit(&mut after, &stock)?;
        if after == before {
            same.push(after);
        } else {
            changed.push(after);
            previous.push(before);
        }
    }
    let changes: Vec<_> = changed.iter().cloned().map(Change::PutPhone).collect();
    if !changes.is_empty() {
        stock.change(&changes)?;
    }
    for (before, after) in previous.into_iter().zip(&changed).take(TOLD) {
        made(after.clone(), &stock)?.remark_since(before, &stock, context)?;
    }
    let named =
        |phones: &[Phone]| phones.iter().map(|phone| phone.mac.device_name()).collect::<Vec<_>>().join(", ");
    if !changed.is_empty() {
        context.output.line(format!("{} changed", named(&changed)))?;
    }
    if !same.is_empty() {
        context.output.line(format!("{}: nothing to change", named(&same)))?;
    }
    if context.output.is_json() {
        let phones =
            changed.iter().chain(&same).map(|phone| Value::Object(view::phone(phone, Secrets::Hidden)));
        context.output.value(&json!({ "changed": changed.len(), "phones": phones.collect::<Vec<_>>() }))?;
    }
    Ok(ExitCode::SUCCESS)
}
