//! `offhook phone why`: what state a phone is in, on what that rests, and what to do next.

use std::collections::BTreeMap;
use std::process::ExitCode;

use provision::mac::Mac;
use provision::timeline::{RULES, Rule, Severity, Verdict, rule};
use serde_json::json;

use super::told::{Colour, event_cells, line_of, wrapped};
use crate::asterisk::Asterisk;
use crate::command::output::Table;
use crate::command::stock::Stock;
use crate::command::{Context, WrongUse};
use crate::timeline::judge::{Judge, Sources};
use crate::timeline::registrations::Registrations;
use crate::timeline::view;

/// Say what state a phone is in, why, and what to do next; without a phone, how all of them are
///
/// Looks at what the phone asked for over all listeners, at the inventory, and at Asterisk, if one is configured. Works
/// without a running server, too: what phones did stands in the database. Exits 1 if there is a problem.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  offhook phone why SEP001122334455
  offhook phone why
  offhook phone why --verdict foreign-trust

docs/timeline.md tells every verdict and when it is given.")]
pub(super) struct Args {
    /// The phone; all of them without.
    #[arg(value_name = "SEP…", conflicts_with = "verdict")]
    mac: Option<Mac>,
    /// Only phones with this verdict, with their sentences: foreign-trust.
    #[arg(long, value_name = "ID")]
    verdict: Option<String>,
}

/// Phones of one question.
const PORTION: u32 = 500;
/// Phones named in a row of the overview.
const NAMED: usize = 4;

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let only = self.verdict.as_deref().map(known).transpose()?;
        let stock = Stock::open(context)?;
        let registrations = stock.wait(async { anyhow::Ok(asked(&stock, context).await) })?;
        let sources = Sources::of_command(stock.store.clone(), &stock.resolved, registrations);
        match self.mac {
            Some(mac) => one(mac, &Judge::now(&sources), &stock, context),
            None => all(only, &Judge::now(&sources), &stock, context),
        }
    }
}

/// What Asterisk says at this moment. The connection is made as the question is asked, so the first may come too early.
async fn asked(stock: &Stock, context: &Context) -> Registrations {
    let Some(account) = stock.resolved.asterisk.account() else { return Registrations::Unasked };
    match &context.host {
        Some(host) => Registrations::ask(&host.app.asterisk).await,
        None => Registrations::ask(&Asterisk::open(account)).await,
    }
}

fn known(id: &str) -> Result<&'static Rule, WrongUse> {
    rule(id).ok_or_else(|| {
        let ids: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
        WrongUse(format!("there is no verdict {id:?}; there are {}", ids.join(", ")))
    })
}

fn one(mac: Mac, judge: &Judge, stock: &Stock, context: &Context) -> anyhow::Result<ExitCode> {
    let (verdict, _) = stock.wait(judge.one(mac))?;
    let name = mac.device_name();
    context
        .output
        .show(text(&name, &verdict, Colour::of(&context.output.console)), &view::verdict(&name, &verdict))?;
    Ok(code(verdict.rule.severity))
}

