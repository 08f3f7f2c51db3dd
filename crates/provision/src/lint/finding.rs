//! Findings: what, where, how bad, how sure, and what to do.

use std::fmt;

use super::rules::{Rule, rule};
use crate::catalogue::Certainty;
use crate::models::Model;

/// More findings than this help nobody, and a hostile file could ask for millions.
const MOST: usize = 1000;

/// How bad it is; as bad as the fact is sure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Perhaps nothing: the fact is a guess, or does no harm.
    Hint,
    /// Probably wrong: somebody saw phones stumble over it.
    Warning,
    /// Wrong.
    Error,
}

/// A place in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Bytes before it.
    pub offset: usize,
    /// Its line, counted from 1.
    pub line: usize,
    /// Its column, counted from 1 in characters.
    pub column: usize,
}

/// Something that is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was looked for.
    pub rule: &'static Rule,
    /// How bad it is.
    pub severity: Severity,
    /// Where.
    pub place: Place,
    /// What is wrong, in this file.
    pub message: String,
    /// What to do, in one line.
    pub fix: String,
    /// Where the fact comes from.
    pub source: &'static str,
}

/// The findings of a file, while it is looked over.
#[derive(Debug)]
pub(super) struct Findings<'a> {
    bytes: &'a [u8],
    pub(super) model: Option<&'a Model>,
    found: Vec<(usize, Finding)>,
    spare: Finding,
}

impl Severity {
    pub(super) fn read(cell: &str) -> Self {
        match cell {
            "error" => Self::Error,
            "warning" => Self::Warning,
            _ => Self::Hint,
        }
    }

    fn of(certainty: Certainty) -> Self {
        match certainty {
            Certainty::Sure => Self::Error,
            Certainty::OneReport => Self::Warning,
            Certainty::Guess => Self::Hint,
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hint => "hint",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

impl Finding {
    fn new(id: &'static str, message: String) -> Self {
        let rule = rule(id).expect("every finding has a rule; the tests find each");
        Self {
            rule,
            severity: rule.severity,
            place: Place { offset: 0, line: 1, column: 1 },
            message,
            fix: rule.fix.to_owned(),
            source: rule.source,
        }
    }

    /// A better fix than the one of the rule, if there is one.
    pub(super) fn fix(&mut self, fix: Option<String>) -> &mut Self {
        self.fix = fix.unwrap_or_else(|| std::mem::take(&mut self.fix));
        self
    }

    /// Not worse than the fact is sure.
    pub(super) fn certain(&mut self, certainty: Certainty) -> &mut Self {
        self.severity = self.severity.min(Severity::of(certainty));
        self
    }

    pub(super) fn source(&mut self, source: &'static str) -> &mut Self {
        self.source = source;
        self
    }
}

impl<'a> Findings<'a> {
    pub(super) fn new(bytes: &'a [u8], model: Option<&'a Model>) -> Self {
        Self { bytes, model, found: Vec::new(), spare: Finding::new("file-unknown", String::new()) }
    }

    /// One more finding, at that byte.
    pub(super) fn add(&mut self, rule: &'static str, at: usize, message: impl Into<String>) -> &mut Finding {
        if self.found.len() >= MOST {
            return &mut self.spare;
        }
        let place = self.found.len();
        self.found.push((at.min(self.bytes.len()), Finding::new(rule, message.into())));
        &mut self.found[place].1
    }

    /// Looking further finds nothing more.
    pub(super) fn is_full(&self) -> bool {
        self.found.len() >= MOST
    }

    /// The series of the model, if one was named.
    pub(super) fn series(&self) -> Option<&'static str> {
        self.model.map(|model| model.series)
    }

    /// In the order of the file, each with its line and column.
    pub(super) fn sorted(mut self) -> Vec<Finding> {
        self.found.sort_by_key(|(at, _)| *at);
        let (mut place, mut findings) = (Place { offset: 0, line: 1, column: 1 }, Vec::new());
        for (at, mut finding) in self.found {
            for byte in &self.bytes[place.offset..at] {
                match byte {
                    b'\n' => (place.line, place.column) = (place.line + 1, 1),
                    // Bytes that continue a character of UTF-8 are no columns of their own.
                    0x80..=0xBF => {}
                    _ => place.column += 1,
                }
            }
            place.offset = at;
            finding.place = place;
            findings.push(finding);
        }
        findings
    }
}
