//! From values to the document: one walk over the plan of the model.

use std::borrow::Cow;

use super::plan::{Node, Shape};
use super::said::Sayings;
use super::{Origin, capacity, keys, stamp};
use crate::catalogue::{zone_for, zone_named};
use crate::inventory::{Bundle, Name};
use crate::tree::{Attribute, Element, Mark};

/// A document in the making.
#[derive(Debug)]
pub(super) struct Builder<'a> {
    pub(super) bundle: &'a Bundle,
    pub(super) sayings: Sayings<'a>,
    /// Only what somebody says, and what keys cannot be without.
    pub(super) minimal: bool,
    /// How many lines there are; known once the keys are made.
    pub(super) lines: usize,
    metas: Vec<Meta<'a>>,
}

/// Whether a phone can do without it: how it behaves, not whom it talks to.
fn is_taste(path: &str) -> bool {
    let behaviour =
        ["vendorConfig/", "sipProfile/sipCallFeatures/", "sipProfile/sipStack/", "commonProfile/"];
    let of_calls = path.strip_prefix("sipProfile/").is_some_and(|rest| !rest.contains('/'));
    of_calls || behaviour.iter().any(|start| path.starts_with(start))
}

/// Where a value came from; found by the mark of its element or attribute.
#[derive(Debug)]
pub(super) struct Meta<'a> {
    pub(super) name: Option<Name>,
    pub(super) word: Cow<'a, str>,
    pub(super) origin: Origin,
    pub(super) secret: bool,
}

