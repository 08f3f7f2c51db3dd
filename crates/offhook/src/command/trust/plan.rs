//! `offhook trust plan`: what the next list would hold, and what each phone would do with it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::process::ExitCode;

use provision::ledger::{self, CERTIFICATES, LONGEST, Listed, Verdict};
use serde_json::{Value, json};
use store::Published;

use super::office::{self, Office, name_of};
use crate::command::Context;
use crate::command::output::Table;
use crate::trust::{Draft, Outlook, Row, calendar};

/// Show what the next trust list would hold, and phone by phone who would take it
///
/// Phones get a list when it is published. This shows what the next one would hold, what differs from the last, and what each
/// phone would do with it, by the list that it holds. Exits 1 if phones would be lost.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Show phones that would take it, too.
    #[arg(long)]
    all: bool,
    /// How many phones to show; 0 is all of them. JSON always holds all.
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let office = Office::open(context)?;
        let (draft, outlook) = office.wait(office.desk().outlook())?;
        let history = office.ask(office.store().trust_lists())?;
        let view = View { draft: &draft, outlook: &outlook, history: &history };
        context.output.show(view.text(self.all, self.limit), &view.value())?;
        Ok(if outlook.totals().lost == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// What is known, as it is printed.
pub(super) struct View<'a> {
    pub(super) draft: &'a Draft,
    pub(super) outlook: &'a Outlook,
    pub(super) history: &'a [Published],
}

