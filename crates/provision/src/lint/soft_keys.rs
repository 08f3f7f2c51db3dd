//! Soft key files, and the feature policies that some models read instead.

use std::collections::HashSet;

use super::finding::Findings;
use super::shape::{self, Shape};
use super::tree::{Element, Tree};
use crate::article::A;
use crate::catalogue::{CallState, Certainty, call_states, features, nearest, soft_keys};

const SOFT_KEYS: &[Shape] = &[
    ("softKeyCfg", &["versionStamp", "typeSoftKey", "softKeySets"], &[], false),
    ("versionStamp", &[], &[], true),
    ("typeSoftKey", &["softKeyDef"], &[], false),
    ("softKeyDef", &["tag", "eventID", "helpID"], &["keyID"], false),
    ("tag", &[], &[], true),
    ("eventID", &[], &[], true),
    ("helpID", &[], &[], true),
    ("softKeySets", &["softKeySet"], &[], false),
    ("softKeySet", &["softKey"], &["id"], false),
    ("softKey", &[], &["keyID"], false),
];

const POLICY: &[Shape] = &[
    ("featurePolicy", &["versionStamp", "featureDef"], &["name"], false),
    ("versionStamp", &[], &[], true),
    ("featureDef", &["id", "enable"], &["name"], false),
    ("id", &[], &[], true),
    ("enable", &[], &[], true),
];

/// Keys in a state, by the documentation.
const MOST_KEYS: usize = 16;

pub(super) fn look(tree: &Tree, findings: &mut Findings<'_>) {
    shape::look(tree, SOFT_KEYS, findings);
    let mut defined = HashSet::new();
    for definition in tree.find("typeSoftKey").into_iter().flat_map(|list| tree.children(list)) {
        let Some(id) = definition.attribute("keyID") else {
            if definition.name == "softKeyDef" {
                findings.add("softkey-unknown", definition.at, "a softKeyDef without keyID");
            }
            continue;
        };
        if !defined.insert(id.value.as_str()) {
            findings.add("softkey-duplicate", id.at, format!("{} is defined twice", id.value));
        }
        one(tree, definition, &id.value, id.at, findings);
    }
    let mut states = HashSet::new();
    for set in tree.find("softKeySets").into_iter().flat_map(|list| tree.children(list)) {
        let Some(id) = set.attribute("id") else { continue };
        if !states.insert(id.value.as_str()) {
            findings.add("softkey-duplicate", id.at, format!("the state {} is there twice", id.value));
        }
        match call_states().iter().find(|state| state.id == id.value) {
            Some(state) => state_set(tree, set, state, &defined, findings),
            None => {
                let nearest = nearest(&id.value, call_states().iter().map(|state| state.id));
                let fix = nearest.map(|name| format!("Write {name}"));
                findings
                    .add("softkey-state", id.at, format!("phones know no call state {}", id.value))
                    .fix(fix);
            }
        }
    }
}

/// `Null` is another name for an empty place.
fn is_empty_place(id: &str) -> bool {
    matches!(id, "Undefined" | "Null")
}

fn unknown(id: &str, at: usize, findings: &mut Findings<'_>) {
    let nearest = nearest(id, soft_keys().iter().map(|key| key.id));
    let fix = nearest.map(|name| format!("Write {name}"));
    findings.add("softkey-unknown", at, format!("phones know no soft key {id}")).fix(fix);
}

fn one(tree: &Tree, definition: &Element, id: &str, at: usize, findings: &mut Findings<'_>) {
    let name = if id == "Null" { "Undefined" } else { id };
    let Some(key) = soft_keys().iter().find(|key| key.id == name) else { return unknown(id, at, findings) };
    for (element, number) in ["tag", "eventID", "helpID"].into_iter().zip(key.numbers) {
        let child = tree.child(definition, element);
        let found = child.map(Element::value).unwrap_or_default();
        if found != number {
            let at = child.map_or(definition.at, |child| child.at);
            let message = format!("{element} of {id} is {number}, not {found:?}");
            findings.add("softkey-numbers", at, message).fix(Some(format!("Write {number}")));
        }
    }
}

fn state_set(
    tree: &Tree,
    set: &Element,
    state: &CallState,
    defined: &HashSet<&str>,
    findings: &mut Findings<'_>,
) {
    let mut keys = HashSet::new();
    for (place, element) in tree.children(set).filter(|child| child.name == "softKey").enumerate() {
        let Some(id) = element.attribute("keyID") else {
            findings.add("softkey-unknown", element.at, "a softKey without keyID");
            continue;
        };
        let name = id.value.as_str();
        if place == MOST_KEYS {
            findings.add(
                "softkey-too-many",
                element.at,
                format!("{} has more than {MOST_KEYS} keys", state.id),
            );
        }
        if is_empty_place(name) {
            continue;
        }
        if !keys.insert(name) {
            findings.add("softkey-duplicate", id.at, format!("{name} is in {} twice", state.id));
        } else if !soft_keys().iter().any(|key| key.id == name) {
            unknown(name, id.at, findings);
        } else if !state.valid.contains(&name) {
            let certainty = if state.seen.contains(&name) { Certainty::Guess } else { Certainty::Sure };
            let fix = Some(format!("Take it out; allowed are {}", state.valid.join(", ")));
            findings
                .add("softkey-not-allowed", id.at, format!("{} cannot have {name}", state.id))
                .certain(certainty)
                .fix(fix);
        } else if !defined.contains(name) {
            findings.add("softkey-undefined", id.at, format!("{name} has no softKeyDef"));
        }
    }
    for key in state.mandatory.iter().filter(|key| !keys.contains(*key)) {
        let fix = Some(format!("Add <softKey keyID=\"{}\"/>", key.replace('<', "&lt;")));
        findings.add("softkey-missing", set.at, format!("{} must have {key}", state.id)).fix(fix);
    }
}

pub(super) fn policy(tree: &Tree, findings: &mut Findings<'_>) {
    shape::look(tree, POLICY, findings);
    if let Some(model) = findings.model.filter(|model| !model.key_policy.starts_with("feature_policy")) {
        let message = format!("{} reads soft keys, not a feature policy", A(model.name));
        findings.add("policy-model", tree.root().at, message);
    }
    let mut seen = HashSet::new();
    for definition in tree.children(tree.root()).filter(|child| child.name == "featureDef") {
        let text = |name| tree.child(definition, name).map(Element::value).unwrap_or_default();
        let name = definition.attribute("name").map(|name| name.value.as_str()).unwrap_or_default();
        let id = text("id");
        if !seen.insert(id) {
            findings.add("policy-duplicate", definition.at, format!("feature {id} is there twice"));
        }
        let by_id = features().iter().find(|feature| feature.id == id);
        if by_id.is_none_or(|feature| feature.name != name) {
            let by_name = features().iter().find(|feature| feature.name == name);
            let fix = by_id.or(by_name).map(|feature| format!("Feature {} is {}", feature.id, feature.name));
            findings
                .add("policy-feature", definition.at, format!("feature {id:?} is not called {name:?}"))
                .fix(fix);
        }
        if !matches!(text("enable"), "true" | "false") {
            findings.add(
                "policy-enable",
                definition.at,
                format!("enable of {name:?} is {:?}", text("enable")),
            );
        }
    }
}
