//! `offhook backup key`: a key for backups that nobody has to type.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use pki::digest::hex;
use serde_json::json;

use crate::command::Context;

/// Make a key for backups that run by themselves: a file for --key-file
///
/// Keep a copy of it where the backups are not.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where to: backup.key.
    file: PathBuf,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let file = self.file.display();
        // Never over one that is there: every backup that was made with it would be lost.
        let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&self.file);
        let mut opened = opened.with_context(|| format!("cannot make {file}"))?;
        writeln!(opened, "{}", hex(&pki::password::random_key()))?;
        opened.sync_all()?;
        let text =
            format!("{file} opens every backup that is made with it. Keep a copy where the backups are not.");
        context.output.show(text, &json!({ "file": file.to_string() }))?;
        Ok(ExitCode::SUCCESS)
    }
}
