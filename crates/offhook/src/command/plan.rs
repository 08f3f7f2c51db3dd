//! `offhook plan`: which phones would get something else than they fetched last, and what it takes for them to have it.

use std::process::ExitCode;

use provision::inventory::{Bundle, Name};
use provision::mac::Mac;
use serde_json::json;
use store::Fetched;

use super::Context;
use super::output::Table;
use super::stock::Stock;
use crate::edit::standing::{OwnFiles, Standing};
use crate::inventory::fingerprint::Difference;
use crate::inventory::{Documents, surroundings};
use crate::trust::calendar;

mod fleet;

use fleet::Fleet;

/// Show which phones would get different files since they last fetched them, and which of those need a restart
///
/// offhook remembers what stood in the configuration that each phone fetched last. This compares it with what the inventory
/// says now. Exits 1 if any phone would get something else.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How many phones to show; 0 is all of them. JSON always holds all.
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
    /// Show phones that never fetched their configuration, too.
    #[arg(long)]
    all: bool,
}

/// One phone, and what is true of it.
#[derive(Debug)]
struct Row {
    mac: Mac,
    model: Option<&'static str>,
    description: String,
    standing: Standing,
    fetched: Option<Fetched>,
}

/// How many there are of each.
#[derive(Debug, Default)]
struct Counts {
    phones: usize,
    changed: usize,
    restart: usize,
    never: usize,
    own_files: usize,
}

impl Args {
    /// Compares, prints, and tells by the exit code whether there is anything to do.
    pub fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let documents = Documents::new(stock.store.generation(), stock.wait(stock.store.documents())?);
        let around = surroundings(&stock.resolved);
        let own_files = OwnFiles::in_root(&stock.resolved.document_root);
        let judge = |bundle: Bundle, fetched: Option<Fetched>| {
            let standing = Standing::of(&bundle, fetched.as_ref(), &own_files, &around, &documents);
            let phone = bundle.phone;
            let model = phone.model.map(|model| model.name);
            Row { mac: phone.mac, model, description: phone.description, standing, fetched }
        };
        let mut counts = Counts::default();
        let mut rows = Vec::new();
        Fleet::new(&stock, context).each(judge, |row| {
            counts.count(&row.standing);
            let shown = match row.standing {
                Standing::Changed(..) => true,
                Standing::Never => self.all || context.output.is_json(),
                _ => false,
            };
            if shown {
                rows.push(row);
            }
        })?;
        if context.output.is_json() {
            context.output.value(&value(&counts, &rows))?;
        } else {
            context.output.line(self.text(&counts, &rows))?;
        }
        Ok(if counts.changed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn text(&self, counts: &Counts, rows: &[Row]) -> String {
        let mut text = String::new();
        if !rows.is_empty() {
            let shown = if self.limit == 0 { rows.len() } else { self.limit.min(rows.len()) };
            let mut table = Table::new(["PHONE", "MODEL", "RESTART", "WHAT IS DIFFERENT", "FETCHED"]);
            for row in &rows[..shown] {
                table.row(row.cells());
            }
            text.push_str(&format!("{table}\n\n"));
            if shown < rows.len() {
                text.push_str(&format!("… and {} more: --limit 0 shows all\n\n", rows.len() - shown));
            }
            for why in reasons(rows) {
                text.push_str(&format!("{why}\n"));
            }
        }
        text.push_str(&counts.to_string());
        text
    }
}

/// More places than that tell nothing that their number does not.
const PLACES: usize = 3;

impl Row {
    fn cells(&self) -> [String; 5] {
        let model = self.model.unwrap_or("unknown").to_owned();
        let (restart, what) = match &self.standing {
            Standing::Changed(found, need) => (if need.restart { "yes" } else { "no" }, places(found)),
            _ => ("", "it never fetched its configuration".to_owned()),
        };
        let fetched = self.fetched.as_ref().map_or(String::new(), |fetched| calendar::utc(fetched.at));
        let name = match self.description.as_str() {
            "" => self.mac.device_name(),
            description => format!("{} {description}", self.mac.device_name()),
        };
        [name, model, restart.to_owned(), what, fetched]
    }

