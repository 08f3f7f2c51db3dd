//! `offhook control`: doing something on a phone from afar.

use std::process::ExitCode;

use super::Context;

mod execute;

pub(super) use execute::{Place, find};

/// Make a phone do something: press its keys, show a page, play a ring
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Execute(execute::Args),
}

impl Args {
    /// Does what the command says.
    pub fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        match self.verb {
            Verb::Execute(args) => args.run(context),
        }
    }
}
