//! `offhook simulate`: Boot virtual phones against a server.

use std::process::ExitCode;

use super::Context;

/// Boot virtual phones against a server
#[derive(Debug, clap::Args)]
pub struct Args {}

impl Args {
    /// Does what the command says.
    pub fn run(self, _context: &Context) -> anyhow::Result<ExitCode> {
        anyhow::bail!("`offhook simulate` is not built yet")
    }
}
