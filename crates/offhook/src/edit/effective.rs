//! The keys that a phone has in the end: its own and those of its groups.

use std::collections::BTreeMap;
use std::fmt::Write;

use provision::inventory::{Bundle, Key, Layer, Line};

/// A button with what it does.
#[derive(Clone, Debug)]
pub struct Button<'a> {
    /// Its number, from 1 on.
    pub number: u16,
    /// `None`: kept empty in spite of earlier layers.
    pub key: Option<&'a Key>,
    /// `phone`, `profile reception`.
    pub origin: String,
    /// The line it belongs to, if it is there.
    pub line: Option<&'a Line>,
}

/// The keys of a phone, by button; the last layer that fills a button wins.
#[must_use]
pub fn keys(bundle: &Bundle) -> Vec<Button<'_>> {
    let groups = bundle.groups.iter().map(|group| (format!("{} {}", group.kind, group.name), &group.layer));
    let mut buttons = BTreeMap::new();
    for (origin, layer) in groups.chain([("phone".to_owned(), &bundle.phone.layer)]) {
        for (number, key) in &layer.keys {
            let key = key.as_ref();
            let line = key.and_then(|key| bundle.lines.get(key.line.as_ref()?));
            buttons.insert(*number, Button { number: *number, key, origin: origin.clone(), line });
        }
    }
    buttons.into_values().collect()
}

/// The keys of one layer for itself.
#[must_use]
pub fn own<'a>(layer: &'a Layer, origin: &str) -> Vec<Button<'a>> {
    let button = |(number, key): (&u16, &'a Option<Key>)| Button {
        number: *number,
        key: key.as_ref(),
        origin: origin.to_owned(),
        line: None,
    };
    layer.keys.iter().map(button).collect()
}

impl Button<'_> {
    /// What stands beside the button: of the key, else of its line, whose number it is when nobody says anything.
    #[must_use]
    pub fn label(&self) -> &str {
        let own = self.key.and_then(|key| key.settings.of("label"));
        let number = self.line.map_or("", |line| line.number.as_str());
        own.or_else(|| self.line?.settings.of("label")).unwrap_or(number)
    }
}

/// What a key is for: its line, the number it dials, the page it opens.
#[must_use]
pub fn target(key: &Key) -> &str {
    let setting = |name| key.settings.of(name);
    let line = key.line.as_ref().map(|line| line.as_str());
    line.or_else(|| setting("number"))
        .or_else(|| setting("service_url"))
        .or_else(|| setting("secure_service_url"))
        .unwrap_or_default()
}

/// What else is said of a key.
pub(crate) fn more(key: &Key) -> String {
    let mut text = String::new();
    for (name, value) in key.settings.iter() {
        let shown = ["label", "number", "service_url", "secure_service_url"].contains(&name.key());
        if !shown && !name.setting().is_secret() {
            let _ = write!(text, " {name}={value}");
        }
    }
    text.trim_start().to_owned()
}

/// A key in a sentence: `blf 1002 "Ann"`.
#[must_use]
pub fn words(key: Option<&Key>) -> String {
    let Some(key) = key else { return "kept empty".to_owned() };
    let mut text = key.feature.key.to_owned();
    for part in [
        target(key).to_owned(),
        key.settings.of("label").map(|label| format!("“{label}”")).unwrap_or_default(),
    ] {
        if !part.is_empty() {
            let _ = write!(text, " {part}");
        }
    }
    match more(key) {
        more if more.is_empty() => text,
        more => format!("{text}, {more}"),
    }
}
