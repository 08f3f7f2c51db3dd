//! Tables as text: CSV with commas, semicolons or tabs, as spreadsheets write them.

use std::collections::HashMap;

use csv::{ReaderBuilder, StringRecord};

use super::faults::{Faults, Place, Unit};
use super::field::Field;
use super::row::wish;
use super::{Cell, Options, Row, Sheet};

/// A column that is read.
struct Column {
    field: Field,
    /// As people find it: the head, and the letter that spreadsheets give it.
    name: String,
}

pub(super) fn read(text: &str, options: Options) -> Result<Sheet, Faults> {
    let (separator, text, skipped) = separator(text);
    let mut reader = ReaderBuilder::new();
    let mut reader =
        reader.delimiter(separator).has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut records = reader.records();
    let mut faults = Faults::default();
    let mut sheet = Sheet::default();
    let head = loop {
        match records.next() {
            Some(Ok(record)) if is_blank(&record) => {}
            Some(Ok(record)) => break record,
            Some(Err(error)) => return Err(unreadable(&error, skipped)),
            None => {
                return Err(Faults::one(Place::whole(), "holds no table: the first line names the columns"));
            }
        }
    };
    let columns = columns(&head, options, &mut faults, &mut sheet);
    let mut lines = Lines::new(text, skipped);
    for record in records {
        match record {
            Ok(record) if is_blank(&record) => {}
            Ok(record) => {
                let line = lines.of(&record);
                sheet.rows.push(row(&record, line, &columns, &mut faults));
            }
            Err(error) => return Err(unreadable(&error, skipped)),
        }
    }
    faults.or(sheet)
}

/// What stands between the cells: what a first line `sep=;` says, else what the line of heads has most of.
pub(crate) fn separator(text: &str) -> (u8, &str, u64) {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    if let Some(&[separator]) = first.trim_end().strip_prefix("sep=").map(str::as_bytes) {
        return (separator, rest, 1);
    }
    let head = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let mut quoted = false;
    let mut count = [(b',', 0), (b';', 0), (b'\t', 0)];
    for byte in head.bytes() {
        quoted ^= byte == b'"';
        if let Some((_, number)) = count.iter_mut().find(|(separator, _)| !quoted && *separator == byte) {
            *number += 1;
        }
    }
    let most = count.iter().rev().max_by_key(|(_, number)| *number).map_or(b',', |(separator, _)| *separator);
    (most, text, 0)
}

/// Counts lines as editors do; the reader's own count takes no account of blank lines and of two-byte line ends.
pub(crate) struct Lines<'a> {
    text: &'a str,
    byte: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    /// Counts from the line behind those that were skipped.
    pub(crate) fn new(text: &'a str, skipped: u64) -> Self {
        Self { text, byte: 0, line: 1 + skipped }
    }

    pub(crate) fn of(&mut self, record: &StringRecord) -> u64 {
        let at =
            record.position().and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or(self.byte);
        let bytes = self.text.as_bytes();
        let blank = bytes[at..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let newlines = bytes[self.byte..at + blank].iter().filter(|byte| **byte == b'\n').count();
        (self.byte, self.line) = (at + blank, self.line + newlines as u64);
        self.line
    }
}

pub(crate) fn unreadable(error: &csv::Error, skipped: u64) -> Faults {
    let line = error.position().map_or(0, csv::Position::line) + skipped;
    Faults::one(Place::new(Unit::Row, line, ""), format!("cannot be read: {error}"))
}

pub(crate) fn is_blank(record: &StringRecord) -> bool {
    record.iter().all(|cell| cell.trim().is_empty())
}

fn columns(
    head: &StringRecord,
    options: Options,
    faults: &mut Faults,
    sheet: &mut Sheet,
) -> Vec<Option<Column>> {
    let mut seen: HashMap<Field, String> = HashMap::new();
    let mut skipped = Vec::new();
    let mut columns = Vec::new();
    for (place, head) in head.iter().enumerate() {
        let head = head.trim();
        let name = format!("{head} ({})", letter(place));
        let column = match Field::known(head) {
            // Columns without a head, or with # before it, are somebody's own notes.
            _ if head.is_empty() || head.starts_with('#') => None,
            Some(field) => {
                if let Some(other) = seen.insert(field, name.clone()) {
                    let problem = format!("says the same as column {other}: {field}; keep one of them");
                    faults.add(Place::new(Unit::Row, 0, name.clone()), problem);
                }
                Some(Column { field, name })
            }
            None if options.skip_unknown => {
                skipped.push(name);
                None
            }
            None => {
                faults.unknown(Place::new(Unit::Row, 0, name), head);
                None
            }
        };
        columns.push(column);
    }
    if !seen.contains_key(&Field::Mac) && faults.list.is_empty() {
        faults.add(
            Place::whole(),
            "has no column mac: the first line names the columns, one of them the phones' addresses",
        );
    }
    if !skipped.is_empty() {
        sheet.remarks.push(format!("columns that are left alone: {}", skipped.join(", ")));
    }
    columns
}

fn row(record: &StringRecord, line: u64, columns: &[Option<Column>], faults: &mut Faults) -> Row {
    let place = Place::new(Unit::Row, line, "");
    let mut cells = Vec::new();
    for (number, raw) in record.iter().enumerate() {
        let Some(column) = columns.get(number) else {
            if !raw.trim().is_empty() {
                let problem = format!("a cell without a column: the table has {} columns", columns.len());
                faults.add(place.at(letter(number)), problem);
            }
            continue;
        };
        let cell = if raw.starts_with('\\') { raw } else { raw.trim() };
        if let (Some(column), Some(value)) = (column, wish(cell)) {
            cells.push(Cell { field: column.field, place: place.at(column.name.clone()), value });
        }
    }
    Row { place, cells }
}

/// The letters spreadsheets give a column.
pub(crate) fn letter(place: usize) -> String {
    let digit = |n: usize| char::from(b'A' + u8::try_from(n % 26).unwrap_or_default());
    match place {
        0..26 => digit(place).to_string(),
        _ => format!("{}{}", letter(place / 26 - 1), digit(place)),
    }
}
