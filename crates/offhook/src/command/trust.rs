//! `offhook trust`: What phones are told to trust.

use std::process::ExitCode;

use super::Context;

/// What phones are told to trust
#[derive(Debug, clap::Args)]
pub struct Args {}

impl Args {
    /// Does what the command says.
    pub fn run(self, _context: &Context) -> anyhow::Result<ExitCode> {
        anyhow::bail!("`offhook trust` is not built yet")
    }
}
