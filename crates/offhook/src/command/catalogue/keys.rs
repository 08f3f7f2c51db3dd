//! `offhook catalogue keys`: programmable keys and soft keys.

use provision::catalogue::{LineFeature, SoftKey, call_states, line_features, soft_keys};
use serde_json::{Value, json};

use super::{For, chosen, details};
use crate::command::Context;
use crate::command::output::Table;

/// Keys: what programmable keys can be, and soft keys with the call states that show them
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Keys to tell all about: blf, 21, "BLF Speed Dial", iDivert.
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    #[command(flatten)]
    phones: For,
}

/// Either of the two.
enum Key {
    Line(&'static LineFeature),
    Soft(&'static SoftKey),
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<()> {
        let (models, _) = self.phones.models()?;
        let lines = line_features().iter().filter(|key| models.iter().any(|model| key.applies.to(model)));
        let soft = soft_keys().iter().filter(|key| models.iter().any(|model| key.applies.to(model)));
        let keys: Vec<Key> = lines.map(Key::Line).chain(soft.map(Key::Soft)).collect();
        let rows = chosen("key", keys.iter().collect(), &self.names, Key::is, Key::names)?;
        if context.output.is_json() {
            let rows: Vec<_> = rows.iter().map(|key| key.value()).collect();
            return Ok(context.output.value(&rows)?);
        }
        if !self.names.is_empty() {
            let texts: Vec<_> = rows.iter().map(|key| key.text()).collect();
            return Ok(context.output.line(texts.join("\n\n"))?);
        }
        let mut lines = Table::new(["PROGRAMMABLE KEY", "NUMBER", "PHONES", "WHAT FOR"]);
        let mut soft = Table::new(["SOFT KEY", "TAG", "PHONES", "WHAT FOR"]);
        for key in rows {
            match key {
                Key::Line(key) => {
                    lines.row([key.key, &key.id.to_string(), &key.applies.to_string(), key.doc]);
                }
                Key::Soft(key) => {
                    soft.row([key.id, key.numbers[0], &key.applies.to_string(), key.doc]);
                }
            }
        }
        Ok(context.output.line(format!("{lines}\n\n{soft}"))?)
    }
}

/// The states of a call in which a soft key may stand, and those in which it must.
fn states(key: &SoftKey) -> (Vec<&'static str>, Vec<&'static str>) {
    let with = |keys: fn(&provision::catalogue::CallState) -> &Vec<&'static str>| {
        let states = call_states().iter().filter(move |state| keys(state).contains(&key.id));
        states.map(|state| state.id).collect()
    };
    (with(|state| &state.valid), with(|state| &state.mandatory))
}

impl Key {
    fn names(&self) -> Vec<&'static str> {
        match self {
            Self::Line(key) => vec![key.key, key.name],
            Self::Soft(key) => vec![key.id],
        }
    }

    fn is(&self, name: &str) -> bool {
        let number = matches!(self, Self::Line(key) if key.id.to_string() == name);
        number || self.names().iter().any(|known| known.eq_ignore_ascii_case(name))
    }

    fn text(&self) -> String {
        match self {
            Self::Line(key) => details(
                key.key,
                &[
                    ("", format!("{}.", key.doc)),
                    ("programmable", format!("{}, featureID {}", key.name, key.id)),
                    ("needs", key.required.join(", ")),
                    ("first line needs", key.first_line.iter().map(|name| format!(" {name}")).collect()),
                    ("may have", key.optional.join(", ")),
                    ("phones", key.applies.to_string()),
                ],
            ),
            Self::Soft(key) => {
                let (may, must) = states(key);
                let [tag, event, help] = key.numbers;
                details(
                    key.id,
                    &[
                        ("", format!("{}.", key.doc)),
                        ("soft key", format!("tag {tag}, eventID {event}, helpID {help}")),
                        ("may stand in", may.join(", ")),
                        ("must stand in", must.join(", ")),
                        ("phones", key.applies.to_string()),
                    ],
                )
            }
        }
    }

    fn value(&self) -> Value {
        match self {
            Self::Line(key) => json!({
                "sort": "programmable",
                "key": key.key,
                "id": key.id,
                "name": key.name,
                "required": key.required,
                "first_line": key.first_line,
                "optional": key.optional,
                "phones": key.applies.to_string(),
                "doc": key.doc,
            }),
            Self::Soft(key) => {
                let (may, must) = states(key);
                let [tag, event, help] = key.numbers;
                json!({
                    "sort": "soft",
                    "key": key.id,
                    "tag": tag,
                    "eventID": event,
                    "helpID": help,
                    "states": may,
                    "mandatory_in": must,
                    "phones": key.applies.to_string(),
                    "doc": key.doc,
                })
            }
        }
    }
}
