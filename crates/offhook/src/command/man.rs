//! `offhook man`: Write the manual pages.

use std::process::ExitCode;

use super::Context;

/// Write the manual pages
#[derive(Debug, clap::Args)]
pub struct Args {}

impl Args {
    /// Does what the command says.
    pub fn run(self, _context: &Context) -> anyhow::Result<ExitCode> {
        anyhow::bail!("`offhook man` is not built yet")
    }
}
