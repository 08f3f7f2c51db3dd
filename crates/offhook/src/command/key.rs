//! `offhook key`: what the buttons of phones do, of one phone or of all phones of a profile, site or series.

use std::process::ExitCode;

use super::Context;

mod clear;
pub(super) mod effective;
mod list;
mod moved;
mod set;

pub(super) use list::value;

/// Say what the keys of a phone do: lines, speed dials, busy lamps, services
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Set(set::Args),
    List(list::Args),
    Move(moved::Args),
    Clear(clear::Args),
}

impl Args {
    /// Does what the command says.
    pub fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        match self.verb {
            Verb::Set(args) => args.run(context),
            Verb::List(args) => args.run(context),
            Verb::Move(args) => args.run(context),
            Verb::Clear(args) => args.run(context),
        }
    }
}
