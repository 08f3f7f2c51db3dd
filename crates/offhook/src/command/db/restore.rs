//! `offhook db restore`: takes back what a backup holds.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use serde_json::json;
use store::{Counts, Store};

use super::archive::Reader;
use crate::command::Context;

/// How many records are written at a time.
pub(super) const AT_ONCE: usize = 2000;

/// Fill the database from a backup; a running server goes on with what is in it then
///
/// All of it is taken or nothing. A database that holds something is left alone unless --force is given.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The backup.
    file: PathBuf,
    /// Throw away what the database holds now.
    #[arg(long)]
    force: bool,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let resolved = context.resolved()?;
        let mut reader = Reader::open(&self.file)?;
        let url = &resolved.database;
        context.block_on(async {
            let store = Store::open_or_create(url.url()).await?;
            let filling = store.fill(self.force).await;
            let mut filling = filling.map_err(super::hint)?;
            let bar = super::bar(context, reader.head.counts.total(), "restoring");
            let mut counts = Counts::default();
            let in_file = || self.file.display().to_string();
            loop {
                let records = reader.next(AT_ONCE).with_context(in_file)?;
                if records.is_empty() {
                    break;
                }
                filling.put(&records).await?;
                records.iter().for_each(|record| counts.add(record));
                bar.inc(records.len() as u64);
            }
            filling.finish().await?;
            bar.finish_and_clear();
            let made = &reader.head.made;
            let text = format!("{}\n\n{url} holds what was kept at {made}.", super::table(&counts));
            let value = json!({ "database": url.to_string(), "made": made, "counts": super::value(&counts) });
            context.output.show(text, &value)?;
            Ok(ExitCode::SUCCESS)
        })
    }
}
