//! Phones in bulk: tables, JSON and YAML that people edit elsewhere.
//!
//! Whatever the format, a file becomes a [`Sheet`]: rows of cells that know where they stand. [`plan()`] holds a sheet
//! against what is there and gives the changes, or everything that is wrong with it. [`write`](fn@write) is the way back: what it writes
//! changes nothing when it is read again.

pub(crate) mod bytes;
mod cells;
mod damage;
mod faults;
mod field;
mod json;
mod node;
mod plan;
mod row;
pub(crate) mod table;
mod write;
mod yaml;

#[cfg(test)]
mod tests;

pub use cells::{Cells, cells};
pub use faults::{Fault, Faults, Place, Unit};
pub use field::{Extra, Field, UnknownField};
pub use plan::{Difference, Known, Plan, Planned, Verdict, model_named, plan};
pub use write::{Chosen, Columns, Writer, write};

use std::fmt;
use std::str::FromStr;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Format {
    Csv,
    Json,
    Yaml,
}

/// A file, read: what it says about phones, one row each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheet {
    /// The rows, as they stand there.
    pub rows: Vec<Row>,
    /// What somebody should know about how it was read.
    pub remarks: Vec<String>,
}

/// What a file says about one phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Where it begins.
    pub place: Place,
    /// What it says; a field that is left alone has no cell.
    pub cells: Vec<Cell>,
}

/// What a file says about one field.
#[derive(Clone, PartialEq, Eq)]
pub struct Cell {
    /// The field.
    pub field: Field,
    /// Where it stands.
    pub place: Place,
    /// What shall be there; `None` takes away what is there.
    pub value: Option<String>,
}

/// How a file is to be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Columns that nobody knows are left alone instead of being refused.
    pub skip_unknown: bool,
}

/// Reads a file.
pub fn read(bytes: &[u8], format: Format, options: Options) -> Result<Sheet, Faults> {
    let (text, remark) = bytes::text(bytes, format)?;
    let mut sheet = match format {
        Format::Csv => table::read(&text, options)?,
        Format::Json => node::sheet(&json::read(&text)?, Unit::Phone, options)?,
        Format::Yaml => node::sheet(&yaml::read(&text)?, Unit::Line, options)?,
    };
    sheet.remarks.extend(remark);
    Ok(sheet)
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::Csv, Self::Json, Self::Yaml];

    /// The format that the end of a file's name tells.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let end = name.rsplit_once('.')?.1.to_ascii_lowercase();
        match end.as_str() {
            "csv" | "tsv" | "txt" => Some(Self::Csv),
            "json" => Some(Self::Json),
            "yaml" | "yml" => Some(Self::Yaml),
            _ => None,
        }
    }

    /// The word people write.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Yaml => "yaml",
        }
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|format| format.word() == text);
        found.ok_or_else(|| format!("there is no format {text:?}; there are csv, json and yaml"))
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl fmt::Debug for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value =
            if self.field.is_secret() { self.value.as_ref().map(|_| "…") } else { self.value.as_deref() };
        write!(f, "{} = {value:?} at {}", self.field, self.place)
    }
}
