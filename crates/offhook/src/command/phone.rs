//! `offhook phone`: the phones that offhook knows, and the files it makes for them.

use std::process::ExitCode;

use super::Context;

mod add;
mod adopt;
mod claim;
mod diff;
mod export;
mod fetch;
mod import;
mod list;
mod overridden;
mod own_file;
mod remove;
mod render;
mod replace;
mod restart;
mod set;
mod show;
mod timeline;
mod told;
mod wanted;
mod why;

pub(super) use list::Count;

/// Add, show, change and list phones, and look at the configurations made for them
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Add(add::Args),
    Claim(claim::Args),
    Show(show::Args),
    Why(why::Args),
    Timeline(timeline::Args),
    List(list::Args),
    Set(set::Set),
    Unset(set::Unset),
    Replace(replace::Args),
    Restart(restart::Restart),
    Reset(restart::Reset),
    Remove(remove::Args),
    Render(render::Args),
    Diff(diff::Args),
    Override(overridden::Args),
    Import(import::Args),
    Export(export::Args),
    Adopt(adopt::Args),
}

impl Args {
    /// Does what the command says.
    pub fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        match self.verb {
            Verb::Add(args) => args.run(context),
            Verb::Claim(args) => args.run(context),
            Verb::Show(args) => args.run(context),
            Verb::Why(args) => args.run(context),
            Verb::Timeline(args) => args.run(context),
            Verb::List(args) => args.run(context),
            Verb::Set(args) => args.run(context),
            Verb::Unset(args) => args.run(context),
            Verb::Replace(args) => args.run(context),
            Verb::Restart(args) => args.run(context),
            Verb::Reset(args) => args.run(context),
            Verb::Remove(args) => args.run(context),
            Verb::Render(args) => args.run(context),
            Verb::Diff(args) => args.run(context),
            Verb::Override(args) => args.run(context),
            Verb::Import(args) => args.run(context),
            Verb::Export(args) => args.run(context),
            Verb::Adopt(args) => args.run(context),
        }
    }
}
