//! The command line: one definition gives the parser, the help, the manual pages and the completions.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _, Parser};
use provision::inventory::GroupKind;

use crate::config::{self, Found, Resolved};
use crate::edit;
use api::client::Client;
use console::Console;
use errand::host::Host;
use road::Road;

mod announce;
pub mod api;
pub(crate) mod author;
pub mod backup;
pub mod catalogue;
pub mod cert;
pub mod check;
pub mod completions;
pub mod console;
pub mod contact;
pub mod control;
pub mod db;
pub mod dhcp;
pub mod doctor;
pub mod document;
pub mod errand;
pub mod file;
pub mod group;
pub mod init;
pub mod key;
pub mod line;
pub mod lint;
pub mod lsc;
mod made;
pub mod man;
pub mod output;
mod overrides;
pub mod phone;
pub mod plan;
pub mod push;
pub mod quality;
pub mod report;
pub mod restore;
pub mod road;
mod secret;
pub mod serve;
pub mod simulate;
mod stock;
pub mod token;
pub mod trust;
pub mod tvs;
pub mod user;
mod values;
mod view;

pub use output::Output;

const EPILOGUE: &str = "\
First steps: `offhook serve` serves, `offhook phone add SEP001122334455 --model 8845 --line 1001` adds a phone, `offhook check` \
looks for what is wrong, `offhook init` writes a configuration with all settings.

Every setting can also be given by the environment: OFFHOOK__SECTION__KEY, such as OFFHOOK__LISTEN__TFTP=[::]:6969.

Exit codes: 0 done; 1 it failed, the answer is no, or something was found; 2 wrong use.";

/// Gives Cisco enterprise IP phones everything they expect from a call manager except the calls.
#[derive(Debug, Parser)]
#[command(name = "offhook", version, subcommand_required = true, arg_required_else_help = true, after_long_help = EPILOGUE)]
pub struct Offhook {
    /// Read this configuration file instead of ./offhook.toml or /etc/offhook/offhook.toml.
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "OFFHOOK_CONFIG",
        hide_env_values = true,
        help_heading = "Everywhere"
    )]
    pub config: Option<PathBuf>,
    /// Print JSON instead of text for people.
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub json: bool,
    /// Let the server there do it, such as `http://pbx.example.net:8080`, instead of the one of this machine.
    ///
    /// [env: OFFHOOK_SERVER]
    // Commands that ask a server as phones do have one of the same id. The variable is not theirs, so it is read below.
    #[arg(id = ELSEWHERE, long = "server", global = true, value_name = "URL", help_heading = "Everywhere")]
    pub server: Option<String>,
    /// The file with the token for that server, instead of the variable OFFHOOK_TOKEN.
    #[arg(long, global = true, value_name = "FILE", help_heading = "Everywhere")]
    pub token_file: Option<PathBuf>,
    /// Do it here, with the database and the files, although a server runs.
    #[arg(long, global = true, conflicts_with = ELSEWHERE, help_heading = "Everywhere")]
    pub direct: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// By which `--server` is known, wherever it is one.
const ELSEWHERE: &str = "elsewhere";

/// The nouns and verbs of the command line.
#[derive(Debug, clap::Subcommand)]
#[expect(missing_docs, reason = "each `Args` says what its command does")]
pub enum Command {
    Serve(serve::Args),
    Init(init::Args),
    Check(check::Args),
    Doctor(doctor::Args),
    Phone(phone::Args),
    Line(line::Args),
    Key(key::Args),
    /// Add, show, change and list profiles: what phones of one purpose share
    Profile(group::Args),
    /// Add, show, change and list sites: what phones of one place share
    Site(group::Args),
    /// Show and change what all phones of a series share
    Series(group::Args),
    Contact(contact::Args),
    Backup(backup::Args),
    Restore(restore::Args),
    Db(db::Args),
    Dhcp(dhcp::Args),
    Document(document::Args),
    Plan(plan::Args),
    Token(token::Args),
    Api(api::Args),
    Trust(trust::Args),
    Tvs(tvs::Args),
    File(file::Args),
    Cert(cert::Args),
    Lsc(lsc::Args),
    Catalogue(catalogue::Args),
    Lint(lint::Args),
    Push(push::Args),
    Control(control::Args),
    Quality(quality::Args),
    Report(report::Args),
    Simulate(simulate::Args),
    User(user::Args),
    Completions(completions::Args),
    Man(man::Args),
}

/// What every command is handed beside its own arguments.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// `--config`, as given.
    pub config: Option<PathBuf>,
    /// Where and how to print.
    pub output: Output,
    /// `--server` and `--token-file`, as given.
    pub server: Option<String>,
    /// Where the token is, if not in the environment.
    pub token_file: Option<PathBuf>,
    /// The server that it runs in, if it does.
    pub host: Option<Host>,
}

impl Context {
    /// The settings in force: read, checked whole, defaults filled in. Commands that need none do not ask.
    pub fn resolved(&self) -> anyhow::Result<Resolved> {
        match &self.host {
            Some(host) => Ok((*host.app.config.load_full()).clone()),
            None => Ok(self.found()?.resolved),
        }
    }

