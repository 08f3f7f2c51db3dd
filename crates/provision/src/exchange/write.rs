//! The way out: phones as a table, as JSON or as YAML, sorted and the same each time.

use std::collections::{BTreeMap, BTreeSet};

use super::Format;
use super::cells::{Cells, cells, part, without_secrets};
use super::field::Field;
use super::row::cell;
use crate::inventory::Bundle;

/// What of the phones is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Chosen {
    /// Passwords too.
    pub secrets: bool,
}

/// Writes phones with their lines, in the order of their addresses.
#[must_use]
pub fn write<'a>(bundles: impl IntoIterator<Item = &'a Bundle>, format: Format, chosen: Chosen) -> String {
    let sorted: BTreeMap<_, _> = bundles.into_iter().map(|bundle| (bundle.phone.mac, bundle)).collect();
    let mut columns = Columns::default();
    sorted.values().for_each(|bundle| columns.add(bundle, chosen));
    let mut writer = Writer::new(format, chosen, &columns);
    let mut out = writer.head();
    for bundle in sorted.into_values() {
        out += &writer.phone(bundle).expect("the columns are those of these phones");
    }
    out + writer.tail()
}

/// What a phone says, without passwords unless they are asked for.
fn told(bundle: &Bundle, chosen: Chosen) -> Cells {
    let mut cells = cells(&bundle.phone, |number| bundle.lines.get(number));
    if !chosen.secrets {
        without_secrets(&bundle.phone, &mut cells);
    }
    cells
}

/// The columns of a table: all that any phone fills.
#[derive(Debug, Clone, Default)]
pub struct Columns {
    filled: BTreeSet<Field>,
    some_not_active: bool,
}

impl Columns {
    /// Those of this phone, too.
    pub fn add(&mut self, bundle: &Bundle, chosen: Chosen) {
        let cells = told(bundle, chosen);
        self.some_not_active |= cells.get(&Field::State).is_some_and(|state| state != "active");
        self.filled.extend(cells.into_keys());
    }

    fn fields(&self) -> BTreeSet<Field> {
        let mut fields = self.filled.clone();
        fields.extend([Field::Mac, Field::Model, Field::Description]);
        // Only phones that are not served need the column, and then all rows say it.
        if !self.some_not_active {
            fields.remove(&Field::State);
        }
        fields
    }
}

/// Writes phones one after the other, in the order of their addresses, so that nobody needs all of them at once.
#[derive(Debug, Clone)]
pub struct Writer {
    format: Format,
    chosen: Chosen,
    columns: BTreeSet<Field>,
    is_first: bool,
}

impl Writer {
    /// Begins; only a table needs to know all columns before.
    #[must_use]
    pub fn new(format: Format, chosen: Chosen, columns: &Columns) -> Self {
        Self { format, chosen, columns: columns.fields(), is_first: true }
    }

    /// What stands before the first phone.
    #[must_use]
    pub fn head(&self) -> String {
        match self.format {
            Format::Csv => row(self.columns.iter().map(ToString::to_string)),
            Format::Json => "{\n  \"phones\": [".to_owned(),
            Format::Yaml => "phones:".to_owned(),
        }
    }

    /// The next phone; nothing if it says something that has no column.
    #[must_use]
    pub fn phone(&mut self, bundle: &Bundle) -> Option<String> {
        let cells = told(bundle, self.chosen);
        let is_first = std::mem::take(&mut self.is_first);
        Some(match self.format {
            Format::Csv => {
                let has_column = |(field, value): (&Field, &String)| {
                    self.columns.contains(field) || (*field == Field::State && value == "active")
                };
                if !cells.iter().all(has_column) {
                    return None;
                }
                let value = |field| cells.get(field).map(|value| cell(value)).unwrap_or_default();
                row(self.columns.iter().map(value))
            }
            Format::Json => {
                format!("{}\n    {}", if is_first { "" } else { "," }, json(&phone(&cells), 2))
            }
            Format::Yaml => {
                format!("{}{}", if is_first { "\n" } else { "" }, yaml(&Out::List(vec![phone(&cells)]), 0))
            }
        })
    }

    /// What stands behind the last phone.
    #[must_use]
    pub fn tail(&self) -> &'static str {
        match (self.format, self.is_first) {
            (Format::Json, false) => "\n  ]\n}\n",
            (Format::Json, true) => "]\n}\n",
            (Format::Yaml, true) => " []\n",
            (Format::Yaml, false) | (Format::Csv, _) => "",
        }
    }
}

/// A row of a table.
fn row(cells: impl Iterator<Item = impl AsRef<[u8]>>) -> String {
    const IN_MEMORY: &str = "writing to memory does not fail";
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(cells).expect(IN_MEMORY);
    String::from_utf8(writer.into_inner().expect(IN_MEMORY)).expect("it was written from texts")
}

/// A document that is to be written.
enum Out {
    Text(String),
    Number(u16),
    List(Vec<Out>),
    Map(Vec<(String, Out)>),
}