/// Text and mark of an element or attribute.
pub(super) type Value = (Cow<'static, str>, Mark);

impl<'a> Builder<'a> {
    pub(super) fn new(bundle: &'a Bundle, sayings: Sayings<'a>, minimal: bool) -> Self {
        Self { bundle, sayings, minimal, lines: 0, metas: Vec::with_capacity(320) }
    }

    /// The whole document, with a stamp that is still to be put in.
    pub(super) fn document(&mut self, plan: &'static Node) -> Element {
        let mut root = Element::new("device");
        self.fill(&mut root, plan, 1);
        self.zone();
        self.strays();
        root
    }

    fn fill(&mut self, element: &mut Element, node: &'static Node, place: u8) {
        element.children.reserve(node.children.len());
        for child in &node.children {
            match child.shape {
                Shape::Attribute => {
                    if let Some((value, mark)) = self.value(child, place) {
                        element.attributes.push(Attribute { name: child.element.into(), value, mark });
                    }
                }
                Shape::Text => {
                    if let Some((text, mark)) = self.value(child, place) {
                        element.children.push(Element { text, mark, ..Element::new(child.element) });
                    }
                }
                Shape::Optional if !self.says_something(child) => {}
                Shape::Container | Shape::Optional => self.container(element, child, place),
                Shape::Repeated(anchor) => {
                    for place in self.places(anchor) {
                        self.container(element, child, place);
                    }
                }
                Shape::Keys => element.children.extend(keys::lines(self, child)),
            }
        }
    }

    fn container(&mut self, parent: &mut Element, node: &'static Node, place: u8) {
        let mut element = Element::new(node.element);
        self.fill(&mut element, node, place);
        if !element.children.is_empty() {
            parent.children.push(element);
        }
    }

    /// Which of several elements there are: those whose anchor is written and not empty.
    fn places(&self, anchor: &str) -> Vec<u8> {
        let said = self.sayings.iter().filter(|(name, said)| name.key() == anchor && !said.code.is_empty());
        said.map(|(name, _)| name.place()).collect()
    }

    fn says_something(&self, node: &Node) -> bool {
        let own = node.name.and_then(|name| self.sayings.get(name)).is_some_and(|said| !said.code.is_empty());
        own || node.children.iter().any(|child| self.says_something(child))
    }

    fn value(&mut self, node: &'static Node, place: u8) -> Option<Value> {
        let name = node.name.map(|name| name.at(place));
        if let Some(said) = name.and_then(|name| self.sayings.get(name)) {
            let (word, code, origin) = (said.word.clone(), said.code.clone(), said.origin.clone());
            return Some(self.marked(node, place, word, code.into(), origin));
        }
        if let Some((code, whence)) = self.following(node, place) {
            let word = code.clone();
            return Some(self.marked(node, place, word.into(), code.into(), Origin::Follows(whence)));
        }
        let (code, word) = node.default.as_ref().filter(|_| !self.minimal || !is_taste(node.setting.path))?;
        Some(self.marked(node, place, word.as_str().into(), (*code).into(), Origin::BuiltIn))
    }

    /// Remembers where a value came from.
    pub(super) fn marked(
        &mut self,
        node: &Node,
        place: u8,
        word: Cow<'a, str>,
        code: Cow<'static, str>,
        origin: Origin,
    ) -> Value {
        let name = node.name.map(|name| name.at(place));
        (code, self.mark(Meta { name, word, origin, secret: node.secret }))
    }

    pub(super) fn mark(&mut self, meta: Meta<'a>) -> Mark {
        self.metas.push(meta);
        Mark::try_from(self.metas.len()).expect("no document has four billion values")
    }

    pub(super) fn meta(&self, mark: Mark) -> Option<&Meta<'a>> {
        self.metas.get(usize::try_from(mark).ok()?.checked_sub(1)?)
    }

    /// What a value is when nobody says it but something else decides it.
    fn following(&self, node: &Node, place: u8) -> Option<(String, &'static str)> {
        let code = |key: &str, place: u8| {
            let name = Name::new(key).ok()?.at(place);
            Some(self.sayings.get(name)?.code.clone())
        };
        let Some(key) = node.setting.key else {
            return match node.setting.path {
                "versionStamp" => Some((stamp::PLACE.to_owned(), "the document")),
                "networkLocale" => Some((code("network_locale", 1)?, "network_locale")),
                "vendorConfig/softkeyControl" if !self.minimal => {
                    let file = || "1".to_owned();
                    Some((code("soft_key_control", 1).unwrap_or_else(file), "soft_key_control"))
                }
                _ => None,
            };
        };
        match key {
            "server_priority" | "tvs_priority" if place > 1 => Some(((place - 1).to_string(), "its place")),
            "module_index" => Some((place.to_string(), "its place")),
            "module_keys" => {
                let module = code("module_type", place)?;
                let module = crate::models::modules().iter().find(|known| known.name == module)?;
                Some((module.keys.to_string(), "module_type"))
            }
            "sip_port" | "secure_sip_port" | "tvs_port" | "enrolment_port" | "ntp_mode" if place > 1 => {
                Some((code(key, 1)?, "the first server"))
            }
            "log_missed_calls" if self.lines > 1 => Some(("1".repeat(self.lines), "the lines")),
            "olson_time_zone" => {
                let zone = &self.sayings.of_key("time_zone")?.word;
                zone_for(zone).map(|_| (zone.to_string(), "time_zone"))
            }
            _ => None,
        }
    }

    /// Tells when the summer time of a zone is not the one that phones know.
    fn zone(&mut self) {
        let Some(said) = self.sayings.of_key("time_zone") else { return };
        let (word, code, origin) = (said.word.to_string(), said.code.clone(), said.origin.clone());
        if word != code && zone_named(&code).is_some_and(|zone| zone.differs(&word)) {
            let text = format!(
                "phones know no zone with the summer time of {word}; {code:?} comes nearest and may be an hour off for some \
                 weeks of the year"
            );
            self.sayings.note(&origin, text);
        }
    }

    /// Tells what was said for one of several elements that is not there, and which modules fit badly.
    fn strays(&mut self) {
        let anchors = [
            ("ntp_", "ntp_server"),
            ("server_", "sip_server"),
            ("sip_port", "sip_server"),
            ("secure_sip_", "sip_server"),
            ("tvs_", "tvs_server"),
            ("module_", "module_type"),
            ("service_", "service_entry_url"),
            ("enrolment_port", "enrolment_server"),
        ];
        let stray = |(name, _): &(Name, _)| {
            let anchor = anchors.iter().find(|(start, _)| name.key().starts_with(start));
            anchor.is_some_and(|(_, anchor)| {
                name.setting().path.contains("[]")
                    && Name::new(anchor)
                        .is_ok_and(|anchor| self.sayings.get(anchor.at(name.place())).is_none())
            })
        };
        let strays = self.sayings.iter().filter(|(_, said)| said.origin != Origin::BuiltIn).filter(stray);
        let strays: Vec<_> = strays
            .map(|(name, said)| {
                let anchor = anchors.iter().find(|(start, _)| name.key().starts_with(start));
                let anchor = anchor.map_or("", |(_, anchor)| *anchor);
                let place = if name.place() > 1 { format!(".{}", name.place()) } else { String::new() };
                (said.origin.clone(), format!("{name} is of no use without {anchor}{place}; it is left out"))
            })
            .collect();
        for (origin, text) in strays {
            self.sayings.note(&origin, text);
        }
        capacity::look(self);
    }
}
