//! What commands print: lines and tables for people, JSON for programs.

use std::fmt;
use std::io;
use std::process::ExitCode;

use serde::Serialize;

use super::WrongUse;
use super::console::Console;
use crate::{config, edit};

/// Where and how a command prints; text unless `--json` was given.
#[derive(Clone, Debug, Default)]
pub struct Output {
    json: bool,
    /// Whoever reads it.
    pub console: Console,
}

impl Output {
    /// Text, or JSON.
    #[must_use]
    pub fn new(json: bool, console: Console) -> Self {
        Self { json, console }
    }

    /// Whether `--json` was given.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Prints `text` for people, or `value` for programs.
    pub fn show(&self, text: impl fmt::Display, value: &impl Serialize) -> io::Result<()> {
        if self.json { self.value(value) } else { self.line(text) }
    }

    /// One line (or several) for people; nothing under `--json`.
    pub fn line(&self, text: impl fmt::Display) -> io::Result<()> {
        if self.json {
            return Ok(());
        }
        self.console.out(format!("{text}\n").as_bytes())
    }

    /// One JSON value, whatever was asked.
    pub fn value(&self, value: &impl Serialize) -> io::Result<()> {
        let text = serde_json::to_string_pretty(value).map_err(io::Error::other)?;
        self.console.out(format!("{text}\n").as_bytes())
    }

    /// Bytes as they are, for commands that print a file.
    pub fn bytes(&self, bytes: &[u8]) -> io::Result<()> {
        self.console.out(bytes)
    }

    /// A remark beside the answer: to stderr, so that it never gets into a pipe.
    pub fn remark(&self, text: impl fmt::Display) {
        self.console.err(&format!("{text}\n"));
    }
}

/// Columns that line up, for people.
#[derive(Clone, Debug, Default)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these column heads.
    pub fn new<S: Into<String>>(heads: impl IntoIterator<Item = S>) -> Self {
        Self { rows: vec![heads.into_iter().map(Into::into).collect()] }
    }

    /// One more row.
    pub fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) -> &mut Self {
        self.rows.push(cells.into_iter().map(Into::into).collect());
        self
    }

    /// Whether no row was added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.len() <= 1
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let width = |column: usize| {
            self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
        };
        let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or_default()).collect();
        for (number, row) in self.rows.iter().enumerate() {
            if number > 0 {
                writeln!(f)?;
            }
            let line: String =
                row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}  ")).collect();
            f.write_str(line.trim_end())?;
        }
        Ok(())
    }
}

/// An error with its causes, each told once: many errors name theirs already.
pub(super) fn whole(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}

/// Prints an error with its causes, and gives the exit code it deserves.
pub(super) fn failure(console: &Console, error: &anyhow::Error) -> ExitCode {
    let broken_pipe = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
    };
    if error.chain().any(broken_pipe) {
        // `offhook … | head` has read all it wanted.
        return ExitCode::SUCCESS;
    }
    console.err(&format!("error: {}\n", whole(error)));
    let wrong_use = error.is::<WrongUse>()
        || error.is::<config::Error>()
        || matches!(error.downcast_ref(), Some(edit::Error::Wrong(_)));
    ExitCode::from(if wrong_use { 2 } else { 1 })
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[test]
    fn a_cause_is_told_once() {
        let error = Err::<(), _>(io::Error::other("the disk is full"));
        let twice = error.context("cannot write data: the disk is full").context("cannot start");
        assert_eq!(
            twice.map_err(|e| whole(&e)),
            Err("cannot start: cannot write data: the disk is full".to_owned())
        );
    }

    #[test]
    fn columns_line_up_and_lines_end_where_the_text_does() {
        let mut table = Table::new(["name", "what"]);
        assert!(table.is_empty());
        table.row(["größer", "x"]).row(["a", ""]);
        assert_eq!(table.to_string(), "name    what\ngrößer  x\na");
        assert!(!table.is_empty());
    }
}
