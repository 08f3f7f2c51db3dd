//! `offhook cert`: make, bring along, list, show, hand out and remove certificates, and say what they are trusted for.

use std::process::ExitCode;

use super::Context;

mod export;
mod hash;
mod import;
mod list;
mod make;
mod manufacturer;
pub(super) mod pick;
mod remove;
mod role;
mod show;
mod ttl;

/// Make, bring along, list, show, hand out and remove certificates, and say what they are trusted for
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Make(make::Args),
    Import(import::Args),
    Export(export::Args),
    Remove(remove::Args),
    Role(role::Args),
    Ttl(ttl::Args),
    List(list::Args),
    Show(show::Args),
    Hash(hash::Args),
    Manufacturer(manufacturer::Args),
}

impl Args {
    /// Does what the command says.
    pub fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        match self.verb {
            Verb::Make(args) => args.run(context),
            Verb::Import(args) => args.run(context),
            Verb::Export(args) => args.run(context),
            Verb::Remove(args) => args.run(context),
            Verb::Role(args) => args.run(context),
            Verb::Ttl(args) => args.run(context),
            Verb::List(args) => args.run(context),
            Verb::Show(args) => args.run(context),
            Verb::Hash(args) => args.run(context),
            Verb::Manufacturer(args) => args.run(context),
        }
    }
}
