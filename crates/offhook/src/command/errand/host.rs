//! In the server: a command that somebody elsewhere typed, run for them.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::{CommandFactory as _, FromArgMatches as _};
use store::Store;
use tokio::runtime::Handle;
use tokio::sync::mpsc::UnboundedSender;

use super::{Errand, MOST_WORDS, Piece};
use crate::admin::access::Role;
use crate::command::console::Console;
use crate::command::output::{self, Output};
use crate::command::road::{self, Road};
use crate::command::{self, Offhook, TIMES, was_overtaken};
use crate::listener::App;

/// The server that a command runs in, and in whose name.
#[derive(Clone, Debug)]
pub struct Host {
    /// What the server shares.
    pub(in crate::command) app: App,
    /// Who is told in the audit.
    pub(in crate::command) author: String,
    /// Where its connections live.
    pub(in crate::command) runtime: Handle,
}

impl Host {
    /// The server of now, for a command that comes from `author`.
    ///
    /// # Panics
    /// Outside of a runtime.
    #[must_use]
    pub fn of(app: App, author: String) -> Self {
        Self { app, author, runtime: Handle::current() }
    }

    /// The inventory of the server, for whoever asks.
    pub(in crate::command) fn store(&self) -> anyhow::Result<Store> {
        let inventory = self.app.artifacts.inventory().context("this server has no inventory")?;
        Ok(inventory.store().by(&self.author))
    }
}

/// What words are, before anything is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// Whoever asks must be that at least.
    pub role: Role,
    /// Passwords are in the answer.
    pub secrets: bool,
}

/// Finds out what a command needs.
///
/// # Errors
/// When the words are no command, or one that runs where it is typed.
pub fn needs(words: &[String]) -> Result<Needs, String> {
    if words.len() > MOST_WORDS {
        return Err(format!("more than {MOST_WORDS} words are no command"));
    }
    let matches = read(words)?;
    match road::of(&matches) {
        Road::Server(role) => Ok(Needs { role, secrets: road::shows_secrets(&matches) }),
        Road::Here => Err("this command runs where it is typed, not in a server".to_owned()),
    }
}

fn read(words: &[String]) -> Result<clap::ArgMatches, String> {
    let matches = Offhook::command().no_binary_name(true).try_get_matches_from(words);
    matches.map_err(|error| {
        let text = error.render().to_string();
        text.trim_end().trim_start_matches("error: ").to_owned()
    })
}

/// Does what the words say. Blocks until it is done, or whoever waits for it has gone.
pub fn run(errand: &Errand, host: &Host, pieces: UnboundedSender<Piece>) {
    let console = Console::away(errand, pieces.clone(), host.app.readiness.clone());
    let mut ended = once(errand, host, &console);
    for _ in 0..TIMES {
        match &ended {
            Err(error) if was_overtaken(error) && console.wanted().is_none() => {
                ended = once(errand, host, &console);
            }
            _ => break,
        }
    }
    let last = match console.wanted() {
        Some(asked) => Piece::Wants(asked),
        None => Piece::Ended(number(ended.unwrap_or_else(|error| output::failure(&console, &error)))),
    };
    // Whoever left does not want to know.
    let _ = pieces.send(last);
}

fn once(errand: &Errand, host: &Host, console: &Console) -> anyhow::Result<ExitCode> {
    let matches = read(&errand.words).map_err(crate::command::WrongUse)?;
    let offhook = Offhook::from_arg_matches(&matches)?;
    let output = Output::new(offhook.json, console.clone());
    offhook.command.run(&command::Context { output, host: Some(host.clone()), ..command::Context::default() })
}

/// The number that a shell sees.
fn number(code: ExitCode) -> u8 {
    (0..=u8::MAX).find(|number| ExitCode::from(*number) == code).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn of(words: &str) -> Result<Needs, String> {
        needs(&words.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn words_tell_what_they_need() {
        assert_eq!(of("phone list").unwrap(), Needs { role: Role::Viewer, secrets: false });
        assert_eq!(of("token list").unwrap().role, Role::Administrator);
        assert!(of("phone show SEP001122334455 --secrets").unwrap().secrets);
        for (words, why) in [
            ("serve", "runs where it is typed"),
            ("db copy sqlite://x", "runs where it is typed"),
            ("phone lst", "unrecognized subcommand"),
            ("", "unrecognized subcommand"),
            ("phone list --help", "Usage"),
        ] {
            let error = of(words).unwrap_err();
            assert!(error.contains(why), "{words:?}: {error}");
        }
        assert!(needs(&vec!["x".to_owned(); MOST_WORDS + 1]).is_err());
    }

    #[test]
    fn exit_codes_are_numbers() {
        assert_eq!([0, 1, 2, 255].map(|code| number(ExitCode::from(code))), [0, 1, 2, 255]);
        assert_eq!(number(ExitCode::FAILURE), 1);
    }
}
