//! `offhook document show`: what is in a document, for people.

use std::fmt::Write;
use std::process::ExitCode;

use provision::catalogue;
use provision::inventory::{Content, Document, TemplateRule};
use serde_json::{Value, json};

use super::{find, named_by, shadowed, source};
use crate::command::Context;
use crate::command::output::Table;
use crate::command::stock::Stock;

/// Show what is in a document
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Its name: SoftKeys-reception.xml, or one that offhook makes.
    #[arg(value_name = "NAME")]
    name: String,
    /// Print it as TOML, as `document add` and `document set` read it.
    #[arg(long)]
    toml: bool,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let (document, whose) = find(&stock, &self.name)?;
        if self.toml && !context.output.is_json() {
            context.output.line(source::toml(&document)?.trim_end())?;
            return Ok(ExitCode::SUCCESS);
        }
        shadowed(&document, &stock, context);
        let named = named_by(&stock, &document)?;
        let mut text = format!("{}: {}, {}", document.name, document.content.kind().name(), whose.word());
        if !named.is_empty() {
            let _ = write!(text, ", named by {}", named.join(", "));
        }
        let _ = write!(text, "\n\n{}", table(&document));
        context.output.show(text, &value(&document, whose.word(), &named)?)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The document as programs read it; `add` and `set` read it again.
pub(super) fn value(document: &Document, from: &str, named: &[String]) -> anyhow::Result<Value> {
    let mut value = serde_json::to_value(document)?;
    if let Some(fields) = value.as_object_mut() {
        fields.insert("from".to_owned(), from.into());
        fields.insert("named_by".to_owned(), json!(named));
    }
    Ok(value)
}

fn table(document: &Document) -> Table {
    match &document.content {
        Content::SoftKeys(sets) => {
            let mut table = Table::new(["CALL STATE", "KEYS"]);
            for state in catalogue::call_states() {
                let keys = sets.get(state.id).map(|keys| keys.join(", "));
                let keys =
                    keys.unwrap_or_else(|| format!("(as offhook has it) {}", state.offered.join(", ")));
                table.row([state.id.to_owned(), keys]);
            }
            table
        }
        Content::DialTemplate(rules) => template(rules),
        Content::DialRules(rules) => {
            let mut table = Table::new(["BEGINS WITH", "DIGITS", "TAKE OFF", "PUT IN FRONT"]);
            for rule in rules {
                let numbers = [rule.digits, rule.remove].map(|number| number.to_string());
                table.row([&rule.begins_with, &numbers[0], &numbers[1], &rule.prefix]);
            }
            table
        }
        Content::FeaturePolicy(features) => {
            let mut table = Table::new(["NUMBER", "FEATURE", "ALLOWED"]);
            for feature in catalogue::features() {
                let on = features.get(feature.id).copied().unwrap_or(feature.enabled);
                table.row([feature.id, feature.name, if on { "yes" } else { "no" }]);
            }
            table
        }
        Content::Rings(rings) => {
            let mut table = Table::new(["RING", "FILE"]);
            rings.iter().for_each(|ring| {
                table.row([&ring.name, &ring.file]);
            });
            table
        }
        Content::Backgrounds(pictures) => {
            let mut table = Table::new(["PICTURE", "PREVIEW"]);
            pictures.iter().for_each(|picture| {
                table.row([&picture.image, &picture.thumbnail]);
            });
            table
        }
    }
}

fn template(rules: &[TemplateRule]) -> Table {
    let mut table = Table::new(["RULE", "DIGITS", "SECONDS", "DIALS", "LINE", "TONE", "USER", "ROUTE"]);
    for (place, rule) in rules.iter().enumerate() {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let pattern = if rule.pattern.is_empty() { "(off hook)" } else { &rule.pattern };
        table.row([
            (place + 1).to_string(),
            pattern.to_owned(),
            rule.wait.to_string(),
            text(&rule.rewrite),
            rule.line.map(|line| line.to_string()).unwrap_or_default(),
            text(&rule.tone),
            text(&rule.user),
            text(&rule.route),
        ]);
    }
    table
}
