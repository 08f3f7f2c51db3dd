//! `offhook cert`: Make, list, show and hash certificates.

use std::process::ExitCode;

use super::Context;

/// Make, list, show and hash certificates
#[derive(Debug, clap::Args)]
pub struct Args {}

impl Args {
    /// Does what the command says.
    pub fn run(self, _context: &Context) -> anyhow::Result<ExitCode> {
        anyhow::bail!("`offhook cert` is not built yet")
    }
}
