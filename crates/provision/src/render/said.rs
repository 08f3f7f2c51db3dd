//! Who says what: the layers laid over each other, as far as the model can be told.

use std::collections::BTreeMap;

use super::{Note, Origin, builtin};
use crate::catalogue::ValueError;
use crate::inventory::check::{code, differs_by_series, in_line};
use crate::inventory::{Bundle, GroupKind, Layer, Name};
use crate::models::Model;
use crate::render::Surroundings;

/// A value that somebody wrote, and what stands for it in the document.
#[derive(Debug, Clone)]
pub(super) struct Said<'a> {
    pub(super) word: std::borrow::Cow<'a, str>,
    pub(super) code: String,
    pub(super) origin: Origin,
}

/// The settings of the phone as a whole; the later layer has won.
#[derive(Debug)]
pub(super) struct Sayings<'a> {
    said: BTreeMap<Name, Said<'a>>,
    /// The layers, the phone's own last.
    pub(super) layers: Vec<(Origin, &'a Layer)>,
    pub(super) model: Option<&'static Model>,
    pub(super) notes: Vec<Note>,
}

impl<'a> Sayings<'a> {
    pub(super) fn of(bundle: &'a Bundle, surroundings: &'a Surroundings) -> Self {
        let groups = bundle.groups.iter().map(|group| {
            let name = group.name.clone();
            let origin = match group.kind {
                GroupKind::Site => Origin::Site(name),
                GroupKind::Series => Origin::Series(name),
                GroupKind::Profile => Origin::Profile(name),
            };
            (origin, &group.layer)
        });
        let layers: Vec<_> = groups.chain([(Origin::Phone, &bundle.phone.layer)]).collect();
        let mut all = Self { said: BTreeMap::new(), layers, model: bundle.phone.model, notes: Vec::new() };
        for (name, word) in builtin::settings(surroundings, bundle.phone.mac, all.model) {
            if let Ok(code) = all.code(name, &word) {
                all.said.insert(name, Said { word: word.into(), code, origin: Origin::BuiltIn });
            }
        }
        for (origin, layer) in all.layers.clone() {
            // Those of offhook itself are for its pages.
            let of_phone = |name: Name| in_line(name.setting()).is_none() && !name.setting().is_own();
            for (name, word) in layer.settings.iter().filter(|(name, _)| of_phone(*name)) {
                if let Some(code) = all.told(name, word, &origin) {
                    all.said.insert(name, Said { word: word.into(), code, origin: origin.clone() });
                }
            }
        }
        all
    }

    /// The code for a value; a note when there is none. What a phone does not know is worth a note only when it is said to that
    /// phone: groups speak to many models.
    pub(super) fn told(&mut self, name: Name, word: &str, origin: &Origin) -> Option<String> {
        let own = matches!(origin, Origin::Phone);
        match self.code(name, word) {
            Ok(loads) if matches!(name.key(), "firmware" | "inactive_firmware") && !loads.is_empty() => {
                return self.own_load(name, loads, origin);
            }
            Ok(code) => return Some(code),
            Err(ValueError::Model { .. }) if !own => {}
            Err(error) => self.note(origin, format!("{error}; it is left out")),
        }
        None
    }

    /// A phone asks for a load that is not its own at every start, so it is told of its own only.
    fn own_load(&mut self, name: Name, loads: String, origin: &Origin) -> Option<String> {
        let Some(model) = self.model else { return Some(loads) };
        let own = model.own_load(&loads).map(str::to_owned);
        if own.is_none() {
            let others = loads.split([',', ' ']).flat_map(crate::models::that_run).map(|model| model.name);
            let others: Vec<_> = others.collect();
            self.note(origin, format!("{name} = {loads:?} is for {}; it is left out", others.join(", ")));
        }
        own
    }

    fn code(&self, name: Name, word: &str) -> Result<String, ValueError> {
        let setting = name.setting();
        // What a phone is that nobody knows, nobody can say either: only what all phones read alike is written.
        if self.model.is_none() && (!setting.applies.to_all() || differs_by_series(setting)) {
            let applies = setting.applies.to_string();
            return Err(ValueError::Model { key: name.key(), model: "phone of unknown model", applies });
        }
        code(setting, word, self.model)
    }

    pub(super) fn get(&self, name: Name) -> Option<&Said<'a>> {
        self.said.get(&name)
    }

    pub(super) fn of_key(&self, key: &str) -> Option<&Said<'a>> {
        self.get(Name::new(key).ok()?)
    }

    /// Everything said, by name.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Name, &Said<'a>)> {
        self.said.iter().map(|(name, said)| (*name, said))
    }

    pub(super) fn note(&mut self, origin: &Origin, text: impl Into<String>) {
        self.notes.push(Note { origin: origin.clone(), text: text.into() });
    }
}
