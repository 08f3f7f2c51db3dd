//! `offhook lsc`: the certificates phones get from this server.

use std::process::ExitCode;

use super::Context;

mod cancel;
mod encrypt;
mod export;
mod list;
mod pick;
mod revoke;
mod schedule;
mod show;
mod view;

/// Enrol phones: schedule, follow and revoke the certificates they get from this server
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Schedule(schedule::Args),
    Cancel(cancel::Args),
    List(list::Args),
    Show(show::Args),
    Revoke(revoke::Args),
    Export(export::Args),
    Encrypt(encrypt::Args),
}

impl Args {
    /// Does what the command says.
    pub fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        match self.verb {
            Verb::Schedule(args) => args.run(context),
            Verb::Cancel(args) => args.run(context),
            Verb::List(args) => args.run(context),
            Verb::Show(args) => args.run(context),
            Verb::Revoke(args) => args.run(context),
            Verb::Export(args) => args.run(context),
            Verb::Encrypt(args) => args.run(context),
        }
    }
}
