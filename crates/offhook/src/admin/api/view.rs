//! The inventory as the API shows it. Names stay as they are: programs rely on them. Passwords are never shown, only that
//! there is one.

use std::collections::BTreeMap;

use provision::inventory::{Key, Layer, Line, Override, Phone, Replacement, Settings, State};
use provision::mac::Mac;
use serde::{Deserialize, Serialize};
use store::PhoneRow;
use utoipa::ToSchema;

use crate::edit::{Assignment, effective};
use crate::trust::calendar;

mod contacts;
mod groups;

pub(super) use contacts::{ContactView, NumberView};
pub(super) use groups::{GroupView, Kind};

/// A phone as lists show it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PhoneItem {
    /// Its name.
    #[schema(example = "SEP001122334455")]
    phone: String,
    /// Its address.
    mac: String,
    /// What it is; null when it came by itself and nobody has said.
    model: Option<&'static str>,
    /// What people call it.
    description: String,
    /// Where it stands.
    site: Option<String>,
    /// What it takes after.
    profile: Option<String>,
    /// `active`, `waiting` or `retired`.
    state: &'static str,
    /// The lines of its own keys, each once, by button.
    lines: Vec<String>,
    /// When it was changed last.
    #[schema(example = "2026-01-31 13:45:00 UTC")]
    changed: String,
}

impl PhoneItem {
    pub(super) fn new(row: &PhoneRow) -> Self {
        let mut lines: Vec<String> = Vec::new();
        for line in &row.lines {
            if !lines.iter().any(|known| known == line.as_str()) {
                lines.push(line.to_string());
            }
        }
        Self {
            phone: row.mac.device_name(),
            mac: row.mac.to_string(),
            model: row.model.map(|model| model.name),
            description: row.description.clone(),
            site: row.site.clone(),
            profile: row.profile.clone(),
            state: row.state.word(),
            lines,
            changed: calendar::utc(row.changed),
        }
    }
}

/// What a phone or a group says: settings, keys, overrides.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LayerView {
    /// Values by clear words, without passwords.
    settings: BTreeMap<String, String>,
    /// The names of passwords that are set.
    secrets_set: Vec<String>,
    /// What buttons do.
    keys: Vec<KeyView>,
    /// What stands in documents in spite of everything else.
    overrides: Vec<OverrideView>,
}

impl LayerView {
    fn new(layer: &Layer) -> Self {
        let (settings, secrets_set) = open(&layer.settings);
        let keys = layer.keys.iter().map(|(button, key)| KeyView::new(*button, key.as_ref())).collect();
        Self {
            settings,
            secrets_set,
            keys,
            overrides: layer.overrides.iter().map(OverrideView::new).collect(),
        }
    }
}

/// Settings that everybody may see, and the names of those that are set and nobody may.
fn open(settings: &Settings) -> (BTreeMap<String, String>, Vec<String>) {
    let (secret, open): (Vec<_>, Vec<_>) = settings.iter().partition(|(name, _)| name.setting().is_secret());
    let open = open.into_iter().map(|(name, value)| (name.to_string(), value.to_owned())).collect();
    (open, secret.into_iter().map(|(name, _)| name.to_string()).collect())
}

/// A phone.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PhoneView {
    /// Its name.
    #[schema(example = "SEP001122334455")]
    phone: String,
    /// Its address.
    mac: String,
    /// What it is; null when it came by itself and nobody has said.
    model: Option<&'static str>,
    /// What people call it.
    description: String,
    /// Where it stands.
    site: Option<String>,
    /// What it takes after.
    profile: Option<String>,
    /// `active`, `waiting` or `retired`.
    state: &'static str,
    /// Whatever is to be remembered.
    notes: String,
    #[serde(flatten)]
    layer: LayerView,
}

impl PhoneView {
    pub(super) fn new(phone: &Phone) -> Self {
        Self {
            phone: phone.mac.device_name(),
            mac: phone.mac.to_string(),
            model: phone.model.map(|model| model.name),
            description: phone.description.clone(),
            site: phone.site.clone(),
            profile: phone.profile.clone(),
            state: phone.state.word(),
            notes: phone.notes.clone(),
            layer: LayerView::new(&phone.layer),
        }
    }
}

