//! Contacts in bulk: tables and vCards, as spreadsheets and address books write them.
//!
//! What [`read`] gives is held against what is there by [`plan()`]; [`write`](fn@write) is the way back.

mod plan;
mod table;
mod vcard;

#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

pub use plan::{Plan, plan};
pub use table::Columns;

use crate::exchange::{self, Faults, Place};
use crate::inventory::{Contact, ContactNumber};

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Format {
    Csv,
    Vcard,
}

/// A file, read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheet {
    /// The contacts as they stand there; `id` is 0 where the file says none.
    pub contacts: Vec<(Place, Contact)>,
    /// What somebody should know about how it was read.
    pub remarks: Vec<String>,
}

/// How a file is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options<'a> {
    /// The book of contacts that name none.
    pub book: &'a str,
    /// Columns that nobody knows are left alone instead of being refused.
    pub skip_unknown: bool,
}

/// Reads a file.
pub fn read(bytes: &[u8], format: Format, options: Options<'_>) -> Result<Sheet, Faults> {
    let (sheet, faults) = salvage(bytes, format, options)?;
    faults.or(sheet)
}

/// Reads what can be read of a file, and says what cannot; an error where it is no such file at all.
pub fn salvage(bytes: &[u8], format: Format, options: Options<'_>) -> Result<(Sheet, Faults), Faults> {
    // Old address books write neither kind in UTF-8.
    let (text, remark) = exchange::bytes::text(bytes, exchange::Format::Csv)?;
    let (mut sheet, faults) = match format {
        Format::Csv => table::read(&text, options)?,
        Format::Vcard => vcard::read(&text, options)?,
    };
    sheet.remarks.extend(remark);
    Ok((sheet, faults))
}

/// Writes contacts, so that reading them again changes nothing.
#[must_use]
pub fn write(contacts: &[Contact], format: Format) -> String {
    let mut columns = Columns::default();
    contacts.iter().for_each(|contact| columns.add(contact));
    let one =
        |contact: &Contact| row(contact, format, &columns).expect("the columns are those of these contacts");
    contacts.iter().fold(head(format, &columns), |out, contact| out + &one(contact))
}

/// What stands before the first contact.
#[must_use]
pub fn head(format: Format, columns: &Columns) -> String {
    match format {
        Format::Csv => columns.head(),
        Format::Vcard => String::new(),
    }
}

/// A contact as it stands in a file; nothing if a table has too few columns for it.
#[must_use]
pub fn row(contact: &Contact, format: Format, columns: &Columns) -> Option<String> {
    match format {
        Format::Csv => columns.row(contact),
        Format::Vcard => Some(vcard::write(contact)),
    }
}

/// The longest number: nothing that is dialled has as many characters, with all that people write between digits.
const LONGEST_NUMBER: usize = 100;

/// What is wrong with a number, if anything.
#[must_use]
pub fn problem_with(number: &ContactNumber) -> Option<String> {
    let text = &number.number;
    if text.len() > LONGEST_NUMBER || text.chars().any(char::is_control) {
        return Some(format!("a number has at most {LONGEST_NUMBER} characters that can be seen"));
    }
    let dialled = text.chars().any(|c| c.is_ascii_alphanumeric() || c == '*' || c == '#');
    (!dialled).then(|| format!("{text:?} is no number: it has no digit"))
}

impl Format {
    /// The format that the end of a file's name tells.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        match name.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
            "csv" | "tsv" | "txt" => Some(Self::Csv),
            "vcf" | "vcard" => Some(Self::Vcard),
            _ => None,
        }
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "csv" => Ok(Self::Csv),
            "vcard" => Ok(Self::Vcard),
            _ => Err(format!("there is no format {text:?}; there are csv and vcard")),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Csv => "csv",
            Self::Vcard => "vcard",
        })
    }
}
