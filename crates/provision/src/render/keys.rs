//! The keys: which button does what, and which line is which.

use std::collections::BTreeMap;

use super::build::Builder;
use super::key_values::value;
use super::plan::{Node, Shape, number_of};
use super::{Origin, capacity};
use crate::article::A;
use crate::inventory::check::{code, in_line, needs, registers, takes};
use crate::inventory::{Key, Line, Name};
use crate::tree::{Attribute, Element};

/// A key and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Placed<'a> {
    pub(super) button: u16,
    pub(super) key: &'a Key,
    pub(super) origin: Origin,
    /// The line it belongs to, when there is one of that number.
    pub(super) line: Option<&'a Line>,
    /// Number among the lines, for keys that register.
    pub(super) index: Option<u16>,
    /// The first line carries the credentials of all.
    pub(super) first: bool,
    /// Number of the feature in the catalogue.
    pub(super) feature: usize,
}

/// The elements of all keys that can be rendered.
pub(super) fn lines(builder: &mut Builder<'_>, node: &'static Node) -> Vec<Element> {
    let mut keys = placed(builder);
    capacity::cut(builder, &mut keys);
    keys.retain(|placed| fits(builder, placed));
    number(&mut keys);
    builder.lines = keys.iter().filter(|placed| placed.key.feature.key == "line").count();
    if builder.lines == 0 {
        builder.sayings.note(&Origin::Phone, "no key is a line, so the phone signs in nowhere");
    }
    credentials(builder, &keys);
    keys.iter().map(|placed| element(builder, node, placed)).collect()
}

/// Each button as the last layer that speaks of it wants it.
fn placed<'a>(builder: &Builder<'a>) -> Vec<Placed<'a>> {
    let mut all: BTreeMap<u16, (Option<&Key>, &Origin)> = BTreeMap::new();
    for (origin, layer) in &builder.sayings.layers {
        for (button, key) in &layer.keys {
            all.insert(*button, (key.as_ref(), origin));
        }
    }
    let placed = |(button, (key, origin)): (_, (Option<&'a Key>, &Origin))| {
        let key = key?;
        let line = key.line.as_ref().and_then(|number| builder.bundle.lines.get(number));
        Some(Placed {
            button,
            key,
            origin: origin.clone(),
            line,
            index: None,
            first: false,
            feature: number_of(key.feature),
        })
    };
    all.into_iter().filter_map(placed).collect()
}

/// Whether the key can be rendered; a note when it cannot and somebody should know.
fn fits(builder: &mut Builder<'_>, placed: &Placed<'_>) -> bool {
    let (button, key) = (placed.button, placed.key);
    let feature = key.feature;
    if let Some(model) = builder.sayings.model.filter(|model| !feature.applies.to(model)) {
        if placed.origin == Origin::Phone {
            let text =
                format!("button {button}: {} has no key {}; it is left out", A(model.name), feature.key);
            builder.sayings.note(&placed.origin, text);
        }
        return false;
    }
    let unknown = builder.sayings.model.is_none() && !feature.applies.to_all();
    let model = builder.sayings.model;
    let cannot = |key_of: &str| {
        let word = key.settings.of(key_of).filter(|word| !word.is_empty());
        let setting = crate::catalogue::setting(key_of).ok();
        word.zip(setting).is_none_or(|(word, setting)| code(setting, word, model).is_err())
    };
    let lacks = || needs(feature).find(|key_of| cannot(key_of));
    let missing = if registers(feature) && key.line.is_none() { Some("a line") } else { lacks() };
    if let Some(missing) = missing {
        let text = format!("button {button}: a key {} needs {missing}; it is left out", feature.key);
        builder.sayings.note(&placed.origin, text);
    } else if let (Some(number), None) = (&key.line, placed.line) {
        let text =
            format!("button {button}: there is no line {number}; the key has its number and no password");
        builder.sayings.note(&placed.origin, text);
    }
    for (name, _) in key.settings.iter().filter(|(name, _)| !takes(feature, *name)) {
        let text = format!("button {button}: a key {} has no setting {name}; it is left out", feature.key);
        builder.sayings.note(&placed.origin, text);
    }
    missing.is_none() && !unknown
}

/// Lines are counted in the order of the buttons, but the first is never an intercom. What a key says for itself holds.
fn number(keys: &mut [Placed<'_>]) {
    let said = |placed: &Placed<'_>| placed.key.settings.of("line_index")?.parse().ok();
    let taken: Vec<u16> = keys.iter().filter_map(said).collect();
    let mut free = (1..).filter(|index| !taken.contains(index));
    let first = keys.iter().position(|placed| placed.key.feature.key == "line");
    let rest = (0..keys.len()).filter(|place| Some(*place) != first);
    for place in first.into_iter().chain(rest) {
        let placed = &mut keys[place];
        if registers(placed.key.feature) {
            placed.index = said(placed).or_else(|| free.next());
        }
    }
    let lines = keys.iter_mut().filter(|placed| placed.key.feature.key == "line");
    if let Some(first) = lines.min_by_key(|placed| placed.index) {
        first.first = true;
    }
}

/// Phones use the credentials of their first line for all.
fn credentials(builder: &mut Builder<'_>, keys: &[Placed<'_>]) {
    let password = Name::new("auth_password").expect("lines have passwords");
    let of = |placed: &Placed<'_>| {
        let own = placed.key.settings.get(password);
        own.or_else(|| placed.line?.settings.get(password)).map(str::to_owned)
    };
    let Some(first) = keys.iter().find(|placed| placed.first) else { return };
    let expected = of(first);
    for placed in keys.iter().filter(|placed| registers(placed.key.feature) && !placed.first) {
        let (Some(own), Some(number)) = (of(placed), &placed.key.line) else { continue };
        if Some(own) != expected {
            let origin = Origin::Line(number.clone());
            builder.sayings.note(
                &origin,
                "phones use the password of their first line for all; this one has another, so it will not register",
            );
        }
    }
}

fn element<'a>(builder: &mut Builder<'a>, node: &'static Node, placed: &Placed<'a>) -> Element {
    let mut line = Element::new(node.element);
    fill(builder, &mut line, node, placed);
    let number = |name| line.text_of(name).parse::<u16>().ok();
    if let (Some(calls), Some(busy)) = (number("maxNumCalls"), number("busyTrigger"))
        && busy > calls
    {
        let text =
            format!("button {}: a line with {calls} calls is never busy from {busy} on", placed.button);
        builder.sayings.note(&placed.origin, text);
    }
    line
}

fn fill<'a>(builder: &mut Builder<'a>, element: &mut Element, node: &'static Node, placed: &Placed<'a>) {
    for child in &node.children {
        let Some(place) = in_line(child.setting) else { continue };
        if child.shape == Shape::Container {
            let mut inner = Element::new(child.element);
            fill(builder, &mut inner, child, placed);
            if !inner.children.is_empty() {
                element.children.push(inner);
            }
            continue;
        }
        let Some((value, mark)) = value(builder, child, place, placed) else { continue };
        if child.shape == Shape::Attribute {
            element.attributes.push(Attribute { name: child.element.into(), value, mark });
        } else {
            element.children.push(Element { text: value, mark, ..Element::new(child.element) });
        }
    }
}
