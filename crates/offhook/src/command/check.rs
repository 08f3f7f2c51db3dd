//! `offhook check`: Look for what would keep phones from booting.

use std::process::ExitCode;

use super::Context;

/// Look for what would keep phones from booting
#[derive(Debug, clap::Args)]
pub struct Args {}

impl Args {
    /// Does what the command says.
    pub fn run(self, _context: &Context) -> anyhow::Result<ExitCode> {
        anyhow::bail!("`offhook check` is not built yet")
    }
}
