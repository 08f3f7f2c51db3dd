//! Which keys a phone shows in each state of a call, and which features the phones without such keys offer.
//!
//! Both files carry a stamp. It is made from their content, so it changes exactly when they do.

use std::collections::BTreeMap;

use crate::catalogue;
use crate::inventory::SoftKeySet;
use crate::render::stamp;
use crate::xml::Writer;

/// Every soft key is defined, whether or not a state offers it, so that an administrator who starts from this file
/// only has to name it. Good for every series: a key that a model lacks governs its hardware key or is left out.
pub(crate) fn soft_keys(sets: &SoftKeySet) -> String {
    let mut writer = Writer::new("softKeyCfg", &[]);
    writer.text("versionStamp", stamp::PLACE).open("typeSoftKey", &[]);
    for key in catalogue::soft_keys() {
        writer.open("softKeyDef", &[("keyID", key.id)]);
        for (element, number) in ["tag", "eventID", "helpID"].into_iter().zip(key.numbers) {
            writer.text(element, number);
        }
        writer.close();
    }
    writer.close().open("softKeySets", &[]);
    let mut set = |state: &str, keys: &mut dyn Iterator<Item = &str>| {
        writer.open("softKeySet", &[("id", state)]);
        keys.for_each(|key| {
            writer.empty("softKey", &[("keyID", key)]);
        });
        writer.close();
    };
    for state in catalogue::call_states() {
        match sets.get(state.id) {
            Some(own) => set(state.id, &mut own.iter().map(String::as_str)),
            None => set(state.id, &mut state.offered.iter().copied()),
        }
    }
    let known = |state: &str| catalogue::call_states().iter().any(|known| known.id == state);
    for (state, keys) in sets.iter().filter(|(state, _)| !known(state)) {
        set(state, &mut keys.iter().map(String::as_str));
    }
    stamped(writer)
}

/// Every feature, allowed as told, or as the catalogue has it.
pub(crate) fn policy(features: &BTreeMap<String, bool>) -> String {
    let mut writer = Writer::new("featurePolicy", &[("name", "Feature Policy")]);
    writer.text("versionStamp", stamp::PLACE);
    let mut feature = |id: &str, name: &str, enabled: bool| {
        writer.open("featureDef", &[("name", name)]);
        writer.text("id", id).text("enable", if enabled { "true" } else { "false" });
        writer.close();
    };
    for known in catalogue::features() {
        feature(known.id, known.name, features.get(known.id).copied().unwrap_or(known.enabled));
    }
    let known = |id: &str| catalogue::features().iter().any(|feature| feature.id == id);
    for (id, enabled) in features.iter().filter(|(id, _)| !known(id)) {
        feature(id, "", *enabled);
    }
    stamped(writer)
}

fn stamped(writer: Writer) -> String {
    let mut document = writer.finish();
    stamp::put(&mut document);
    document
}
