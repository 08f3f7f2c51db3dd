//! `offhook backup show`: what a backup holds, and whether it is whole.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use serde_json::json;

use super::archive::{self, Place, Reader};
use super::secret::Secret;
use crate::command::Context;

/// Show what a backup holds; every byte of it is checked
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The backup.
    file: PathBuf,
    #[command(flatten)]
    secret: Secret,
    /// Name each file.
    #[arg(long)]
    files: bool,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let reader = Reader::open(&self.file, &self.secret.known()?)?;
        let head = reader.head.clone();
        let mut named = Vec::new();
        let files = reader.check(|told| named.push(told.clone()));
        let files = files.with_context(|| self.file.display().to_string())?;
        let shown = |at| match at {
            Place::Data => "",
            Place::Reports => "reports/",
            Place::DocumentRoot => "document root: ",
            Place::Configuration => "configuration: ",
        };
        let list: Vec<String> =
            named.iter().map(|told| format!("{:>10}  {}{}", told.size, shown(told.at), told.path)).collect();
        let list = if self.files { format!("\n\n{}", list.join("\n")) } else { String::new() };
        let text = format!(
            "Made by offhook {} at {} from {}, with last change number {}. It is whole.\n\n{}{list}",
            head.offhook,
            head.made,
            head.database,
            head.generation,
            archive::table(&head.counts, &files),
        );
        let value = json!({ "made": head.made, "offhook": head.offhook, "database": head.database,
            "generation": head.generation, "counts": head.counts, "files": files, "names": named });
        context.output.show(text, &value)?;
        Ok(ExitCode::SUCCESS)
    }
}
