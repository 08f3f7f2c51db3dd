//! `offhook profile`, `site` and `series`: what several phones share. Three nouns, one shape.

use std::process::ExitCode;

use provision::inventory::GroupKind;

use super::Context;

mod add;
mod change;
mod list;
mod overridden;
mod show;

#[derive(Debug, clap::Args)]
#[expect(missing_docs, reason = "the three nouns say it, each in its own words")]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Add(add::Add),
    Copy(add::Copy),
    Show(show::Args),
    List(list::Args),
    Set(change::Set),
    Unset(change::Unset),
    Override(overridden::Args),
    Remove(change::Remove),
}

impl Args {
    /// Does what the command says, for groups of that kind.
    pub fn run(self, kind: GroupKind, context: &Context) -> anyhow::Result<ExitCode> {
        match self.verb {
            Verb::Add(args) => args.run(kind, context),
            Verb::Copy(args) => args.run(kind, context),
            Verb::Show(args) => args.run(kind, context),
            Verb::List(args) => args.run(kind, context),
            Verb::Set(args) => args.run(kind, context),
            Verb::Unset(args) => args.run(kind, context),
            Verb::Override(args) => args.run(kind, context),
            Verb::Remove(args) => args.run(kind, context),
        }
    }
}
