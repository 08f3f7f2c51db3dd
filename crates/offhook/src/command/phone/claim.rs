//! `offhook phone claim`: a phone that waits becomes one of yours, by the code on its screen.

use std::process::ExitCode;

use provision::inventory::{Change, Phone, State};
use provision::mac::Mac;
use serde_json::json;
use store::{Page, PhoneQuery, Waiting};

use super::wanted::{Placed, Wanted, place};
use super::{fields, wanted};
use crate::command::output::Table;
use crate::command::stock::Stock;
use crate::command::values::{Assignment, Scope, take};
use crate::command::view::{self, Secrets};
use crate::command::{Context, WrongUse, catalogue};
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
        let Some(code) = &self.code else { return list(context, &stock) };
        let waiting = find(code, &stock)?;
        let model = self.model.as_deref().map(catalogue::model).transpose()?;
        let name = waiting.mac.device_name();
        let mut phone = Phone { state: State::Active, ..stock.phone(waiting.mac)? };
        phone.model = model.or(phone.model);
        for (field, value) in [
            ("description", self.description.as_ref()),
            ("profile", self.profile.as_ref()),
            ("site", self.site.as_ref()),
        ] {
            if let Some(value) = value {
                fields::set(&mut phone, field, value, &stock)?;
            }
        }
        take(&name, &mut phone.layer.settings, &Scope::of(phone.model), &self.settings)?;
        let mut bundle = stock.bundle(phone)?;
        let (placed, mut changes) = place(&mut bundle, self.lines, &stock)?;
        changes.push(Change::PutPhone(bundle.phone.clone()));
        stock.wait(stock.store.claim(&waiting.code, &changes))?;
        tell(context, &bundle.phone, &placed)
    }
}

/// The phone that waits under that code, or has that address.
fn find(code: &str, stock: &Stock) -> anyhow::Result<Waiting> {
    if let Some(waiting) = stock.wait(stock.store.waiting_by_code(code))? {
        return Ok(waiting);
    }
    let Ok(mac) = code.parse::<Mac>() else {
        return Err(WrongUse(format!(
            "no phone waits under the code {code:?}; `offhook phone claim` lists those that wait. A phone that has not asked \
             for long gets a new code: restart it"
        ))
        .into());
    };
    let waiting = stock.wait(stock.store.waiting(mac))?;
    waiting.ok_or_else(|| anyhow::anyhow!("{} does not wait to be claimed", mac.device_name()))
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