    /// As [`Context::resolved`], with what was found beside the settings.
    pub fn found(&self) -> Result<Found, config::Error> {
        config::load(self.config.as_deref())
    }

    /// Runs `work` to its end: for commands that ask the database.
    pub fn block_on<T>(&self, work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
        match &self.host {
            Some(host) => host.runtime.block_on(work),
            None => tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work),
        }
    }
}

/// An error that is the caller's wrong use of the command line: exit code 2 instead of 1.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct WrongUse(pub String);

/// A runtime for the commands that talk to the network.
pub fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// Parses the command line, does what it says, and gives the exit code: 0 done, 1 the answer is no or something
/// was found, 2 wrong use.
#[must_use]
pub fn main() -> ExitCode {
    let mut ended = once();
    for _ in 0..TIMES {
        match &ended {
            Err(error) if was_overtaken(error) => ended = once(),
            _ => break,
        }
    }
    ended.unwrap_or_else(|error| output::failure(&Console::Here, &error))
}

fn was_overtaken(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(store::Error::Overtaken))
        || error.downcast_ref().is_some_and(edit::Error::is_overtaken)
}

/// Whoever is overtaken by another change does everything again. With so many others at the same time somebody is to be told.
const TIMES: usize = 100;

fn once() -> anyhow::Result<ExitCode> {
    let matches = Offhook::command().get_matches();
    let offhook = Offhook::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let output = Output::new(offhook.json, Console::Here);
    let (config, server, token_file) =
        (offhook.config.clone(), offhook.elsewhere(), offhook.token_file.clone());
    let context = Context { config, output, server, token_file, host: None };
    if let Some(server) = offhook.doer(&matches, &context)? {
        return errand::send::send(&server, words()?);
    }
    offhook.command.run(&context)
}

/// The words behind the name of the program.
fn words() -> anyhow::Result<Vec<String>> {
    let word = |word: std::ffi::OsString| {
        word.into_string().map_err(|word| WrongUse(format!("{} is no text", word.display())))
    };
    Ok(std::env::args_os().skip(1).map(word).collect::<Result<_, _>>()?)
}

impl Offhook {
    /// The server that somebody names.
    fn elsewhere(&self) -> Option<String> {
        let named = || std::env::var("OFFHOOK_SERVER").ok().filter(|server| !server.is_empty());
        // A conflict is told of what was typed; a variable gives way.
        self.server.clone().or_else(|| named().filter(|_| !self.direct))
    }

    /// The server that does it, if one is named or runs here.
    fn doer(&self, matches: &ArgMatches, context: &Context) -> anyhow::Result<Option<Client>> {
        let goes = matches!(road::of(matches), Road::Server(_));
        let is_typed = matches.value_source(ELSEWHERE) == Some(ValueSource::CommandLine);
        // They ask by themselves.
        let asks = matches!(self.command, Command::Api(_) | Command::Simulate(_) | Command::Tvs(_));
        match &context.server {
            Some(_) if is_typed && !goes && !asks => {
                Err(WrongUse("this command runs where it is typed: leave --server out".to_owned()).into())
            }
            _ if self.direct => Ok(None),
            Some(server) if goes => Ok(Some(Client::elsewhere(server, context)?)),
            // Settings that are wrong are told by the command itself.
            None if goes => context.resolved().map_or(Ok(None), |resolved| Client::local(&resolved.data_dir)),
            _ => Ok(None),
        }
    }
}

impl Command {
    fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        match self {
            Self::Serve(args) => args.run(context),
            Self::Init(args) => args.run(context),
            Self::Check(args) => args.run(context),
            Self::Doctor(args) => args.run(context),
            Self::Phone(args) => args.run(context),
            Self::Line(args) => args.run(context),
            Self::Key(args) => args.run(context),
            Self::Profile(args) => args.run(GroupKind::Profile, context),
            Self::Site(args) => args.run(GroupKind::Site, context),
            Self::Series(args) => args.run(GroupKind::Series, context),
            Self::Contact(args) => args.run(context),
            Self::Backup(args) => args.run(context),
            Self::Restore(args) => args.run(context),
            Self::Db(args) => args.run(context),
            Self::Dhcp(args) => args.run(context),
            Self::Document(args) => args.run(context),
            Self::Plan(args) => args.run(context),
            Self::Token(args) => args.run(context),
            Self::Api(args) => args.run(context),
            Self::Trust(args) => args.run(context),
            Self::Tvs(args) => args.run(context),
            Self::File(args) => args.run(context),
            Self::Cert(args) => args.run(context),
            Self::Lsc(args) => args.run(context),
            Self::Catalogue(args) => args.run(context),
            Self::Lint(args) => args.run(context),
            Self::Push(args) => args.run(context),
            Self::Control(args) => args.run(context),
            Self::Quality(args) => args.run(context),
            Self::Report(args) => args.run(context),
            Self::Simulate(args) => args.run(context),
            Self::User(args) => args.run(context),
            Self::Completions(args) => args.run(context),
            Self::Man(args) => args.run(context),
        }
    }
}
