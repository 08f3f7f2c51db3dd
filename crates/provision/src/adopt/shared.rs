//! What phones have in common: lines on several phones, values that a profile or a site can say once.

use std::collections::{BTreeMap, BTreeSet};

use super::read::Reading;
use crate::inventory::check::{registers, takes};
use crate::inventory::{Key, Layer, Line, Name, Number, Settings};

/// Settings that are a phone's or a line's own, even when a handful of phones happen to agree.
const OWN: [&str; 9] = [
    "label",
    "display_name",
    "auth_name",
    "auth_password",
    "contact",
    "line_name",
    "phone_label",
    "user_id",
    "owner_id",
];

/// Where settings stand that belong to a place rather than to what phones are for.
const OF_A_SITE: [&str; 5] = ["devicePool/", "userLocale/", "networkLocaleInfo/", "TVS/", "capfList/"];

/// Further settings of a place.
const ALSO_OF_A_SITE: [&str; 4] = ["firmware_server", "log_server", "proxy_server_url", "problem_report_url"];

/// The lines of all phones. What phones say differently about the same line stays with their keys.
pub(super) fn lines(readings: &mut [Reading]) -> BTreeMap<Number, Line> {
    let mut places: BTreeMap<Number, Vec<(usize, u16)>> = BTreeMap::new();
    for (index, reading) in readings.iter().enumerate() {
        for (button, read) in &reading.keys {
            if let Some(number) = &read.key.line {
                places.entry(number.clone()).or_default().push((index, *button));
            }
        }
    }
    let mut lines = BTreeMap::new();
    for (number, places) in places {
        let settings = agreed(readings, &places);
        for (index, button) in places {
            let read = readings[index].keys.get_mut(&button).expect("it was found there");
            let differs = |(name, word): &(Name, &str)| settings.get(*name) != Some(word);
            let own: Vec<_> =
                read.line.iter().filter(differs).map(|(name, word)| (name, word.to_owned())).collect();
            read.key.settings.extend(own);
        }
        lines.insert(number.clone(), Line { number, settings });
    }
    lines
}

/// What all keys of a line say alike.
fn agreed(readings: &[Reading], places: &[(usize, u16)]) -> Settings {
    let of = |(index, button): &(usize, u16)| &readings[*index].keys[button].line;
    let names: BTreeSet<Name> =
        places.iter().flat_map(|place| of(place).iter().map(|(name, _)| name)).collect();
    let agree = |name: Name| {
        let mut words = places.iter().map(|place| of(place).get(name));
        // Only the first line of a phone carries credentials, so a key without them does not contradict.
        if name.key().starts_with("auth_") {
            return words.find_map(|word| word).map(|word| (name, word.to_owned()));
        }
        let first = words.next()??;
        words.all(|word| word == Some(first)).then(|| (name, first.to_owned()))
    };
    names.into_iter().filter_map(agree).collect()
}

/// What all these phones say alike, taken away from them.
pub(super) fn common(readings: &mut [&mut Reading]) -> Layer {
    let mut layer = Layer::default();
    let Some((first, rest)) = readings.split_first() else { return layer };
    let alike = |name: Name, word: &str| rest.iter().all(|reading| reading.settings.get(name) == Some(word));
    let settings =
        first.settings.iter().filter(|(name, word)| !OWN.contains(&name.key()) && alike(*name, word));
    layer.settings = settings.map(|(name, word)| (name, word.to_owned())).collect();
    let key = |reading: &Reading, button: u16| -> Option<Key> {
        Some(reading.keys.get(&button)?.key.clone()).filter(|key| key.line.is_none())
    };
    for button in first.keys.keys() {
        let own = key(first, *button);
        if own.is_some() && rest.iter().all(|reading| key(reading, *button) == own) {
            layer.keys.insert(*button, own);
        }
    }
    for reading in readings {
        for (name, _) in layer.settings.iter() {
            reading.settings.unset(name);
        }
        reading.keys.retain(|button, _| !layer.keys.contains_key(button));
    }
    layer
}

/// What all lines of these phones say alike, taken away from the lines: the profile says it for all of them.
pub(super) fn common_of_lines(
    readings: &[&mut Reading],
    elsewhere: &BTreeSet<Number>,
    lines: &mut BTreeMap<Number, Line>,
) -> Settings {
    let keys: Vec<&Key> = readings
        .iter()
        .flat_map(|reading| reading.keys.values().map(|read| &read.key))
        .filter(|key| registers(key.feature))
        .collect();
    let numbers: BTreeSet<&Number> = keys.iter().filter_map(|key| key.line.as_ref()).collect();
    let Some(first) = numbers.first().and_then(|number| lines.get(*number)) else {
        return Settings::default();
    };
    let all_say = |(name, word): &(Name, &str)| {
        let of = |key: &&&Key| takes(key.feature, *name);
        !OWN.contains(&name.key())
            && keys.iter().filter(of).all(|key| {
                let line = key.line.as_ref().filter(|number| !elsewhere.contains(*number));
                let line = line.and_then(|number| lines.get(number));
                key.settings.get(*name).is_none()
                    && line.is_some_and(|line| line.settings.get(*name) == Some(word))
            })
    };
    let common: Settings =
        first.settings.iter().filter(all_say).map(|(name, word)| (name, word.to_owned())).collect();
    for number in numbers {
        let line = lines.get_mut(number).expect("every key has its line");
        for (name, _) in common.iter() {
            line.settings.unset(name);
        }
    }
    common
}

/// What belongs to the place where all these phones are, taken away from them.
pub(super) fn of_the_site(readings: &mut [Reading]) -> Settings {
    let Some((first, rest)) = readings.split_first() else { return Settings::default() };
    let local = |name: Name| {
        let path = name.setting().path;
        OF_A_SITE.iter().any(|start| path.starts_with(start))
            || path.ends_with("URL")
            || ALSO_OF_A_SITE.contains(&name.key())
    };
    let alike = |(name, word): &(Name, &str)| {
        local(*name) && rest.iter().all(|reading| reading.settings.get(*name) == Some(word))
    };
    let common: Settings =
        first.settings.iter().filter(alike).map(|(name, word)| (name, word.to_owned())).collect();
    for reading in readings {
        for (name, _) in common.iter() {
            reading.settings.unset(name);
        }
    }
    common
}
