//! `offhook key set`: one button.

use std::process::ExitCode;

use provision::inventory::{Key, Number};
use serde_json::json;

use super::effective::words;
use crate::command::console::Console;
use crate::command::made::made;
use crate::command::stock::{GroupOption, Holder, Stock};
use crate::command::values::{Assignment, with_passwords};
use crate::command::view::{self, Secrets};
use crate::command::{Context, WrongUse};
use crate::edit::{self, Aim, Scope, aim};

/// Say what a key does
///
/// After the number of the key comes its feature, then for most features what it is for: the number to dial, the line,
/// the page. `offhook catalogue keys --model 8845` lists the features; `line` and `intercom` take a line that is there.
/// Settings of a line given here hold for this key only.
#[derive(Debug, clap::Args)]
#[command(override_usage = "offhook key set SEP… KEY FEATURE [NUMBER|LINE|URL] [SETTING=VALUE]…
       offhook key set --profile NAME KEY FEATURE …", after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// The phone, the number of the key, its feature, and what it is for.
    #[arg(value_name = "SEP… KEY FEATURE", required = true)]
    words: Vec<String>,
    #[command(flatten)]
    group: GroupOption,
    /// The text beside the key.
    #[arg(long, value_name = "TEXT")]
    label: Option<String>,
    /// A busy lamp also shows ringing, and pressing it then picks the call up.
    #[arg(long)]
    pickup: bool,
}

const EXAMPLES: &str = "\
Examples:
  offhook key set SEP001122334455 3 blf 1003 --label Ann --pickup
  offhook key set SEP001122334455 4 speed_dial 0800123456 --label Taxi
  offhook key set SEP001122334455 2 line 1002 ring_when_idle=flash
  offhook key set --profile reception 9 service http://pbx.example.net/menu --label Menu
  offhook key set --site berlin 10 park_slot 701";

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let (mut holder, rest) = self.group.holder(&self.words, &stock)?;
        let whose = holder.name();
        let [number, feature, rest @ ..] = rest else {
            return Err(WrongUse(format!("{whose}: say which key and what it does: 3 blf 1003")).into());
        };
        let button = edit::button(&whose, number)?;
        let key =
            self.key(&format!("{whose} key {button}"), feature, rest, (&holder.scope(), &stock.console))?;
        let previous = holder.clone();
        let before = stock.wait(stock.editor.put_key(&mut holder, button, key.clone()))?;
        stock.change(&[holder.clone().put()])?;
        let mut text = format!("{whose}: key {button} is {}", words(Some(&key)));
        if let Some(before) = before.filter(|before| before.as_ref() != Some(&key)) {
            text.push_str(&format!(" (was {})", words(before.as_ref())));
        }
        let value = json!({ "of": whose, "key": view::key(button, Some(&key), Secrets::Hidden) });
        context.output.show(text, &value)?;
        if let (Holder::Phone(before), Holder::Phone(after)) = (previous, holder) {
            made(after, &stock)?.remark_since(before, &stock, context)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The key that the words and options describe.
    fn key(
        &self,
        whose: &str,
        feature: &str,
        words: &[String],
        (scope, console): (&Scope, &Console),
    ) -> anyhow::Result<Key> {
        let feature = edit::feature(whose, feature)?;
        let mut line = None;
        let mut written = Vec::new();
        let mut aims = Vec::new();
        for word in words {
            match Assignment::read(word) {
                Some(assignment) => written.push(assignment),
                None => aims.push(word.as_str()),
            }
        }
        match (aim(feature), &aims[..]) {
            (_, []) => {}
            (Some(Aim::Line), [word]) => line = Some(number(whose, word)?),
            (Some(Aim::Setting(name)), [value]) => {
                written.push(Assignment { key: name.to_owned(), value: (*value).to_owned() });
            }
            (None, [word, ..]) => {
                return Err(
                    WrongUse(format!("{whose}: {} takes nothing such as {word:?}", feature.key)).into()
                );
            }
            (Some(_), [_, second, ..]) => {
                return Err(WrongUse(format!(
                    "{whose}: {second:?} is too much; settings are written SETTING=VALUE"
                ))
                .into());
            }
        }
        let label = self.label.clone().map(|value| Assignment { key: "label".to_owned(), value });
        let pickup = self.pickup.then(|| Assignment { key: "blf_pickup".to_owned(), value: "on".to_owned() });
        written.extend(label.into_iter().chain(pickup));
        Ok(edit::new_key(whose, feature, line, &with_passwords(console, whose, written)?, scope)?)
    }
}

fn number(whose: &str, word: &str) -> Result<Number, WrongUse> {
    word.parse().map_err(|error| WrongUse(format!("{whose}: {error}")))
}
