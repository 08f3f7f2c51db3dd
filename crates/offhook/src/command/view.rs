//! The inventory as `--json` prints it. Names stay as they are: programs rely on them.

use provision::inventory::{Group, Key, Layer, Line, Override, Phone, Replacement, Settings};
use provision::mac::Mac;
use serde_json::{Map, Value, json};

/// Whether passwords are printed; where they are not, `null` stands for one that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Secrets {
    Shown,
    Hidden,
}

impl Secrets {
    pub(super) fn when(shown: bool) -> Self {
        if shown { Self::Shown } else { Self::Hidden }
    }

    /// A value for people.
    pub(super) fn text(self, secret: bool, value: &str) -> &str {
        if secret && self == Self::Hidden && !value.is_empty() { "(hidden)" } else { value }
    }
}

pub(super) fn phone(phone: &Phone, secrets: Secrets) -> Map<String, Value> {
    let mut fields = object(json!({
        "phone": phone.mac.device_name(),
        "mac": phone.mac.to_string(),
        "model": phone.model.map(|model| model.name),
        "description": phone.description,
        "site": phone.site,
        "profile": phone.profile,
        "state": phone.state.word(),
        "notes": phone.notes,
    }));
    fields.extend(layer(&phone.layer, secrets));
    fields
}

pub(super) fn group(group: &Group, phones: u64, secrets: Secrets) -> Map<String, Value> {
    let mut fields = object(json!({
        "kind": group.kind.word(),
        "name": group.name,
        "description": group.description,
        "phones": phones,
    }));
    fields.extend(layer(&group.layer, secrets));
    fields
}

pub(super) fn line(line: &Line, phones: &[Mac], secrets: Secrets) -> Map<String, Value> {
    let phones: Vec<_> = phones.iter().map(|mac| mac.device_name()).collect();
    object(json!({ "number": line.number, "settings": settings(&line.settings, secrets), "phones": phones }))
}

pub(super) fn layer(layer: &Layer, secrets: Secrets) -> Map<String, Value> {
    let keys: Vec<_> =
        layer.keys.iter().map(|(button, filled)| key(*button, filled.as_ref(), secrets)).collect();
    let overrides: Vec<_> = layer.overrides.iter().map(|one| replaced(one, secrets)).collect();
    object(json!({ "settings": settings(&layer.settings, secrets), "keys": keys, "overrides": overrides }))
}

pub(super) fn settings(settings: &Settings, secrets: Secrets) -> Value {
    let shown = |(name, value): (provision::inventory::Name, &str)| {
        let hidden = name.setting().is_secret() && secrets == Secrets::Hidden;
        (name.to_string(), if hidden { Value::Null } else { value.into() })
    };
    Value::Object(settings.iter().map(shown).collect())
}

/// A button; one that is kept empty in spite of earlier layers has no feature.
pub(super) fn key(button: u16, key: Option<&Key>, secrets: Secrets) -> Value {
    match key {
        None => json!({ "button": button, "feature": null, "line": null, "settings": {} }),
        Some(key) => json!({
            "button": button,
            "feature": key.feature.key,
            "line": key.line,
            "settings": settings(&key.settings, secrets),
        }),
    }
}

fn replaced(one: &Override, secrets: Secrets) -> Value {
    let (what, with) = match &one.replacement {
        Replacement::Text(text) => ("text", Some(text)),
        Replacement::Fragment(xml) => ("fragment", Some(xml)),
        Replacement::Nothing => ("remove", None),
    };
    let hidden = secrets == Secrets::Hidden && holds_password(one);
    json!({ "path": one.path, "kind": what, "value": with.filter(|_| !hidden) })
}

/// Whether an override writes a password, itself or somewhere in a fragment.
pub(super) fn holds_password(one: &Override) -> bool {
    let said = |text: &str| text.to_ascii_lowercase().contains("password");
    said(&one.path) || matches!(&one.replacement, Replacement::Fragment(xml) if said(xml))
}

/// The fields of a value that is written as an object.
pub(super) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}