    fn value(&self) -> serde_json::Value {
        let mut value = json!({
            "phone": self.mac.device_name(),
            "model": self.model,
            "description": self.description,
            "fetched": self.fetched.as_ref().map(|fetched| json!({
                "at": calendar::utc(fetched.at), "transport": fetched.transport, "source": fetched.source,
            })),
        });
        let more = match &self.standing {
            Standing::Changed(found, need) => json!({
                "state": "changed",
                "values": found.iter().filter_map(|one| match one {
                    Difference::Value(path, _) => Some(path),
                    _ => None,
                }).collect::<Vec<_>>(),
                "documents": found.iter().filter_map(|one| match one {
                    Difference::Document(name) => Some(name),
                    _ => None,
                }).collect::<Vec<_>>(),
                "gone": found.iter().map(|one| if let Difference::Gone(many) = one { *many } else { 0 }).sum::<usize>(),
                "restart": need.restart,
                "certainty": need.certainty.to_string(),
                "why": need.why,
            }),
            _ => json!({ "state": "never_fetched" }),
        };
        if let (Some(value), serde_json::Value::Object(more)) = (value.as_object_mut(), more) {
            value.extend(more);
        }
        value
    }
}

/// The first few places, and how many more there are.
fn places(found: &[Difference]) -> String {
    let said = |difference: &Difference| match difference {
        Difference::Value(path, name) => setting(path, *name),
        Difference::Document(name) => name.clone(),
        Difference::Gone(1) => "one value is gone".to_owned(),
        Difference::Gone(many) => format!("{many} values are gone"),
    };
    let first: Vec<String> = found.iter().take(PLACES).map(said).collect();
    match found.len().saturating_sub(PLACES) {
        0 if first.is_empty() => "the order of its elements".to_owned(),
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

/// `label of key 2`, `web_access`; where no setting is, the place in the document.
fn setting(path: &str, name: Option<Name>) -> String {
    let Some(name) = name else { return path.to_owned() };
    match path.split_once("[@button=").and_then(|(_, rest)| rest.split_once(']')) {
        Some((button, _)) => format!("{name} of key {button}"),
        None => name.to_string(),
    }
}

/// Each reason once.
fn reasons(rows: &[Row]) -> Vec<String> {
    let mut said: Vec<String> = Vec::new();
    for row in rows {
        let Standing::Changed(_, need) = &row.standing else { continue };
        let verb = if need.restart { "Restart" } else { "No restart" };
        let text = format!("{verb}: {} ({}).", need.why, need.certainty);
        if !said.contains(&text) {
            said.push(text);
        }
    }
    said
}

impl Counts {
    fn count(&mut self, standing: &Standing) {
        if matches!(standing, Standing::NotServed) {
            return;
        }
        self.phones += 1;
        match standing {
            Standing::Changed(_, need) => {
                self.changed += 1;
                self.restart += usize::from(need.restart);
            }
            Standing::Never => self.never += 1,
            Standing::OwnFile => self.own_files += 1,
            Standing::Current | Standing::NotServed => {}
        }
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let phones = |count: usize| if count == 1 { "1 phone".to_owned() } else { format!("{count} phones") };
        match (self.phones, self.changed) {
            (0, _) => return f.write_str("No phone is served yet."),
            (all, 0) => write!(f, "None of {} would get anything else than it has.", phones(all))?,
            (all, changed) => write!(
                f,
                "{changed} of {} would get something else than it fetched; {} a restart.",
                phones(all),
                match self.restart {
                    0 => "none needs".to_owned(),
                    1 if changed == 1 => "it needs".to_owned(),
                    some if some == changed => "all of them need".to_owned(),
                    some => format!("{some} of them need"),
                }
            )?,
        }
        if self.never > 0 {
            write!(f, "\n{} never fetched what offhook makes; --all shows which.", phones(self.never))?;
        }
        if self.own_files > 0 {
            write!(f, "\n{} get your own files from the document root.", phones(self.own_files))?;
        }
        Ok(())
    }
}

fn value(counts: &Counts, rows: &[Row]) -> serde_json::Value {
    json!({
        "phones": counts.phones,
        "changed": counts.changed,
        "restart": counts.restart,
        "never_fetched": counts.never,
        "own_files": counts.own_files,
        "rows": rows.iter().map(Row::value).collect::<Vec<_>>(),
    })
}
