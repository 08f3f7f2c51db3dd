//! `offhook db backup`: everything that is kept, as it is at one moment, in one file.

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;
use store::Store;

use super::archive::Writer;
use crate::command::{Context, WrongUse};

/// Write everything that is kept to one file, while the server runs; restore takes it into either kind of database
///
/// The file holds the passwords of lines and phones. Only its owner can read it; keep it so.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where to: offhook-2026-11-23.backup.
    file: PathBuf,
    /// Write over a file that is there.
    #[arg(long)]
    force: bool,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        if self.file.exists() && !self.force {
            let problem = format!("{} is there already; --force writes over it", self.file.display());
            return Err(WrongUse(problem).into());
        }
        let resolved = context.resolved()?;
        context.block_on(async {
            let store = Store::open(resolved.database.url()).await?;
            let mut snapshot = store.snapshot().await?;
            let counts = snapshot.counts;
            let mut writer = Writer::new(&self.file, snapshot.generation, counts)?;
            let bar = super::bar(context, counts.total(), "writing");
            loop {
                let records = snapshot.next().await?;
                if records.is_empty() {
                    break;
                }
                writer.add(&records)?;
                bar.inc(records.len() as u64);
            }
            let size = writer.finish()?;
            bar.finish_and_clear();
            let file = self.file.display();
            let text = format!(
                "{}\n\n{file}: {size} bytes. It holds the passwords of lines and phones; only you can read it.",
                super::table(&counts)
            );
            let value =
                json!({ "file": file.to_string(), "bytes": size, "counts": super::value(&counts) });
            context.output.show(text, &value)?;
            Ok(ExitCode::SUCCESS)
        })
    }
}