impl View<'_> {
    fn text(&self, all: bool, limit: usize) -> String {
        let Self { draft, outlook, .. } = self;
        let mut text = match &outlook.last {
            Some(last) => {
                let (number, at) = (last.number, calendar::utc(last.at));
                format!(
                    "published  list {number} of {at} by {}, signed by {}",
                    last.by,
                    office::signer_name(last)
                )
            }
            None => "published  none yet: phones are given what is on disk".to_owned(),
        };
        let signer = name_of(&draft.listed, &draft.contents.signer);
        let (count, bytes) = (draft.listed.len(), draft.bytes);
        let _ = write!(
            text,
            "\nnext list  signed by {signer}, {count} of {CERTIFICATES} certificates, {bytes} of {} bytes",
            LONGEST - 1
        );
        if draft.contents.releases() {
            text += "\n           lets phones follow another call manager";
        }
        if !draft.left_out.is_empty() {
            let _ = write!(text, "\nleft out   {} (no EC keys in this version)", draft.left_out.join(", "));
        }
        let difference = &outlook.difference;
        let mut lines: Vec<String> = signs("+", &difference.added);
        lines.extend(signs("-", &difference.removed));
        if lines.is_empty() && outlook.last.is_some() {
            let is_same = outlook.is_published(draft);
            lines.push(if is_same { "none: phones have it" } else { "signer, version or digest" }.to_owned());
        }
        if outlook.last.is_some() {
            let _ = write!(text, "\nchanges    {}", lines.join("\n           "));
        }
        let _ = write!(text, "\nphones     {}", totals(outlook));
        text + &self.phones(all, limit) + &self.foreign() + &self.gone()
    }

    fn phones(&self, all: bool, limit: usize) -> String {
        let is_shown = |row: &&Row| all || !matches!(row.standing.verdict, Verdict::Accepts(_));
        let rows: Vec<&Row> = self.outlook.phones.iter().filter(is_shown).collect();
        if rows.is_empty() {
            return String::new();
        }
        let most = if limit == 0 { rows.len() } else { limit };
        let mut table = Table::new(["PHONE", "MODEL", "DESCRIPTION", "HOLDS", "WOULD", "LOST", "BECAUSE"]);
        for row in rows.iter().take(most) {
            let verdict = row.standing.verdict;
            table.row([
                row.mac.device_name(),
                row.model.map_or("-", |model| model.name).to_owned(),
                row.description.clone(),
                self.holds(row).unwrap_or_else(|| "-".to_owned()),
                verdict.word().to_owned(),
                if row.standing.is_lost { "yes" } else { "" }.to_owned(),
                verdict.to_string(),
            ]);
        }
        let more = match rows.len().saturating_sub(most) {
            0 => String::new(),
            more => format!("\n\nand {more} more; --limit 0 shows all"),
        };
        format!("\n\n{table}{more}")
    }

    /// Those that trust another call manager, with what helps.
    fn foreign(&self) -> String {
        let mut kinds: BTreeMap<&[&str], (&str, Vec<String>)> = BTreeMap::new();
        for row in &self.outlook.phones {
            if let Some(foreign) = foreign(row) {
                let kind = kinds.entry(foreign.erasing.steps).or_default();
                kind.0 = foreign.erasing.otherwise;
                kind.1.push(row.mac.device_name());
            }
        }
        let mut text = String::new();
        for (steps, (otherwise, phones)) in kinds {
            let _ = write!(
                text,
                "\n\nStill trusting another call manager: {}\nOn the phone: {}.\nIf that does not help: {otherwise}.",
                phones.join(" "),
                steps.join("; ")
            );
        }
        text
    }

    fn gone(&self) -> String {
        let own = match self.outlook.own_lists.len() {
            0 => String::new(),
            count => {
                format!("\n\nNot counted: {count} phones with a list of their own in the document root.")
            }
        };
        match self.outlook.gone.len() {
            0 => own,
            count => {
                own + &format!(
                    "\n\nNot counted: {count} phones that were here once and have no configuration any more; \
                 `offhook trust forget` takes them out."
                )
            }
        }
    }

    /// The number of the list that a phone holds, or that it is none of ours.
    fn holds(&self, row: &Row) -> Option<String> {
        let held = row.entry.as_ref()?.held.as_ref()?;
        let number = self.history.iter().find(|list| list.contents.digest == held.contents.digest);
        Some(number.map_or_else(|| "own".to_owned(), |list| list.number.to_string()))
    }

    pub(super) fn value(&self) -> Value {
        let Self { draft, outlook, .. } = self;
        let totals = outlook.totals();
        json!({
            "published": outlook.last.as_ref().map(office::value),
            "next": {
                "signer": name_of(&draft.listed, &draft.contents.signer),
                "signer_sha256": draft.contents.signer,
                "certificates": draft.listed,
                "bytes": draft.bytes,
                "left_out": draft.left_out,
                "releases": draft.contents.releases(),
            },
            "difference": outlook.difference,
            "is_published": outlook.is_published(draft),
            "totals": {
                "accepts": totals.accepts,
                "refuses": totals.refuses,
                "unknown": totals.unknown,
                "lost": totals.lost,
            },
            "phones": outlook.phones.iter().map(|row| self.phone(row)).collect::<Vec<_>>(),
            "own_lists": outlook.own_lists.iter().map(|mac| mac.device_name()).collect::<BTreeSet<_>>(),
            "gone": outlook.gone.iter().map(|mac| mac.device_name()).collect::<BTreeSet<_>>(),
        })
    }

    fn phone(&self, row: &Row) -> Value {
        let entry = row.entry.as_ref();
        let fetched = entry.and_then(|entry| entry.fetched.as_ref());
        let held = entry.and_then(|entry| entry.held.as_ref());
        let verdict = row.standing.verdict;
        json!({
            "phone": row.mac.device_name(),
            "model": row.model.map(|model| model.name),
            "description": row.description,
            "would": verdict.word(),
            "because": verdict.to_string(),
            "lost": row.standing.is_lost,
            "holds": self.holds(row),
            "holds_since": held.map(|held| calendar::utc(held.since / 1000)),
            "holds_sasts": held.map(|held| &held.contents.sasts),
            "fetched": fetched.map(|fetched| json!({
                "name": fetched.name,
                "sha256": fetched.contents.digest,
                "at": calendar::utc(fetched.at / 1000),
                "from": fetched.source,
            })),
            "asked_signed": entry.and_then(|entry| entry.signed_at).map(|at| calendar::utc(at / 1000)),
            "still_trusts_another": foreign(row).map(|foreign| json!({
                "why": foreign.why,
                "steps": foreign.erasing.steps,
                "otherwise": foreign.erasing.otherwise,
            })),
        })
    }
}

fn foreign(row: &Row) -> Option<ledger::ForeignTrust> {
    ledger::foreign_trust(&row.entry.as_ref()?.behaviour(row.model))
}

fn signs(sign: &str, listed: &[Listed]) -> Vec<String> {
    listed.iter().map(|one| format!("{sign} {:<10} {} ({})", one.role, one.name, &one.sha256[..12])).collect()
}

/// How all would take it, in one line.
pub(super) fn totals(outlook: &Outlook) -> String {
    let totals = outlook.totals();
    let lost = match totals.lost {
        0 => "nobody would be lost".to_owned(),
        1 => "1 would be lost, or might be".to_owned(),
        lost => format!("{lost} would be lost, or might be"),
    };
    format!("{} accept, {} refuse, {} unknown: {lost}", totals.accepts, totals.refuses, totals.unknown)
}
