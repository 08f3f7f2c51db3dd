//! Documents as nodes, and from nodes to rows: phones as objects, with their lines, keys and settings below.

use std::collections::HashSet;

use super::faults::{Faults, Place, Unit};
use super::field::Field;
use super::{Cell, Options, Row, Sheet};

/// A value in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    /// The line it begins in; 0 where lines are not known.
    pub(super) line: u64,
    pub(super) what: What,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    Null,
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

impl Node {
    pub(super) fn new(what: What) -> Self {
        Self { line: 0, what }
    }

    pub(super) fn text(text: impl ToString) -> Self {
        Self::new(What::Text(text.to_string()))
    }
}

/// What a phone's object may hold beside fields of its own.
const SHAPE: &str =
    "phones are a list of objects: [{\"mac\": \"SEP…\", \"model\": \"8845\", \"lines\": […]}, …]";

/// The rows of a document: a list of phones, or an object with a list `phones`.
pub(super) fn sheet(root: &Node, unit: Unit, options: Options) -> Result<Sheet, Faults> {
    let phones = match &root.what {
        What::List(phones) => phones,
        What::Map(entries) => match &entries[..] {
            [(name, Node { what: What::List(phones), .. })] if name == "phones" => phones,
            _ => return Err(Faults::one(Place::whole(), format!("holds no list of phones: {SHAPE}"))),
        },
        _ => return Err(Faults::one(Place::whole(), format!("holds no list of phones: {SHAPE}"))),
    };
    let mut reader = Reader {
        unit,
        number: 0,
        cells: Vec::new(),
        seen: HashSet::new(),
        faults: Faults::default(),
        skipped: Vec::new(),
        options,
    };
    let mut sheet = Sheet::default();
    for (place, phone) in phones.iter().enumerate() {
        reader.number = place as u64 + 1;
        reader.seen.clear();
        let place = reader.place(phone, "");
        match &phone.what {
            What::Map(entries) => reader.phone(entries),
            _ => reader.faults.add(place.clone(), format!("is no object; {SHAPE}")),
        }
        sheet.rows.push(Row { place, cells: std::mem::take(&mut reader.cells) });
    }
    if !reader.skipped.is_empty() {
        reader.skipped.sort();
        reader.skipped.dedup();
        sheet.remarks.push(format!("fields that are left alone: {}", reader.skipped.join(", ")));
    }
    reader.faults.or(sheet)
}

struct Reader {
    unit: Unit,
    /// Which phone.
    number: u64,
    cells: Vec<Cell>,
    seen: HashSet<Field>,
    faults: Faults,
    skipped: Vec<String>,
    options: Options,
}

impl Reader {
    /// Lines where they are known, else the number of the phone.
    fn place(&self, node: &Node, column: impl Into<String>) -> Place {
        match self.unit {
            Unit::Line => Place::new(Unit::Line, node.line, column),
            unit => Place::new(unit, self.number, column),
        }
    }

    fn phone(&mut self, entries: &[(String, Node)]) {
        for (name, node) in entries {
            match (name.as_str(), &node.what) {
                ("lines", What::List(lines)) => self.lines(lines),
                ("lines", What::Map(lines)) => self.numbered(lines, "lines", Self::line),
                ("keys", What::Map(keys)) => self.numbered(keys, "keys", Self::key),
                ("settings", What::Map(settings)) => {
                    for (name, node) in settings {
                        self.cell(name, node, &format!("settings.{name}"));
                    }
                }
                ("modules", What::List(modules)) => {
                    for (place, node) in modules.iter().enumerate() {
                        self.cell(&format!("module{}", place + 1), node, &format!("modules[{place}]"));
                    }
                }
                ("overrides", What::List(_)) => {
                    let value = Some(value(node).to_string());
                    self.put(Field::Overrides, node, name, value);
                }
                _ => self.cell(name, node, name),
            }
        }
    }

    fn lines(&mut self, lines: &[Node]) {
        for (place, node) in lines.iter().enumerate() {
            let button = match &node.what {
                What::Map(entries) => entries.iter().find(|(name, _)| name == "key").map(|(_, node)| node),
                _ => None,
            };
            let way = format!("lines[{place}]");
            let button = match button.map(|node| &node.what) {
                None => u16::try_from(place + 1).ok(),
                Some(What::Text(text)) => text.parse().ok(),
                Some(_) => None,
            };
            match button.filter(|n| (1..1000).contains(n)) {
                Some(button) => self.line(button, node, &way),
                None => self.faults.add(self.place(node, way), "key is the number of the button, from 1 on"),
            }
        }
    }

    /// Objects whose names are the numbers of buttons.
    fn numbered(&mut self, entries: &[(String, Node)], of: &str, read: fn(&mut Self, u16, &Node, &str)) {
        for (name, node) in entries {
            let way = format!("{of}.{name}");
            match name.parse().ok().filter(|n| (1..1000).contains(n)) {
                Some(button) => read(self, button, node, &way),
                None => {
                    self.faults.add(self.place(node, way), "the name is the number of the button, from 1 on")
                }
            }
        }
    }

    fn line(&mut self, button: u16, node: &Node, way: &str) {
        match &node.what {
            What::Map(entries) => {
                for (name, node) in entries.iter().filter(|(name, _)| name != "key") {
                    let head = if name == "number" {
                        format!("line{button}")
                    } else {
                        format!("line{button}_{name}")
                    };
                    self.cell(&head, node, &format!("{way}.{name}"));
                }
            }
            _ => self.cell(&format!("line{button}"), node, way),
        }
    }

    fn key(&mut self, button: u16, node: &Node, way: &str) {
        match &node.what {
            What::Map(entries) => {
                for (name, node) in entries {
                    self.cell(&format!("key{button}_{name}"), node, &format!("{way}.{name}"));
                }
            }
            _ => self.cell(&format!("key{button}"), node, way),
        }
    }

    /// One field, by the name it has in a table.
    fn cell(&mut self, head: &str, node: &Node, way: &str) {
        let field = match Field::known(head) {
            Some(field) => field,
            None if self.options.skip_unknown => return self.skipped.push(head.to_owned()),
            None => return self.faults.unknown(self.place(node, way), head),
        };
        let value = match &node.what {
            What::Null => None,
            What::Text(text) => Some(text.clone()),
            What::List(items) if items.iter().all(|item| matches!(item.what, What::Text(_))) => {
                let texts: Vec<_> = items
                    .iter()
                    .filter_map(
                        |item| if let What::Text(text) = &item.what { Some(text.as_str()) } else { None },
                    )
                    .collect();
                Some(texts.join(","))
            }
            _ => return self.faults.add(self.place(node, way), "a text, a number or null stands here"),
        };
        self.put(field, node, way, value);
    }

    fn put(&mut self, field: Field, node: &Node, way: &str, value: Option<String>) {
        let place = self.place(node, way);
        if !self.seen.insert(field) {
            return self.faults.add(place, format!("{field} is there twice"));
        }
        self.cells.push(Cell { field, place, value });
    }
}

/// The same as JSON, where a node is kept as it is.
fn value(node: &Node) -> serde_json::Value {
    use serde_json::Value;
    match &node.what {
        What::Null => Value::Null,
        What::Text(text) => Value::String(text.clone()),
        What::List(items) => Value::Array(items.iter().map(value).collect()),
        What::Map(items) => {
            Value::Object(items.iter().map(|(name, node)| (name.clone(), value(node))).collect())
        }
    }
}
