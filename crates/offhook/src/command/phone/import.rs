//! `offhook phone import`: phones from a table, JSON or YAML, all or none.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use provision::exchange::{self, Difference, Faults, Format, Known, Options, Plan, Planned, Verdict};
use serde_json::{Value, json};

use crate::command::stock::Stock;
use crate::command::{Context, WrongUse};
use crate::edit::bulk;

/// Add and change many phones from a file, all or none
///
/// The file is a table (CSV with commas, semicolons or tabs), JSON or YAML: one row or object for each phone. The first
/// line of a table names its columns: mac, model, description, site, profile, state, notes; line1, label1, display1,
/// auth_name1, password1 and so on for the line on key 1; key3, key3_number, key3_label for other keys; module1; and any
/// setting by its name, as web_access. Common other names, such as "MAC Address" or "Directory Number 1", are understood.
///
/// An empty cell leaves what is there, a hyphen takes it away. docs/import.md has all of it.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// The file; - is standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// How it is written, if its name does not tell: csv, json, yaml.
    #[arg(long)]
    format: Option<Format>,
    /// Only show what would change, phone by phone and field by field.
    #[arg(long, short = 'n')]
    dry_run: bool,
    /// Leave columns alone that nobody knows, instead of refusing the file.
    #[arg(long)]
    skip_unknown: bool,
}

const EXAMPLES: &str = "\
Examples:
  offhook phone import phones.csv --dry-run
  offhook phone export | sed s/Lobby/Hall/ | offhook phone import -

Exit codes: 0 done, or with --dry-run it could be done; 1 something is wrong with the file, nothing was changed; 2 wrong use.";

/// No table of phones is larger; one byte more is enough to see that.
const MOST_BYTES: u64 = (256 << 20) + 1;

impl Args {
    /// Reads, compares, and changes everything or nothing.
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let (bytes, format) = self.read(context)?;
        let options = Options { skip_unknown: self.skip_unknown };
        let name = if self.file == Path::new("-") {
            "standard input".to_owned()
        } else {
            self.file.display().to_string()
        };
        let sheet = match exchange::read(&bytes, format, options) {
            Ok(sheet) => sheet,
            Err(faults) => return refused(context, &name, &faults),
        };
        for remark in &sheet.remarks {
            context.output.remark(format!("{name}: {remark}"));
        }
        let stock = Stock::open(context)?;
        let known = known(&stock, &bar(context, "reading the inventory"))?;
        let plan = match exchange::plan(&sheet, &known) {
            Ok(plan) => plan,
            Err(faults) => return refused(context, &name, &faults),
        };
        if !self.dry_run && !plan.changes.is_empty() {
            let bar = bar(context, "keeping");
            bar.set_length(plan.phones.len() as u64);
            bar.enable_steady_tick(Duration::from_millis(100));
            stock.change(&plan.changes)?;
            bar.finish_and_clear();
        }
        context.output.show(text(&plan, &name, self.dry_run), &value(&plan, self.dry_run))?;
        Ok(ExitCode::SUCCESS)
    }

    fn read(&self, context: &Context) -> anyhow::Result<(Vec<u8>, Format)> {
        let standard = self.file == Path::new("-");
        let bytes = context
            .output
            .console
            .read(&self.file, MOST_BYTES)
            .map_err(|error| WrongUse(format!("{} cannot be read: {error}", self.file.display())))?;
        let told = self.format.or_else(|| Format::of_name(self.file.to_str()?));
        let begins = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
        let looks = if matches!(begins, Some(b'[' | b'{')) { Format::Json } else { Format::Csv };
        match told {
            Some(format) => Ok((bytes, format)),
            None if standard => Ok((bytes, looks)),
            None => {
                let text =
                    "the name of the file does not tell how it is written: say --format csv, json or yaml";
                Err(WrongUse(text.to_owned()).into())
            }
        }
    }
}

/// Everything that is there.
pub(super) fn known(stock: &Stock, bar: &ProgressBar) -> anyhow::Result<Known> {
    let known = stock.wait(bulk::phones(&stock.store, |count| bar.inc(count)))?;
    bar.finish_and_clear();
    Ok(known)
}

