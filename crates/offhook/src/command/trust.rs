//! `offhook trust`: Whether phones are given a trust list, what is in it, and whether a list is good.

use std::process::ExitCode;

use super::Context;

mod build;
pub(super) mod change;
pub(super) mod check;
mod roles;
mod show;
mod view;

pub(super) use view::SignerView;

/// Decide whether phones get a trust list; show, verify and build lists
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Enable(change::Enable),
    Disable(change::Disable),
    Show(show::Args),
    Verify(check::Args),
    Roles(roles::Args),
    Build(build::Args),
}

impl Args {
    /// Does what the command says.
    pub fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        match self.verb {
            Verb::Enable(args) => args.run(context),
            Verb::Disable(args) => args.run(context),
            Verb::Show(args) => args.run(context),
            Verb::Verify(args) => args.run(context),
            Verb::Roles(args) => args.run(context),
            Verb::Build(args) => args.run(context),
        }
    }
}
