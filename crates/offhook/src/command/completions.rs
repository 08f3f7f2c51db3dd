//! `offhook completions`: Print completions for a shell.

use std::process::ExitCode;

use super::Context;

/// Print completions for a shell
#[derive(Debug, clap::Args)]
pub struct Args {}

impl Args {
    /// Does what the command says.
    pub fn run(self, _context: &Context) -> anyhow::Result<ExitCode> {
        anyhow::bail!("`offhook completions` is not built yet")
    }
}