/// Shown while something takes its time, to people only.
pub(super) fn bar(context: &Context, what: &'static str) -> ProgressBar {
    if context.output.is_json() || !context.output.console.draws() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{spinner} {msg}: {pos} {elapsed}");
    let bar =
        ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar.with_message(what)
}

fn refused(context: &Context, name: &str, faults: &Faults) -> anyhow::Result<ExitCode> {
    if context.output.is_json() {
        let fault = |fault: &exchange::Fault| json!({ "row": fault.place.number, "column": fault.place.column, "place": fault.place.to_string(), "problem": fault.problem });
        let list: Vec<Value> = faults.list.iter().map(fault).collect();
        context.output.value(&json!({ "done": false, "faults": list, "more": faults.more }))?;
        return Ok(ExitCode::FAILURE);
    }
    let count = faults.list.len() + faults.more;
    let things = if count == 1 { "one thing is".to_owned() } else { format!("{count} things are") };
    context.output.remark(format_args!("{faults}\n\nerror: {name}: {things} wrong; nothing was changed"));
    Ok(ExitCode::FAILURE)
}

fn count(plan: &Plan, verdict: Verdict) -> usize {
    plan.phones.iter().filter(|planned| planned.verdict == verdict).count()
}

fn text(plan: &Plan, name: &str, dry: bool) -> String {
    let mut text = String::new();
    if dry {
        for planned in plan.phones.iter().filter(|planned| planned.verdict != Verdict::Unchanged) {
            text.push_str(&phone(planned));
            text.push('\n');
        }
    }
    for (mac, number) in &plan.also {
        text.push_str(&format!(
            "{} is not in the file and changes with its line {number}\n",
            mac.device_name()
        ));
    }
    let [added, changed, same] =
        [Verdict::Added, Verdict::Changed, Verdict::Unchanged].map(|verdict| count(plan, verdict));
    let phones = if plan.phones.len() == 1 { "phone" } else { "phones" };
    let total = plan.phones.len();
    text.push_str(&format!("{name}: {total} {phones}, {added} added, {changed} changed, {same} unchanged"));
    match (dry, plan.changes.is_empty()) {
        (true, true) => text.push_str("\nNothing would change"),
        (true, false) => text.push_str("\nNothing was changed: leave --dry-run out to do it"),
        (false, _) => {}
    }
    text
}

fn phone(planned: &Planned) -> String {
    let mut text = format!("{}  {}  ({})\n", planned.mac.device_name(), planned.verdict, planned.place);
    let width = planned.differences.iter().map(|one| one.field.to_string().len()).max().unwrap_or_default();
    let wanted = planned.differences.iter().filter(|one| one.field != exchange::Field::Mac);
    for one in wanted {
        let Difference { field, from, to } = one;
        let field = format!("{:width$}", field.to_string());
        text.push_str(&match (from, to) {
            (None, Some(to)) => format!("  + {field}  {to}\n"),
            (Some(from), None) => format!("  - {field}  {from}\n"),
            (Some(from), Some(to)) => format!("  ~ {field}  {from} → {to}\n"),
            (None, None) => String::new(),
        });
    }
    if planned.same > 0 && planned.verdict == Verdict::Changed {
        text.push_str(&format!("    {} fields stay\n", planned.same));
    }
    text
}

fn value(plan: &Plan, dry: bool) -> Value {
    let difference =
        |one: &Difference| json!({ "field": one.field.to_string(), "from": one.from, "to": one.to });
    let phone = |planned: &Planned| {
        json!({
            "phone": planned.mac.device_name(),
            "row": planned.place.number,
            "verdict": planned.verdict.to_string(),
            "differences": planned.differences.iter().map(difference).collect::<Vec<_>>(),
            "unchanged": planned.same,
        })
    };
    let also = plan.also.iter().map(|(mac, line)| json!({ "phone": mac.device_name(), "line": line }));
    json!({
        "done": !dry,
        "added": count(plan, Verdict::Added),
        "changed": count(plan, Verdict::Changed),
        "unchanged": count(plan, Verdict::Unchanged),
        "phones": plan.phones.iter().map(phone).collect::<Vec<_>>(),
        "also": also.collect::<Vec<_>>(),
    })
}
