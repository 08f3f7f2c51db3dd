//! `offhook db show`: which database, and how much is in it.

use std::process::ExitCode;

use serde_json::json;
use store::Store;

use crate::command::Context;

/// Show which database the inventory is in, its version, and how much it holds
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let resolved = context.resolved()?;
        let url = &resolved.database;
        context.block_on(async {
            let store = Store::open(url.url()).await?;
            let (counts, generation) = (store.counts().await?, store.generation());
            let text = format!(
                "{url}\ntables of version {}, last change number {generation}\n\n{}",
                store.version(),
                super::table(&counts)
            );
            let value = json!({
                "database": url.to_string(),
                "version": store.version(),
                "generation": generation,
                "counts": super::value(&counts),
            });
            context.output.show(text, &value)?;
            Ok(ExitCode::SUCCESS)
        })
    }
}
