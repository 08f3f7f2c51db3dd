//! `offhook phone`: the phones that offhook knows, and the files it makes for them.

use std::process::ExitCode;

use super::Context;

/// Add, show, change and list phones, and look at the configurations made for them
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {}

impl Args {
    /// Does what the command says.
    pub fn run(self, _context: &Context) -> anyhow::Result<ExitCode> {
        match self.verb {}
    }
}
