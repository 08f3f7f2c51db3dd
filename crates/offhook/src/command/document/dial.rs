//! `offhook document test-dial`: which rule of a dial template takes some digits, how long the phone waits, what it dials.

use std::process::ExitCode;

use provision::inventory::{Content, TemplateRule};
use provision::render::document::{Dialled, Pause, dialled};
use serde_json::{Value, json};

use super::find;
use crate::command::output::Table;
use crate::command::stock::Stock;
use crate::command::{Context, WrongUse};

/// Tell what a phone does with typed digits: which rule it takes, how long it waits, what it dials
///
/// Exit codes: 0 every number meets a rule; 1 some number meets none; 2 wrong use.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The dial template.
    #[arg(value_name = "NAME")]
    name: String,
    /// What is typed.
    #[arg(required = true, value_name = "DIGITS")]
    digits: Vec<String>,
    /// On this line of the phone; rules for other lines do not count.
    #[arg(long, value_name = "N")]
    line: Option<u16>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let (document, _) = find(&stock, &self.name)?;
        let Content::DialTemplate(rules) = &document.content else {
            let kind = document.content.kind().name();
            return Err(WrongUse(format!("{} is no dial template: {kind}", document.name)).into());
        };
        let (mut table, mut values) =
            (Table::new(["TYPED", "RULE", "WAITS", "DIALS", "MORE DIGITS WOULD MEET"]), Vec::new());
        let mut met = true;
        for digits in &self.digits {
            let result = dialled(rules, digits, self.line);
            met &= result.rule.is_some();
            table.row([
                digits.clone(),
                rule(&result),
                waits(&result),
                result.number.clone(),
                open(&result, rules),
            ]);
            values.push(value(digits, &result));
        }
        context.output.show(table, &json!({ "template": document.name, "dialled": values }))?;
        Ok(if met { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn rule(result: &Dialled<'_>) -> String {
    result.rule.map_or_else(|| "none".to_owned(), |(place, rule)| named(place, rule))
}

/// `2 (3..)`, counted as `document show` does.
fn named(place: usize, rule: &TemplateRule) -> String {
    let pattern = if rule.pattern.is_empty() { "off hook" } else { &rule.pattern };
    format!("{} ({pattern})", place + 1)
}

fn waits(result: &Dialled<'_>) -> String {
    match result.pause {
        Pause::Rule(0) => "not at all".to_owned(),
        Pause::Rule(seconds) => format!("{seconds} s"),
        Pause::Unfinished => "10 s: unfinished".to_owned(),
        Pause::Unknown => "unknown".to_owned(),
    }
}

/// Other rules that the phone has not given up.
fn open(result: &Dialled<'_>, rules: &[TemplateRule]) -> String {
    let taken = result.rule.map(|(place, _)| place);
    let others = result.open.iter().filter(|place| Some(**place) != taken);
    others.filter_map(|place| Some(named(*place, rules.get(*place)?))).collect::<Vec<_>>().join(", ")
}

fn value(digits: &str, result: &Dialled<'_>) -> Value {
    json!({
        "typed": digits,
        "rule": result.rule.map(|(place, _)| place + 1),
        "pattern": result.rule.map(|(_, rule)| &rule.pattern),
        "seconds": result.pause.seconds(),
        "finished": result.rule.is_some(),
        "dials": result.number,
        "open": result.open.iter().map(|place| place + 1).collect::<Vec<_>>(),
    })
}
