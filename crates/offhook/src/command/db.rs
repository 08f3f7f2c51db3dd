//! `offhook db`: the database of the inventory: its state, its version, backups, and the move from one to another.

use std::io::IsTerminal;
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use store::Counts;

use super::Context;
use super::output::Table;

mod archive;
mod backup;
mod copy;
mod migrate;
mod restore;
mod show;
mod tally;

/// Look after the database: show, migrate, back up, restore, move
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Show(show::Args),
    Migrate(migrate::Args),
    Backup(backup::Args),
    Restore(restore::Args),
    Copy(copy::Args),
}

impl Args {
    /// Does what the command says.
    pub fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        match self.verb {
            Verb::Show(args) => args.run(context),
            Verb::Migrate(args) => args.run(context),
            Verb::Backup(args) => args.run(context),
            Verb::Restore(args) => args.run(context),
            Verb::Copy(args) => args.run(context),
        }
    }
}

/// What there is, with its count.
fn kinds(counts: &Counts) -> Vec<(&'static str, u64)> {
    vec![
        ("phones", counts.phones),
        ("waiting phones", counts.waiting),
        ("lines", counts.lines),
        ("sites, series, profiles", counts.groups),
        ("documents", counts.documents),
        ("contacts", counts.contacts),
        ("last fetches", counts.fetched),
        ("quality reports", counts.quality),
        ("problem reports", counts.reports),
        ("phones that enrol", counts.enrolments),
        ("issuers of certificates", counts.issuers),
        ("published trust lists", counts.trust_lists),
        ("phones in the ledger of trust", counts.ledger),
    ]
}

pub(super) fn table(counts: &Counts) -> Table {
    let mut table = Table::new(["WHAT", "HOW MANY"]);
    for (what, count) in kinds(counts) {
        table.row([what.to_owned(), format!("{count:>8}")]);
    }
    table
}

fn value(counts: &Counts) -> serde_json::Value {
    json!(counts)
}

/// A bar for people who wait at a terminal.
pub(super) fn bar(context: &Context, total: u64, doing: &'static str) -> ProgressBar {
    if context.output.is_json() || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{msg} {bar:40} {pos}/{len}, {elapsed}");
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(total).with_style(style).with_message(doing)
}

/// What to do about a database that is not empty.
fn hint(problem: store::Error) -> anyhow::Error {
    match problem {
        store::Error::NotEmpty(..) => anyhow::anyhow!("{problem}; --force throws that away"),
        other => other.into(),
    }
}
