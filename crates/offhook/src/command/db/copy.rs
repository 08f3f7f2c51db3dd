//! `offhook db copy`: everything from one database to another, and proof that it arrived.

use std::process::ExitCode;

use anyhow::ensure;
use indicatif::ProgressBar;
use serde_json::json;
use store::{Counts, Store};

use super::tally::Tally;
use crate::command::{Context, WrongUse};
use crate::config::Database;

/// Copy everything to another database, and compare what arrived
///
/// Moves an installation from SQLite to PostgreSQL or back: stop the server, copy, write the new URL into the configuration,
/// start the server. A password in the URL is seen by everybody who lists processes; PGPASSWORD or ~/.pgpass keep it private.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The other database: postgres://USER@HOST/NAME or sqlite://PATH.
    #[arg(value_name = "URL", value_parser = read)]
    to: Database,
    /// Copy from this one instead of the configured one.
    #[arg(long, value_name = "URL", value_parser = read)]
    from: Option<Database>,
    /// Throw away what the other database holds now.
    #[arg(long)]
    force: bool,
}

fn read(url: &str) -> Result<Database, String> {
    Database::read(url).ok_or_else(|| "write postgres://USER@HOST/NAME or sqlite://PATH".to_owned())
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let from = match self.from {
            Some(from) => from,
            None => context.resolved()?.database,
        };
        let to = self.to;
        if from == to {
            return Err(WrongUse(format!("{to} is the database to copy from")).into());
        }
        context.block_on(async {
            let source = Store::open(from.url()).await?;
            let target = Store::open_or_create(to.url()).await?;
            let sent = copy(&source, &target, self.force, context).await?;
            let bar = super::bar(context, sent.0.total(), "comparing");
            let arrived = tally(&target, &bar).await?;
            ensure!(
                sent == arrived,
                "{to} does not hold what {from} held: somebody else changes it; nothing may use it meanwhile"
            );
            let (counts, sha256) = arrived;
            let text = format!(
                "{}\n\n{to} holds the same as {from}. To use it, write into the configuration:\n\n  database = \"{to}\"",
                super::table(&counts)
            );
            let value = json!({
                "from": from.to_string(),
                "to": to.to_string(),
                "counts": super::value(&counts),
                "sha256": sha256,
            });
            context.output.show(text, &value)?;
            Ok(ExitCode::SUCCESS)
        })
    }
}

async fn copy(
    source: &Store,
    target: &Store,
    force: bool,
    context: &Context,
) -> anyhow::Result<(Counts, String)> {
    let mut snapshot = source.snapshot().await?;
    let mut filling = target.fill(force).await.map_err(super::hint)?;
    let bar = super::bar(context, snapshot.counts.total(), "copying");
    let mut tally = Tally::default();
    loop {
        let records = snapshot.next().await?;
        if records.is_empty() {
            break;
        }
        filling.put(&records).await?;
        for record in &records {
            tally.add(record);
        }
        bar.inc(records.len() as u64);
    }
    filling.finish().await?;
    bar.finish_and_clear();
    Ok(tally.finish())
}

async fn tally(store: &Store, bar: &ProgressBar) -> anyhow::Result<(Counts, String)> {
    let mut snapshot = store.snapshot().await?;
    let mut tally = Tally::default();
    loop {
        let records = snapshot.next().await?;
        if records.is_empty() {
            break;
        }
        for record in &records {
            tally.add(record);
        }
        bar.inc(records.len() as u64);
    }
    bar.finish_and_clear();
    Ok(tally.finish())
}
