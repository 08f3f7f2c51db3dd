//! `offhook trust`: whether phones are given a trust list, what is in it and in the next one, and whether a list is good.

use std::process::ExitCode;

use super::Context;

mod build;
pub(super) mod change;
pub(super) mod check;
mod forget;
mod history;
mod office;
mod plan;
mod publish;
mod recovery;
mod release;
mod restore;
mod roles;
mod rollover;
mod show;
mod view;

pub(super) use view::SignerView;

/// Decide whether phones get a trust list; plan, publish, roll over, release; show, verify and build lists
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
    Plan(plan::Args),
    Publish(publish::Args),
    History(history::Args),
    Restore(restore::Args),
    Rollover(rollover::Args),
    Release(release::Args),
    Recovery(recovery::Args),
    Forget(forget::Args),
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
            Verb::Plan(args) => args.run(context),
            Verb::Publish(args) => args.run(context),
            Verb::History(args) => args.run(context),
            Verb::Restore(args) => args.run(context),
            Verb::Rollover(args) => args.run(context),
            Verb::Release(args) => args.run(context),
            Verb::Recovery(args) => args.run(context),
            Verb::Forget(args) => args.run(context),
            Verb::Verify(args) => args.run(context),
            Verb::Roles(args) => args.run(context),
            Verb::Build(args) => args.run(context),
        }
    }
}
