//! `offhook cert`: make, bring along, list, show, renew, hand out and remove certificates, say what they are trusted for, and
//! keep their keys.

use std::process::ExitCode;

use super::Context;

mod export;
mod hash;
mod import;
mod list;
mod make;
mod manufacturer;
pub(super) mod pick;
mod protect;
mod remove;
mod renew;
mod role;
mod show;
mod token;
mod ttl;

/// Make, bring along, list, show, renew, hand out and remove certificates, and keep their keys
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
    Renew(renew::Args),
    Protect(protect::Protect),
    Unprotect(protect::Unprotect),
    Token(token::Args),
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
            Verb::Renew(args) => args.run(context),
            Verb::Protect(args) => args.run(context),
            Verb::Unprotect(args) => args.run(context),
            Verb::Token(args) => args.run(context),
            Verb::Manufacturer(args) => args.run(context),
        }
    }
}
