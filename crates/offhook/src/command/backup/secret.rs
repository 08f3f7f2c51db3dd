//! What opens a backup: a passphrase somebody types, or a file.

use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::PathBuf;

use anyhow::{Context as _, ensure};

use crate::command::{WrongUse, secret};

/// Shorter ones are guessed, however slow a try is made.
const SHORTEST: usize = 12;
/// Nobody's key is longer; somebody may have named a file of another kind.
const LONGEST_KEY: u64 = 1 << 20;

/// How a backup is opened.
#[derive(Debug, clap::Args)]
pub(in crate::command) struct Secret {
    /// The key: a file with at least 16 bytes that nobody guesses; `offhook backup key` makes one.
    #[arg(long, value_name = "FILE", conflicts_with = "passphrase")]
    key_file: Option<PathBuf>,
    /// The passphrase: the first line of a file, or of standard input. Without it, the terminal is asked.
    #[arg(long, value_name = "@FILE | @-")]
    passphrase: Option<String>,
}

impl Secret {
    /// For a backup that is made now: somebody who types is asked twice.
    pub(super) fn new_one(&self) -> anyhow::Result<Vec<u8>> {
        if let Some(key) = self.key()? {
            return Ok(key);
        }
        let passphrase = self.asked("Passphrase for the backup")?;
        ensure!(
            passphrase.chars().count() >= SHORTEST,
            WrongUse(format!(
                "a passphrase needs at least {SHORTEST} characters: a few words that nobody guesses"
            ))
        );
        if self.is_typed() {
            let again = self.asked("The same again")?;
            ensure!(passphrase == again, WrongUse("these were two different passphrases".to_owned()));
        }
        Ok(passphrase.into_bytes())
    }

    /// For a backup that is there.
    pub(in crate::command) fn known(&self) -> anyhow::Result<Vec<u8>> {
        match self.key()? {
            Some(key) => Ok(key),
            None => Ok(self.asked("Passphrase of the backup")?.into_bytes()),
        }
    }

    fn is_typed(&self) -> bool {
        self.passphrase.as_deref().is_none_or(|given| given == "@-") && std::io::stdin().is_terminal()
    }

    fn asked(&self, what_for: &str) -> anyhow::Result<String> {
        let given = self.passphrase.as_deref().unwrap_or("@-");
        if !given.starts_with('@') {
            let problem = "everybody who lists processes could read it: --passphrase takes @FILE, or @- for standard input";
            return Err(WrongUse(problem.to_owned()).into());
        }
        secret::read(given, what_for)
    }

    fn key(&self) -> anyhow::Result<Option<Vec<u8>>> {
        let Some(path) = &self.key_file else { return Ok(None) };
        let file = path.display();
        let opened = File::open(path).with_context(|| format!("cannot read the key {file}"))?;
        let mut key = Vec::new();
        opened
            .take(LONGEST_KEY + 1)
            .read_to_end(&mut key)
            .with_context(|| format!("cannot read the key {file}"))?;
        ensure!(key.len() as u64 <= LONGEST_KEY, WrongUse(format!("{file} is too long for a key")));
        ensure!(
            key.len() >= 16,
            WrongUse(format!("{file} is too short for a key: `offhook backup key` makes one"))
        );
        Ok(Some(key))
    }
}
