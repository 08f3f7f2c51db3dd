//! A configuration taken apart: what it says by words, and what its keys are.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use crate::catalogue::{LineFeature, Setting, by_path, line_features};
use crate::inventory::check::{code, in_line, registers, takes};
use crate::inventory::{Key, Name, Settings, check_key};
use crate::mac::Mac;
use crate::models::Model;
use crate::tree::Element;

/// More than any phone has; a button beyond is kept as it stands.
const MOST_BUTTONS: u16 = 999;

/// A configuration, taken apart. What the catalogue does not explain is only in its document.
#[derive(Clone)]
pub struct Reading {
    /// The phone.
    pub mac: Mac,
    /// What it is.
    pub model: &'static Model,
    /// The whole document.
    pub root: Element,
    /// What it says of the phone as a whole.
    pub settings: Settings,
    /// What its keys are.
    pub keys: BTreeMap<u16, ReadKey>,
}

/// A key, taken apart.
#[derive(Debug, Clone)]
pub struct ReadKey {
    /// What it does.
    pub key: Key,
    /// What is said about its line; empty when it has none.
    pub line: Settings,
}

impl fmt::Debug for Reading {
    /// The document has passwords in it, so it is left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {:?} {:?}", self.mac, self.model.name, self.settings, self.keys)
    }
}

impl Reading {
    /// Takes a document apart.
    #[must_use]
    pub fn of(root: Element, mac: Mac, model: &'static Model) -> Self {
        let mut settings = Settings::default();
        below(&root, "", 1, model, &mut settings);
        let keys = keys(&root, model);
        let mut reading = Self { mac, model, root, settings, keys };
        super::prune::prune(&mut reading);
        reading
    }
}

/// Settings in an element; `place` says which of several it is in.
fn below(element: &Element, path: &str, place: u8, model: &Model, into: &mut Settings) {
    for attribute in &element.attributes {
        let name = format!("{path}/@{}", attribute.name);
        say(by_path(&name), &attribute.value, place, model, into);
    }
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for child in &element.children {
        let number = seen.entry(&child.name).or_insert(0);
        *number += 1;
        let path = if path.is_empty() { child.name.to_string() } else { format!("{path}/{}", child.name) };
        let Some(setting) = by_path(&path).filter(|setting| setting.applies.to(model)) else { continue };
        if in_line(setting).is_some() {
            continue;
        }
        let place = match (setting.repeats(), *number) {
            (true, number) => u8::try_from(number).unwrap_or(u8::MAX),
            (false, 1) => place,
            // Twice what can be there once: it stays as it is.
            (false, _) => continue,
        };
        if place > 99 {
            continue;
        }
        if child.children.is_empty() {
            say(Some(setting), child.value(), place, model, into);
        }
        below(child, &path, place, model, into);
    }
}

fn say(setting: Option<&'static Setting>, text: &str, place: u8, model: &Model, into: &mut Settings) {
    let Some(setting) = setting.filter(|setting| in_line(setting).is_none()) else { return };
    if let Some((name, word)) = word(setting, text, model) {
        let place = if setting.path.contains("[]") { place } else { 1 };
        into.set(name.at(place), word);
    }
}

/// The word for what stands there, if rendering the word gives the same again.
fn word(setting: &'static Setting, text: &str, model: &Model) -> Option<(Name, String)> {
    let name = Name::new(setting.key?).ok()?;
    if !setting.applies.to(model) {
        return None;
    }
    let word = match setting.word_on(text, model) {
        Ok(reading) => reading.word,
        Err(_) => return None,
    };
    (code(setting, &word, Some(model)).as_deref() == Ok(text)).then_some((name, word))
}

fn keys(root: &Element, model: &'static Model) -> BTreeMap<u16, ReadKey> {
    let mut keys = BTreeMap::new();
    let Some(lines) = root.find("sipProfile/sipLines") else { return keys };
    for line in lines.all("line") {
        let button = line.attribute("button").and_then(|button| button.parse().ok());
        let Some(button) = button.filter(|button| (1..=MOST_BUTTONS).contains(button)) else { continue };
        if keys.contains_key(&button) {
            continue;
        }
        if let Some(read) = key(line, model).filter(|read| check_key(button, &read.key, Some(model)).is_ok())
        {
            keys.insert(button, read);
        }
    }
    keys
}

fn key(line: &Element, model: &'static Model) -> Option<ReadKey> {
    let feature = feature(line)?;
    let mut said = Settings::default();
    parts(line, "", feature, model, &mut said);
    let mut read = ReadKey { key: Key::new(feature), line: Settings::default() };
    if !registers(feature) {
        read.key.settings = said;
        return Some(read);
    }
    let number = line.text_of("name").parse().ok()?;
    read.key.line = Some(number);
    for (name, word) in said.iter() {
        match name.key() {
            // The number says it already.
            "line_name" => {}
            // Which of its lines this is, is a matter of the phone.
            "line_index" => drop(read.key.settings.set(name, word)),
            _ => drop(read.line.set(name, word)),
        }
    }
    Some(read)
}

/// Which feature a key has. Where two share a number, the one whose elements are there.
fn feature(line: &Element) -> Option<&'static LineFeature> {
    let id = line.text_of("featureID");
    let mut candidates = line_features().iter().filter(|feature| feature.id.to_string() == id);
    let first = candidates.next()?;
    let complete = |feature: &&LineFeature| {
        feature.required.iter().all(|path| path.starts_with('@') || !line.text_of(path).is_empty())
    };
    // The special one comes second and asks for more.
    Some(candidates.find(complete).unwrap_or(first))
}

fn parts(element: &Element, path: &str, feature: &LineFeature, model: &Model, into: &mut Settings) {
    let mut say = |place: &str, text: &str| {
        let setting = by_path(&format!("sipProfile/sipLines/line/{place}"));
        let said = setting.and_then(|setting| word(setting, text, model));
        if let Some((name, word)) = said.filter(|(name, _)| takes(feature, *name)) {
            // The first of two counts; the second stays as it is.
            if into.get(name).is_none() {
                into.set(name, word);
            }
        }
    };
    for attribute in &element.attributes {
        say(&format!("@{}", attribute.name), &attribute.value);
    }
    for child in element.children.iter().filter(|child| child.children.is_empty()) {
        say(&format!("{path}{}", child.name), child.value());
    }
    for child in element.children.iter().filter(|child| !child.children.is_empty()) {
        parts(child, &format!("{path}{}/", child.name), feature, model, into);
    }
}
