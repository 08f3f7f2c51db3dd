//! `offhook serve`: Serve phones until told to stop.

use std::process::ExitCode;

use super::Context;

/// Serve phones until told to stop
#[derive(Debug, clap::Args)]
pub struct Args {}

impl Args {
    /// Does what the command says.
    pub fn run(self, _context: &Context) -> anyhow::Result<ExitCode> {
        anyhow::bail!("`offhook serve` is not built yet")
    }
}
