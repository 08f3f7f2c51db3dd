//! A phone with its lines as cells: what export writes, and what two states of a phone are compared by.

use std::collections::BTreeMap;

use super::field::Field;
use crate::inventory::{Key, Line, Name, Number, Override, Phone};

/// What there is to say about a phone; a field without a value is left out.
pub type Cells = BTreeMap<Field, String>;

/// The cells of a phone. `line` gives the lines that its own keys name.
pub fn cells<'a>(phone: &Phone, line: impl Fn(&Number) -> Option<&'a Line>) -> Cells {
    let mut cells = Cells::new();
    cells.insert(Field::Mac, phone.mac.device_name());
    cells.insert(Field::State, phone.state.word().to_owned());
    let texts = [
        (Field::Model, phone.model.map(|model| model.name)),
        (Field::Description, Some(phone.description.as_str())),
        (Field::Site, phone.site.as_deref()),
        (Field::Profile, phone.profile.as_deref()),
        (Field::Notes, Some(phone.notes.as_str())),
    ];
    let texts =
        texts.into_iter().filter_map(|(field, text)| Some((field, text.filter(|text| !text.is_empty())?)));
    cells.extend(texts.map(|(field, text)| (field, text.to_owned())));
    for (button, key) in &phone.layer.keys {
        match key {
            Some(key) => of_key(*button, key, &line, &mut cells),
            None => drop(cells.insert(Field::Key(*button), NOTHING.to_owned())),
        }
    }
    cells.extend(phone.layer.settings.iter().map(|(name, value)| (Field::Setting(name), value.to_owned())));
    if !phone.layer.overrides.is_empty() {
        cells.insert(Field::Overrides, overrides(&phone.layer.overrides));
    }
    cells
}

/// The word for a key that is left empty although a profile fills it.
pub(super) const NOTHING: &str = "none";

fn of_key<'a>(button: u16, key: &Key, line: &impl Fn(&Number) -> Option<&'a Line>, cells: &mut Cells) {
    match (&key.line, key.feature.key) {
        (Some(number), "line") => drop(cells.insert(Field::Line(button), number.to_string())),
        (number, feature) => {
            cells.insert(Field::Key(button), feature.to_owned());
            if let Some(number) = number {
                cells.insert(Field::KeyLine(button), number.to_string());
            }
        }
    }
    let own = key.settings.iter();
    cells.extend(own.map(|(name, value)| (Field::KeySetting(button, name), value.to_owned())));
    if let Some(line) = key.line.as_ref().and_then(line) {
        let of_line = line.settings.iter();
        cells.extend(of_line.map(|(name, value)| (Field::LineSetting(button, name), value.to_owned())));
    }
}

/// Overrides in one cell.
pub(super) fn overrides(list: &[Override]) -> String {
    serde_json::to_string(list).expect("paths and texts can always be written as JSON")
}

/// Only what may be shown to anybody.
pub(super) fn without_secrets(phone: &Phone, cells: &mut Cells) {
    cells.retain(|field, _| !field.is_secret());
    let open: Vec<Override> =
        phone.layer.overrides.iter().filter(|item| !item.is_secret()).cloned().collect();
    if open.is_empty() {
        cells.remove(&Field::Overrides);
    } else {
        cells.insert(Field::Overrides, overrides(&open));
    }
}

/// The name of a setting for the part of a key or line that a document writes below it.
pub(super) fn part(name: Name) -> &'static str {
    name.key()
}
