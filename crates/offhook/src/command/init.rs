//! `offhook init`: Write a commented configuration and make what a first start needs.

use std::process::ExitCode;

use super::Context;

/// Write a commented configuration and make what a first start needs
#[derive(Debug, clap::Args)]
pub struct Args {}

impl Args {
    /// Does what the command says.
    pub fn run(self, _context: &Context) -> anyhow::Result<ExitCode> {
        anyhow::bail!("`offhook init` is not built yet")
    }
}
