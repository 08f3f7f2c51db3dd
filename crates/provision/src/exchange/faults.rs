//! What is wrong with a file, and where.

use std::fmt;

use super::field::Field;

/// More than anybody reads; the rest is counted.
const MOST: usize = 100;

/// Where something stands in a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Place {
    /// What is counted.
    pub unit: Unit,
    /// From 1 on; 0 where the file as a whole is meant.
    pub number: u64,
    /// The column, or the way to the value: `label1`, `lines[0].label`; empty for a whole row.
    pub column: String,
}

/// What the number of a [`Place`] counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Lines of a table.
    #[default]
    Row,
    /// Lines of a document.
    Line,
    /// Phones of a document that has no lines to speak of.
    Phone,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub place: Place,
    /// What, and what would be right.
    pub problem: String,
}

/// Everything that is wrong with a file, up to a limit.
#[derive(Debug, Clone, Default, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.in_words())]
pub struct Faults {
    /// In the order of the file.
    pub list: Vec<Fault>,
    /// How many more there are.
    pub more: usize,
}

impl Faults {
    /// Only this one.
    pub(crate) fn one(place: Place, problem: impl Into<String>) -> Self {
        let mut faults = Self::default();
        faults.add(place, problem);
        faults
    }

    pub(crate) fn add(&mut self, place: Place, problem: impl Into<String>) {
        if self.list.len() < MOST {
            self.list.push(Fault { place, problem: problem.into() });
        } else {
            self.more += 1;
        }
    }

    /// No field has that name. What might have been meant is only worked out for those that are told.
    pub(super) fn unknown(&mut self, place: Place, head: &str) {
        if self.list.len() < MOST
            && let Err(error) = Field::read(head)
        {
            return self.add(place, error.to_string());
        }
        self.more += 1;
    }

    pub(crate) fn or<T>(self, value: T) -> Result<T, Self> {
        if self.list.is_empty() { Ok(value) } else { Err(self) }
    }

    fn in_words(&self) -> String {
        let mut lines: Vec<String> = self.list.iter().map(ToString::to_string).collect();
        if self.more > 0 {
            lines.push(format!("… and {} more", self.more));
        }
        lines.join("\n")
    }
}

impl Place {
    /// The file as a whole.
    #[must_use]
    pub fn whole() -> Self {
        Self::default()
    }

    pub(crate) fn new(unit: Unit, number: u64, column: impl Into<String>) -> Self {
        Self { unit, number, column: column.into() }
    }

    /// Another column of the same row.
    pub(crate) fn at(&self, column: impl Into<String>) -> Self {
        Self { column: column.into(), ..*self }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            Unit::Row => "row",
            Unit::Line => "line",
            Unit::Phone => "phone",
        };
        match (self.number, self.column.as_str()) {
            (0, "") => f.write_str("the file"),
            (0, column) => write!(f, "column {column}"),
            (number, "") => write!(f, "{unit} {number}"),
            (number, column) if self.unit == Unit::Row => write!(f, "row {number}, column {column}"),
            (number, column) => write!(f, "{unit} {number}, {column}"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)
    }
}
