//! `offhook phone claim`: a phone that waits becomes one of yours, by the code on its screen.

use std::process::ExitCode;

use provision::inventory::{Phone, State};
use provision::mac::Mac;
use serde_json::json;
use store::{Page, PhoneQuery, Waiting};

use super::wanted;
use crate::command::output::Table;
use crate::command::stock::Stock;
use crate::command::values::{Assignment, Wanted, lines_with_passwords, with_passwords};
use crate::command::view::{self, Secrets};
use crate::command::{Context, WrongUse, catalogue};
use crate::edit::{self, NewPhone, Placed, Placement};
use crate::trust::calendar;

/// Claim a phone that waits, by the code on its screen
///
/// A phone that nobody knows gets a configuration that shows a code. Claiming it makes it a phone like any other: restart it,
/// and it comes up with its lines. Without a code, all phones that wait are listed.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// The code on its screen, or its address: K7QM4X, SEP001122334455.
    code: Option<String>,
    /// What it is: 8845, CP-7942G. Phones do not say it themselves.
    #[arg(long, requires = "code")]
    model: Option<String>,
    /// The profile it takes after.
    #[arg(long, value_name = "NAME", requires = "code")]
    profile: Option<String>,
    /// The site it stands at.
    #[arg(long, value_name = "NAME", requires = "code")]
    site: Option<String>,
    /// What people call it.
    #[arg(long, value_name = "TEXT", requires = "code")]
    description: Option<String>,
    /// A line it has; may be repeated.
    #[arg(long = "line", value_name = "NUMBER[:PASSWORD[:LABEL]]", requires = "code")]
    lines: Vec<Wanted>,
    /// A setting; may be repeated.
    #[arg(long = "set", value_name = "KEY=VALUE", requires = "code")]
    settings: Vec<Assignment>,
}

const EXAMPLES: &str = "\
Examples:
  offhook phone claim
  offhook phone claim K7QM4X --model 8845 --profile office --line 1001
  offhook phone claim k7qm4x --model 7942G --line 1001:@-:Ann --description Reception";

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let Some(code) = self.code.as_deref() else { return list(context, &stock) };
        let waiting = stock.wait(stock.editor.find_waiting(code)).map_err(|error| mistyped(code, error))?;
        let fields = [("description", self.description), ("profile", self.profile), ("site", self.site)];
        let fields = fields.into_iter().filter_map(|(key, value)| Some(Assignment::new(key, value?)));
        let settings = with_passwords(&stock.console, &waiting.mac.device_name(), self.settings)?;
        let new = NewPhone {
            model: self.model.as_deref().map(catalogue::model).transpose()?,
            assignments: fields.chain(settings).collect(),
            lines: lines_with_passwords(&stock.console, self.lines)?,
        };
        let Placement { phone, placed } = stock.wait(stock.editor.claim(&waiting, new))?;
        tell(context, &phone, &placed)
    }
}

/// A word that is neither a code that somebody has nor a phone is wrong use.
fn mistyped(code: &str, error: anyhow::Error) -> anyhow::Error {
    let missing = matches!(error.downcast_ref(), Some(edit::Error::NoSuch(_)));
    if missing && code.parse::<Mac>().is_err() { WrongUse(error.to_string()).into() } else { error }
}

fn tell(context: &Context, phone: &Phone, placed: &[Placed]) -> anyhow::Result<ExitCode> {
    let mut value = view::phone(phone, Secrets::Hidden);
    value.insert("placed".to_owned(), json!(placed));
    let name = phone.mac.device_name();
    let mut text = format!("{name} is claimed; restart it, and it comes up");
    for placed in placed {
        text.push_str(&format!("\n  key {}: line {}", placed.button, placed.line));
    }
    text.push_str(&wanted::advice(placed));
    if phone.model.is_none() {
        text.push_str(&format!(
            "\n\nNobody has said what it is, so it gets only what every phone knows: offhook phone set {name} model=8845"
        ));
    }
    if phone.layer.keys.is_empty() && placed.is_empty() {
        text.push_str(&format!("\n\nIt has no line of its own: offhook key set {name} 1 line NUMBER"));
    }
    context.output.show(text, &value)?;
    Ok(ExitCode::SUCCESS)
}

/// So many are read at a time.
const PORTION: u32 = 1000;

fn list(context: &Context, stock: &Stock) -> anyhow::Result<ExitCode> {
    let query = PhoneQuery { state: Some(State::Waiting), ..PhoneQuery::default() };
    let mut all: Vec<Waiting> = Vec::new();
    let mut after = None;
    loop {
        let page = Page { after, offset: 0, limit: PORTION };
        let listed = stock.wait(stock.store.phones(&query, &page))?;
        let Some(last) = listed.rows.last() else { break };
        after = Some(last.mac);
        let macs: Vec<Mac> = listed.rows.iter().map(|row| row.mac).collect();
        all.extend(stock.wait(stock.store.waiting_of(&macs))?);
    }
    // Whoever came last is in front of somebody now.
    all.sort_by_key(|waiting| std::cmp::Reverse(waiting.seen));
    if context.output.is_json() {
        let rows: Vec<_> = all.iter().map(value).collect();
        context.output.value(&json!({ "waiting": rows }))?;
        return Ok(ExitCode::SUCCESS);
    }
    if all.is_empty() {
        context.output.line("No phone waits to be claimed.")?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(["CODE", "PHONE", "SINCE", "ASKED LAST", "FROM"]);
    for one in &all {
        let (since, seen) = (calendar::utc(one.since), calendar::utc(one.seen));
        table.row([one.code.clone(), one.mac.device_name(), since, seen, one.source.clone()]);
    }
    context.output.line(format!(
        "{table}\n\nClaim one: offhook phone claim {} --model 8845 --line 1001",
        all[0].code
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn value(waiting: &Waiting) -> serde_json::Value {
    json!({
        "code": waiting.code,
        "phone": waiting.mac.device_name(),
        "since": calendar::utc(waiting.since),
        "seen": calendar::utc(waiting.seen),
        "source": waiting.source,
    })
}
