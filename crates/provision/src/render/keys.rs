//! The keys: which button does what, and which line is which.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::build::{Builder, Value};
use super::plan::{Node, Shape, number_of};
use super::{Origin, capacity};
use crate::inventory::check::{in_line, needs, registers, takes};
use crate::inventory::{Key, Layer, Line, Name};
use crate::tree::{Attribute, Element};

/// A key and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Placed<'a> {
    pub(super) button: u16,
    pub(super) key: &'a Key,
    pub(super) origin: Origin,
    /// The line it belongs to, when there is one of that number.
    line: Option<&'a Line>,
    /// Number among the lines, for keys that register.
    index: Option<u16>,
    /// The first line carries the credentials of all.
    first: bool,
    /// Number of the feature in the catalogue.
    feature: usize,
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
                format!("button {button}: a {} has no key {}; it is left out", model.name, feature.key);
            builder.sayings.note(&placed.origin, text);
        }
        return false;
    }
    let unknown = builder.sayings.model.is_none() && !feature.applies.to_all();
    let lacks = || needs(feature).find(|key_of| key.settings.of(key_of).is_none_or(str::is_empty));
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

/// What stands there for the key: what follows from its place, what somebody says, what follows from the line, or the default.
fn value<'a>(
    builder: &mut Builder<'a>,
    node: &'static Node,
    place: &str,
    placed: &Placed<'a>,
) -> Option<Value> {
    let feature = placed.key.feature;
    let of_place = match place {
        "@button" => Some(placed.button.to_string()),
        "@lineIndex" => Some(placed.index?.to_string()),
        "featureID" => {
            let code = feature.id.to_string();
            let (word, origin) = (feature.key.into(), placed.origin.clone());
            return Some(builder.marked(node, 1, word, code.into(), origin));
        }
        _ => None,
    };
    if let Some(code) = of_place {
        let origin = placed.origin.clone();
        return Some(builder.marked(node, 1, code.clone().into(), code.into(), origin));
    }
    if !node.had.by(placed.feature, placed.first) {
        return None;
    }
    // An intercom is one because it answers by itself.
    if feature.key == "intercom" && place == "autoAnswer/autoAnswerEnabled" {
        return Some(builder.marked(node, 1, "on".into(), "3".into(), Origin::Follows("intercom")));
    }
    if let Some(value) = said(builder, node, placed) {
        return Some(value);
    }
    if let Some((word, code, whence)) = following(builder, place, placed) {
        return Some(builder.marked(node, 1, word, code, Origin::Follows(whence)));
    }
    let wanted = node.had.needed_by(placed.feature) || feature.key == "line" && !builder.minimal;
    let (code, word) = node.default.as_ref().filter(|_| wanted)?;
    Some(builder.marked(node, 1, word.as_str().into(), (*code).into(), Origin::BuiltIn))
}

/// The key's own word, the line's, or what a layer says for all lines: the first of them that can be rendered.
fn said<'a>(builder: &mut Builder<'a>, node: &'static Node, placed: &Placed<'a>) -> Option<Value> {
    let name = node.name?;
    let own = placed.key.settings.get(name).map(|word| (word, placed.origin.clone()));
    let mut found = own.and_then(|(word, origin)| told(builder, node, word, origin));
    if found.is_some() || !registers(placed.key.feature) {
        return found;
    }
    if let Some((line, word)) = placed.line.and_then(|line| Some((line, line.settings.get(name)?))) {
        found = told(builder, node, word, Origin::Line(line.number.clone()));
    }
    let mut layers = builder.sayings.layers.len();
    while found.is_none() && layers > 0 {
        layers -= 1;
        let (origin, layer) = &builder.sayings.layers[layers];
        let layer: &'a Layer = layer;
        if let Some(word) = layer.settings.get(name) {
            let origin = origin.clone();
            found = told(builder, node, word, origin);
        }
    }
    found
}

fn told<'a>(builder: &mut Builder<'a>, node: &'static Node, word: &'a str, origin: Origin) -> Option<Value> {
    let code = builder.sayings.told(node.name?, word, &origin)?;
    Some(builder.marked(node, 1, word.into(), code.into(), origin))
}

/// Calls a line holds, and from how many on it is busy, when nobody says: the defaults of the catalogue.
const CALLS: u16 = 5;
const BUSY: u16 = 4;

/// Word and code of what nobody says but something else decides.
fn following(
    builder: &Builder<'_>,
    place: &str,
    placed: &Placed<'_>,
) -> Option<(Cow<'static, str>, Cow<'static, str>, &'static str)> {
    let plain = |text: String, whence| {
        let text = Cow::<'static, str>::from(text);
        Some((text.clone(), text, whence))
    };
    let own = |key: &str| {
        let line = placed.line.and_then(|line| line.settings.of(key));
        placed.key.settings.of(key).or(line).map(str::to_owned)
    };
    let number_said = |key: &str| {
        let layers = builder.sayings.layers.iter().rev();
        let word = own(key)
            .or_else(|| layers.map(|(_, layer)| layer).find_map(|l| l.settings.of(key).map(str::to_owned)));
        word?.parse::<u16>().ok()
    };
    let feature = placed.key.feature;
    let number = || placed.key.line.as_ref().map(ToString::to_string);
    match place {
        "name" | "authName" => plain(number()?, "the line"),
        "authPassword" => plain(String::new(), "the line"),
        "featureLabel" if registers(feature) => plain(number()?, "the line"),
        "featureLabel" if feature.key.ends_with("service") => plain(feature.name.to_owned(), "the feature"),
        "featureLabel" => plain(own("number")?, "number"),
        "displayName" => match own("label") {
            Some(label) => plain(label, "label"),
            None => plain(number()?, "the line"),
        },
        "contact" if feature.key == "park_slot" => plain(own("number")?, "number"),
        "autoAnswer/autoAnswerMode" if feature.key == "intercom" => {
            Some(("speaker".into(), "Auto Answer with Speakerphone".into(), "intercom"))
        }
        "callWaiting" if feature.key == "line" && !builder.minimal => {
            let setting = crate::catalogue::setting("call_waiting").ok()?;
            let code = setting.code_on("on", builder.sayings.model?).ok()?;
            Some(("on".into(), code.into(), "the model"))
        }
        "port" => {
            let encrypted = builder.sayings.of_key("transport").is_some_and(|said| said.code == "3");
            let key = if encrypted { "secure_sip_port" } else { "sip_port" };
            match builder.sayings.of_key(key) {
                Some(said) => plain(said.code.clone(), key),
                None if encrypted => plain("5061".to_owned(), key),
                None => None,
            }
        }
        // What nobody says must not contradict what somebody says: a line is busy before it is full.
        "busyTrigger" if feature.key == "line" => {
            let most = number_said("max_calls")?;
            (most < BUSY).then(|| plain(most.to_string(), "max_calls"))?
        }
        "maxNumCalls" if feature.key == "line" => {
            let busy = number_said("busy_trigger")?;
            (busy > CALLS).then(|| plain(busy.to_string(), "busy_trigger"))?
        }
        _ => None,
    }
}
