//! `offhook file`: Sign, unsign, verify and show the files phones load.

use std::process::ExitCode;

use super::Context;

/// Sign, unsign, verify and show the files phones load
#[derive(Debug, clap::Args)]
pub struct Args {}

impl Args {
    /// Does what the command says.
    pub fn run(self, _context: &Context) -> anyhow::Result<ExitCode> {
        anyhow::bail!("`offhook file` is not built yet")
    }
}
