//! YAML as nodes: scalars stay the text that stands there, so that neither `on` nor `0042` becomes something else.
//!
//! Anchors are refused: nobody needs them for a list of phones, and they let a small file become a huge one.

use saphyr_parser::{Event, Marker, Parser, ScalarStyle};

use super::faults::{Faults, Place, Unit};
use super::node::{Node, What};

/// Deeper than any list of phones.
const MOST_DEEP: usize = 12;

/// What is open: a list, or a map with the key that waits for its value.
enum Open {
    List(Node, Vec<Node>),
    Map(Node, Vec<(String, Node)>, Option<String>),
}

pub(super) fn read(text: &str) -> Result<Node, Faults> {
    let mut open: Vec<Open> = Vec::new();
    let mut root = None;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let at = error.marker();
            Faults::one(place(at), format!("is no YAML: {}", error.info()))
        })?;
        let at = &span.start;
        let refuse = |problem: &str| Err(Faults::one(place(at), problem));
        let start = Node { line: at.line() as u64, what: What::Null };
        match event {
            Event::Alias(_) => return refuse("anchors are not read here: write the value out"),
            Event::SequenceStart(..) | Event::MappingStart(..) if open.len() >= MOST_DEEP => {
                return refuse("is nested deeper than any list of phones");
            }
            Event::SequenceStart(..) => open.push(Open::List(start, Vec::new())),
            Event::MappingStart(..) => open.push(Open::Map(start, Vec::new(), None)),
            Event::Scalar(text, style, ..) => {
                let null = style == ScalarStyle::Plain && matches!(&*text, "" | "~" | "null");
                let what = if null { What::Null } else { What::Text(text.into_owned()) };
                close(Node { what, ..start }, &mut open, &mut root)?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let node = match open.pop() {
                    Some(Open::List(node, items)) => Node { what: What::List(items), ..node },
                    Some(Open::Map(node, items, _)) => Node { what: What::Map(items), ..node },
                    None => start,
                };
                close(node, &mut open, &mut root)?;
            }
            Event::DocumentStart(_) if root.is_some() => return refuse("a second document begins here"),
            _ => {}
        }
    }
    root.ok_or_else(|| Faults::one(Place::whole(), "holds no phones"))
}

/// Puts what is complete where it belongs.
fn close(node: Node, open: &mut [Open], root: &mut Option<Node>) -> Result<(), Faults> {
    match open.last_mut() {
        None => *root = Some(node),
        Some(Open::List(_, items)) => items.push(node),
        Some(Open::Map(_, items, key @ Some(_))) => items.extend(key.take().map(|key| (key, node))),
        Some(Open::Map(_, _, key)) => match node.what {
            What::Text(text) => *key = Some(text),
            _ => {
                let place = Place::new(Unit::Line, node.line, "");
                return Err(Faults::one(place, "the name of a value must be a text"));
            }
        },
    }
    Ok(())
}

fn place(at: &Marker) -> Place {
    Place::new(Unit::Line, at.line() as u64, format!("character {}", at.col() + 1))
}