fn code(worst: Severity) -> ExitCode {
    if worst == Severity::Problem { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// The verdict first, then what it rests on, then what to do.
fn text(name: &str, verdict: &Verdict, colour: Colour) -> String {
    let severity = verdict.rule.severity;
    let mut text = format!("{name}: {}\n", colour.severity(severity, severity.word()));
    text.push_str(&wrapped(&verdict.sentence, ""));
    if !verdict.evidence.is_empty() {
        let mut table = Table::new(["SEEN", "WHAT", "NAME", "OVER", "OUTCOME"]);
        for event in &verdict.evidence {
            let [what, name, over, outcome, ..] = event_cells(event);
            table.row([line_of(event.at), what, name, over, outcome]);
        }
        text.push_str("\n\n");
        text.push_str(&table.to_string());
    }
    if let Some(next) = &verdict.next {
        text.push_str("\n\nNext: ");
        text.push_str(wrapped(next, "      ").trim_start());
    }
    text
}

fn all(
    only: Option<&'static Rule>,
    judge: &Judge,
    stock: &Stock,
    context: &Context,
) -> anyhow::Result<ExitCode> {
    let mut found: BTreeMap<&'static str, Vec<(Mac, Verdict)>> = BTreeMap::new();
    let mut take = |phones: Vec<(Mac, Verdict)>| {
        for (mac, verdict) in phones {
            found.entry(verdict.rule.id).or_default().push((mac, verdict));
        }
    };
    let mut after = None;
    loop {
        let portion = stock.wait(judge.portion(after, PORTION))?;
        let Some((last, _)) = portion.last() else { break };
        after = Some(*last);
        take(portion);
    }
    take(stock.wait(judge.strangers())?);
    if let Some(rule) = only {
        return these(rule, &found.remove(rule.id).unwrap_or_default(), context);
    }
    let mut rows: Vec<(&'static Rule, Vec<Mac>)> = RULES
        .iter()
        .filter_map(|rule| Some((rule, found.remove(rule.id)?.into_iter().map(|(mac, _)| mac).collect())))
        .collect();
    rows.sort_by_key(|(rule, _)| std::cmp::Reverse(rule.severity));
    overview(&rows, context)?;
    Ok(code(rows.first().map_or(Severity::Fine, |(rule, _)| rule.severity)))
}

/// How many phones there are for each verdict.
fn overview(rows: &[(&'static Rule, Vec<Mac>)], context: &Context) -> anyhow::Result<()> {
    if context.output.is_json() {
        let value: Vec<_> = rows
            .iter()
            .map(|(rule, phones)| {
                let names: Vec<String> = phones.iter().map(|mac| mac.device_name()).collect();
                json!({
                    "verdict": rule.id, "severity": rule.severity.word(), "when": rule.when,
                    "count": phones.len(), "phones": names,
                })
            })
            .collect();
        return Ok(context.output.value(&value)?);
    }
    if rows.is_empty() {
        return Ok(context.output.line("There are no phones, and none has asked for anything.")?);
    }
    let colour = Colour::of(&context.output.console);
    let mut table = Table::new(["", "VERDICT", "PHONES", ""]);
    for (rule, phones) in rows {
        let mut names: Vec<String> = phones.iter().take(NAMED).map(|mac| mac.device_name()).collect();
        if phones.len() > NAMED {
            names.push("…".to_owned());
        }
        let count = format!("{:>6}", phones.len());
        table.row([rule.severity.word().to_owned(), rule.id.to_owned(), count, names.join(" ")]);
    }
    let text = table.to_string();
    let mut lines = text.lines().map(str::to_owned).collect::<Vec<_>>();
    for (line, (rule, _)) in lines.iter_mut().skip(1).zip(rows) {
        let word = rule.severity.word();
        *line = line.replacen(word, &colour.severity(rule.severity, word), 1);
    }
    Ok(context.output.line(lines.join("\n"))?)
}

/// All phones with one verdict.
fn these(rule: &'static Rule, phones: &[(Mac, Verdict)], context: &Context) -> anyhow::Result<ExitCode> {
    if context.output.is_json() {
        let values: Vec<_> =
            phones.iter().map(|(mac, verdict)| view::verdict(&mac.device_name(), verdict)).collect();
        context.output.value(&values)?;
    } else if phones.is_empty() {
        context.output.line(format!("No phone has the verdict {}.", rule.id))?;
    } else {
        let mut table = Table::new(["PHONE", "WHY"]);
        for (mac, verdict) in phones {
            table.row([mac.device_name(), verdict.sentence.clone()]);
        }
        let next = phones.first().and_then(|(_, verdict)| verdict.next.as_deref());
        let next = next.map(|next| format!("\n\nNext: {}", wrapped(next, "      ").trim_start()));
        context.output.line(format!("{table}{}", next.unwrap_or_default()))?;
    }
    Ok(if phones.is_empty() { ExitCode::SUCCESS } else { code(rule.severity) })
}