fn phone(cells: &Cells) -> Out {
    let mut own = Vec::new();
    let mut lines: BTreeMap<u16, Vec<(String, Out)>> = BTreeMap::new();
    let mut keys: BTreeMap<u16, Vec<(String, Out)>> = BTreeMap::new();
    let mut settings = Vec::new();
    let mut overrides = None;
    let text = |value: &String| Out::Text(value.clone());
    for (field, value) in cells {
        match *field {
            Field::State if value == "active" => {}
            Field::Line(n) => {
                let line = lines.entry(n).or_default();
                line.insert(0, ("number".to_owned(), text(value)));
                line.insert(0, ("key".to_owned(), Out::Number(n)));
            }
            Field::LineSetting(n, name) if cells.contains_key(&Field::Line(n)) => {
                lines.entry(n).or_default().push((part(name).to_owned(), text(value)));
            }
            Field::Key(n) => keys.entry(n).or_default().push(("feature".to_owned(), text(value))),
            Field::KeyLine(n) => keys.entry(n).or_default().push(("line".to_owned(), text(value))),
            Field::KeySetting(n, name) => {
                keys.entry(n).or_default().push((part(name).to_owned(), text(value)))
            }
            Field::Overrides => overrides = serde_json::from_str(value).ok().map(out),
            // Of the line of an intercom: as in a table.
            Field::LineSetting(..) => own.push((field.to_string(), text(value))),
            Field::Setting(_) => settings.push((field.to_string(), text(value))),
            _ => own.push((field.to_string(), text(value))),
        }
    }
    let lines: Vec<Out> = lines.into_values().map(Out::Map).collect();
    if !lines.is_empty() {
        own.push(("lines".to_owned(), Out::List(lines)));
    }
    let keys: Vec<_> = keys.into_iter().map(|(n, parts)| (n.to_string(), Out::Map(parts))).collect();
    for (name, parts) in [("keys", keys), ("settings", settings)] {
        if !parts.is_empty() {
            own.push((name.to_owned(), Out::Map(parts)));
        }
    }
    own.extend(overrides.map(|list| ("overrides".to_owned(), list)));
    Out::Map(own)
}

fn out(value: serde_json::Value) -> Out {
    use serde_json::Value;
    match value {
        Value::Array(items) => Out::List(items.into_iter().map(out).collect()),
        Value::Object(items) => Out::Map(items.into_iter().map(|(name, value)| (name, out(value))).collect()),
        Value::String(text) => Out::Text(text),
        other => Out::Text(other.to_string()),
    }
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("every text can be written as JSON")
}

fn json(out: &Out, depth: usize) -> String {
    let indent = "  ".repeat(depth);
    let block = |open: char, items: Vec<String>, close: char| {
        let items: Vec<String> = items.into_iter().map(|item| format!("\n{indent}  {item}")).collect();
        if items.is_empty() {
            format!("{open}{close}")
        } else {
            format!("{open}{}\n{indent}{close}", items.join(","))
        }
    };
    match out {
        Out::Text(text) => quoted(text),
        Out::Number(number) => number.to_string(),
        Out::List(items) => block('[', items.iter().map(|item| json(item, depth + 1)).collect(), ']'),
        Out::Map(items) => {
            let items =
                items.iter().map(|(name, item)| format!("{}: {}", quoted(name), json(item, depth + 1)));
            block('{', items.collect(), '}')
        }
    }
}

/// A text of plain words stands as it is, every other in double quotes, as in JSON: no text becomes something else for any
/// reader of YAML.
fn plain(text: &str) -> Option<&str> {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    let special = ["null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf"];
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic());
    let words = !text.ends_with(' ') && !text.contains("  ") && text.chars().all(|c| word(c) || c == ' ');
    (begins && words && !special.contains(&text.to_ascii_lowercase().as_str())).then_some(text)
}

fn yaml(out: &Out, depth: usize) -> String {
    let indent = "  ".repeat(depth);
    match out {
        Out::Text(text) => match plain(text) {
            Some(text) => format!("{text}\n"),
            None => format!("{}\n", quoted(text)),
        },
        Out::Number(number) => format!("{number}\n"),
        Out::List(items) if items.is_empty() => "[]\n".to_owned(),
        Out::Map(items) if items.is_empty() => "{}\n".to_owned(),
        Out::List(items) => {
            let item = |item: &Out| {
                let inner = yaml(item, depth + 1);
                format!("{indent}- {}", inner.trim_start_matches(' '))
            };
            items.iter().map(item).collect()
        }
        Out::Map(items) => {
            let item = |(name, item): &(String, Out)| match item {
                Out::List(list) if !list.is_empty() => format!("{indent}{name}:\n{}", yaml(item, depth)),
                Out::Map(map) if !map.is_empty() => format!("{indent}{name}:\n{}", yaml(item, depth + 1)),
                _ => format!("{indent}{name}: {}", yaml(item, depth + 1)),
            };
            items.iter().map(item).collect()
        }
    }
}
