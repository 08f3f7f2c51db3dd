//! `offhook tvs`: the Trust Verification Service as phones see it.

use std::process::ExitCode;

use super::Context;

mod query;

/// Ask a Trust Verification Service, as phones do
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Query(query::Args),
}

impl Args {
    /// Does what the command says.
    pub fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        match self.verb {
            Verb::Query(args) => args.run(context),
        }
    }
}
