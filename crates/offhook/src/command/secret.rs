//! Passwords on the command line: read from a file, standard input or a terminal.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufRead, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

/// The password that was written: `@FILE` is the first line of a file, `@-` of standard input, anything else itself.
pub(super) fn read(written: &str, what_for: &str) -> anyhow::Result<String> {
    match written.strip_prefix('@') {
        None => Ok(written.to_owned()),
        Some("-") => once(what_for, || from_input(what_for)),
        Some(file) => {
            let text = fs::read_to_string(file).with_context(|| format!("{what_for}: cannot read {file}"))?;
            first_line(&text).with_context(|| format!("{what_for}: there is no password in {file}"))
        }
    }
}

fn first_line(text: &str) -> Option<String> {
    text.lines().next().filter(|line| !line.is_empty()).map(str::to_owned)
}

/// What was typed already, by what it is for: a command that is done again, because another change was faster, must not
/// ask again.
static TYPED: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());

/// As `ask` says, or as it said when it was asked the same before.
pub(super) fn once(what_for: &str, ask: impl FnOnce() -> anyhow::Result<String>) -> anyhow::Result<String> {
    let mut typed = TYPED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = typed.get(what_for) {
        return Ok(known.clone());
    }
    let text = ask()?;
    typed.insert(what_for.to_owned(), text.clone());
    Ok(text)
}

/// One line of standard input; whoever sits at a terminal is asked, and nothing they type is shown.
fn from_input(what_for: &str) -> anyhow::Result<String> {
    let input = io::stdin();
    let terminal = input.is_terminal();
    let hidden = terminal.then(|| Hidden::ask(what_for)).transpose()?;
    let mut line = String::new();
    let read = input.lock().read_line(&mut line).context("reading standard input");
    drop(hidden);
    read?;
    first_line(&line).with_context(|| format!("{what_for}: there is no password on standard input"))
}

/// A terminal that shows nothing until this is dropped.
struct Hidden(rustix::termios::Termios);

impl Hidden {
    fn ask(what_for: &str) -> anyhow::Result<Self> {
        let before = tcgetattr(io::stdin()).context("asking the terminal")?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Drain, &silent).context("asking the terminal")?;
        let mut out = io::stderr().lock();
        // A closed stderr is no reason to fail.
        let _ = write!(out, "{what_for}: ").and_then(|()| out.flush());
        Ok(Self(before))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        let _ = tcsetattr(io::stdin(), OptionalActions::Drain, &self.0);
        let _ = writeln!(io::stderr().lock());
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_file_gives_its_first_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        fs::write(&file, "s3cret\nnot this\n").unwrap();
        let written = format!("@{}", file.display());
        assert_eq!(read(&written, "line 1001").unwrap(), "s3cret");
        assert_eq!(read("plain", "line 1001").unwrap(), "plain");
        fs::write(&file, "\n").unwrap();
        assert!(
            read(&written, "line 1001").unwrap_err().to_string().contains("line 1001: there is no password")
        );
        assert!(read("@/nowhere/at/all", "line 1001").is_err());
    }
}
