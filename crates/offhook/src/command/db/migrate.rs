//! `offhook db migrate`: makes the tables, or brings them to the version of this program.

use std::process::ExitCode;

use serde_json::json;
use store::{Prepared, Store};

use crate::command::Context;

/// Make the database, or bring it to the version of this offhook; `serve` does so, too
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let resolved = context.resolved()?;
        let url = &resolved.database;
        context.block_on(async {
            let Prepared { before, now, .. } = Store::prepare(url.url()).await?;
            let done = match before {
                0 => format!("{url} is ready, with tables of version {now}"),
                before if before < now => {
                    format!("{url} is now of version {now}; it was of version {before}")
                }
                _ => format!("{url} is of version {now} already"),
            };
            let value = json!({ "database": url.to_string(), "before": before, "version": now });
            context.output.show(done, &value)?;
            Ok(ExitCode::SUCCESS)
        })
    }
}
