//! `offhook catalogue settings`: what can be set on a phone, and with which words.

use provision::catalogue::{Kind, Limits, Setting, own_settings, settings};
use serde_json::{Value, json};

use super::{For, chosen, details};
use crate::command::Context;
use crate::command::output::Table;

/// Settings: their words, their limits, the phones that know them
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Settings to tell all about: web_access, webAccess, vendorConfig/webAccess.
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    #[command(flatten)]
    phones: For,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<()> {
        let (models, series) = self.phones.models()?;
        let known = |setting: &&Setting| {
            setting.kind != Kind::Container && models.iter().any(|model| setting.applies.to(model))
        };
        let rows: Vec<&Setting> = settings().iter().chain(own_settings()).filter(known).collect();
        let spelled = |setting: &Setting| setting.key.into_iter().chain([setting.element()]).collect();
        let rows = chosen("setting", rows, &self.names, is, spelled)?;
        if context.output.is_json() {
            let rows: Vec<_> = rows.iter().map(|setting| value(setting, series)).collect();
            return Ok(context.output.value(&rows)?);
        }
        if self.names.is_empty() {
            let mut table = Table::new(["SETTING", "TAKES", "WHAT FOR"]);
            for setting in rows.iter().filter(|setting| setting.key.is_some()) {
                table.row([setting.key.unwrap_or_default(), &takes(setting, series), setting.doc]);
            }
            return Ok(context.output.line(table)?);
        }
        let texts: Vec<_> = rows.iter().map(|setting| one(setting, series)).collect();
        Ok(context.output.line(texts.join("\n\n"))?)
    }
}

fn is(setting: &Setting, name: &str) -> bool {
    let path = setting.path.replace("[]", "");
    setting.key == Some(name) || setting.element() == name || path == name.replace("[]", "")
}

/// In a table: few words are shown, many are counted.
fn takes(setting: &Setting, series: Option<&str>) -> String {
    let words = setting.words(series);
    match (setting.kind, setting.limits) {
        _ if (1..=4).contains(&words.len()) => words.join(" "),
        _ if !words.is_empty() => format!("{} words", words.len()),
        (_, Limits::Range { least, most, .. }) => format!("{least}..{most}"),
        (kind, _) => format!("{kind:?}").to_lowercase(),
    }
}

fn one(setting: &Setting, series: Option<&str>) -> String {
    let mut lines = vec![("", format!("{}.", setting.doc))];
    if !setting.is_own() {
        lines.push(("element", setting.path.to_owned()));
    }
    for values in setting.values_in(series) {
        let words = values.words.iter().map(|word| {
            let codes = word
                .codes
                .iter()
                .map(|code| if code.documented { code.text.to_owned() } else { format!("({})", code.text) });
            format!("{} = {}", word.word, codes.collect::<Vec<_>>().join(" "))
        });
        let words = words.collect::<Vec<_>>().join(", ");
        let on = |words| format!("on {}: {words}", values.series.join(", "));
        lines.push(("words", if values.series.is_empty() { words } else { on(words) }));
    }
    lines.push(("takes", limits(setting)));
    if let Some(usual) = setting.default.filter(|usual| !usual.is_empty()) {
        let word = setting.word(usual, series).map_or_else(|_| usual.to_owned(), |reading| reading.word);
        lines.push(("usual", word));
    }
    lines.push(("phones", setting.applies.to_string()));
    lines.push(("known from", format!("{} ({})", setting.source, setting.certainty)));
    details(setting.key.unwrap_or(setting.element()), &lines)
}

fn limits(setting: &Setting) -> String {
    let perhaps = |sure| if sure { "" } else { " (not proved)" };
    match setting.limits {
        Limits::None if matches!(setting.kind, Kind::Switch | Kind::Choice) => String::new(),
        Limits::None => format!("{:?}", setting.kind).to_lowercase(),
        Limits::Length { least, most, sure } => format!("{least} to {most} characters{}", perhaps(sure)),
        Limits::Range { least, most, sure } => format!("{least} to {most}{}", perhaps(sure)),
    }
}

fn value(setting: &Setting, series: Option<&str>) -> Value {
    let (limit, sure) = match setting.limits {
        Limits::None => (Value::Null, true),
        Limits::Length { least, most, sure } => (json!({ "characters": [least, most] }), sure),
        Limits::Range { least, most, sure } => (json!({ "range": [least, most] }), sure),
    };
    let values = setting.values_in(series).map(|values| {
        let words = values.words.iter().map(|word| {
            let codes = |documented| {
                let codes = word.codes.iter().filter(move |code| code.documented == documented);
                codes.map(|code| code.text).collect::<Vec<_>>()
            };
            json!({ "word": word.word, "codes": codes(true), "seen": codes(false) })
        });
        json!({ "series": values.series, "words": words.collect::<Vec<_>>() })
    });
    json!({
        "key": setting.key,
        "path": setting.path,
        "kind": format!("{:?}", setting.kind).to_lowercase(),
        "values": values.collect::<Vec<_>>(),
        "limits": limit,
        "limits_proved": sure,
        "usual": setting.default,
        "phones": setting.applies.to_string(),
        "certainty": setting.certainty.to_string(),
        "source": setting.source,
        "doc": setting.doc,
    })
}