/// What a button does.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct KeyView {
    /// Its number, from 1 on.
    button: u16,
    /// What it does; null when it is kept empty in spite of earlier layers.
    feature: Option<&'static str>,
    /// The line it belongs to.
    line: Option<String>,
    /// Values by clear words, without passwords.
    settings: BTreeMap<String, String>,
    /// The names of passwords that are set.
    secrets_set: Vec<String>,
}

impl KeyView {
    pub(super) fn new(button: u16, key: Option<&Key>) -> Self {
        let (settings, secrets_set) = key.map(|key| open(&key.settings)).unwrap_or_default();
        let line = key.and_then(|key| key.line.as_ref()).map(ToString::to_string);
        Self { button, feature: key.map(|key| key.feature.key), line, settings, secrets_set }
    }

    pub(super) fn all(layer: &Layer) -> Vec<Self> {
        layer.keys.iter().map(|(button, key)| Self::new(*button, key.as_ref())).collect()
    }
}

/// What a button of a phone does in the end.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ButtonView {
    #[serde(flatten)]
    key: KeyView,
    /// What stands beside it.
    label: String,
    /// Who says so.
    #[schema(example = "profile reception")]
    from: String,
}

impl ButtonView {
    pub(super) fn new(button: &effective::Button<'_>) -> Self {
        Self {
            key: KeyView::new(button.number, button.key),
            label: button.label().to_owned(),
            from: button.origin.clone(),
        }
    }
}

/// What stands in a document in spite of everything else.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OverrideView {
    /// Where, from `<device>` on.
    #[schema(example = "vendorConfig/webAccess")]
    path: String,
    /// `text`, `fragment` or `remove`.
    kind: &'static str,
    /// What stands there then; null when it is left out or a password.
    value: Option<String>,
    /// Whether it is a password, which is not shown.
    secret: bool,
}

impl OverrideView {
    pub(super) fn new(one: &Override) -> Self {
        let (kind, value) = match &one.replacement {
            Replacement::Text(text) => ("text", Some(text)),
            Replacement::Fragment(xml) => ("fragment", Some(xml)),
            Replacement::Nothing => ("remove", None),
        };
        let secret = one.is_secret();
        Self { path: one.path.clone(), kind, value: value.filter(|_| !secret).cloned(), secret }
    }
}

/// A line.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LineView {
    /// Its number or name.
    number: String,
    /// Values by clear words, without passwords.
    settings: BTreeMap<String, String>,
    /// The names of passwords that are set.
    secrets_set: Vec<String>,
    /// Whether it has a password to register with.
    password_set: bool,
    /// The phones with a key of their own for it, or one of their groups.
    phones: Vec<String>,
}

impl LineView {
    pub(super) fn new(line: &Line, phones: &[Mac]) -> Self {
        let (settings, secrets_set) = open(&line.settings);
        let password_set = line.settings.of("auth_password").is_some_and(|password| !password.is_empty());
        let phones = phones.iter().map(|mac| mac.device_name()).collect();
        Self { number: line.number.to_string(), settings, secrets_set, password_set, phones }
    }
}

/// Settings in a body: names and values.
pub(super) fn assignments(settings: BTreeMap<String, String>) -> Vec<Assignment> {
    settings.into_iter().map(|(key, value)| Assignment { key, value }).collect()
}

/// Settings in a change: those that get a value, and the names of those that lose it.
pub(super) fn divided(settings: BTreeMap<String, Option<String>>) -> (Vec<Assignment>, Vec<String>) {
    let (mut set, mut unset) = (Vec::new(), Vec::new());
    for (key, value) in settings {
        match value {
            Some(value) => set.push(Assignment { key, value }),
            None => unset.push(key),
        }
    }
    (set, unset)
}

/// A part of an address, as it is written there.
pub(super) fn segment(name: &str) -> String {
    percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// Whether a phone is served, in the words of programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum StateWord {
    /// It gets its configuration.
    Active,
    /// It came by itself and waits to be claimed.
    Waiting,
    /// It is kept on the list and gets nothing.
    Retired,
}

impl From<StateWord> for State {
    fn from(word: StateWord) -> Self {
        match word {
            StateWord::Active => Self::Active,
            StateWord::Waiting => Self::Waiting,
            StateWord::Retired => Self::Retired,
        }
    }
}
