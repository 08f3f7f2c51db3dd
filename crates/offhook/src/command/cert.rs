//! `offhook cert`: Make, bring along, list, show and hash certificates.

use std::process::ExitCode;

use super::Context;

mod hash;
mod import;
mod list;
mod make;
pub(super) mod pick;
mod show;

/// Make, bring along, list, show and hash certificates
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Make(make::Args),
    Import(import::Args),
    List(list::Args),
    Show(show::Args),
    Hash(hash::Args),
}

impl Args {
    /// Does what the command says.
    pub fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        match self.verb {
            Verb::Make(args) => args.run(context),
            Verb::Import(args) => args.run(context),
            Verb::List(args) => args.run(context),
            Verb::Show(args) => args.run(context),
            Verb::Hash(args) => args.run(context),
        }
    }
}
