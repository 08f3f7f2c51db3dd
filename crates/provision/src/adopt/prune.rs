//! What need not be said, because offhook says it by itself: an adopted phone shall not carry a hundred usual values.

use std::collections::HashMap;

use super::read::Reading;
use crate::inventory::{Bundle, Line, Name, Phone};
use crate::render::{Origin, Surroundings, configuration};

/// Takes away what is rendered without being said, whatever the server's name is and whatever it offers.
pub(super) fn prune(reading: &mut Reading) {
    let bare = bundle(reading, false);
    let least = rendered(&bare, &Surroundings::default());
    let most = rendered(&bare, &everything());
    let (mut follows, mut usual) = (Vec::new(), Vec::new());
    for (place, word) in said(reading) {
        match (least.get(&place), most.get(&place)) {
            (Some(one), Some(other)) if one.origin == Origin::BuiltIn => {
                if one.value == word && other.value == word && other.origin == Origin::BuiltIn {
                    usual.push(place);
                }
            }
            // Those are looked at by themselves, below.
            (Some(_), _) if NAMES.contains(&place.1.key()) => {}
            (Some(_), _) => follows.push((place, word)),
            (None, _) => {}
        }
    }
    for place in usual {
        take(reading, place);
    }
    names(reading);
    // What follows from the rest need not be said if the rest makes it so.
    let mut without = reading.clone();
    for (place, _) in &follows {
        take(&mut without, *place);
    }
    let rest = bundle(&without, true);
    let (least, most) = (rendered(&rest, &Surroundings::default()), rendered(&rest, &everything()));
    for (place, word) in follows {
        let makes = |values: &Values| values.get(&place).is_some_and(|value| value.value == word);
        if makes(&least) && makes(&most) {
            take(reading, place);
        }
    }
    // What is rendered nowhere, because what it belongs to is missing, would only be a riddle. Credentials wait for the day on
    // which their line is the first.
    let values = rendered(&bundle(reading, true), &Surroundings::default());
    for (place, _) in said(reading) {
        if !values.contains_key(&place) && !NAMES.contains(&place.1.key()) {
            take(reading, place);
        }
    }
}

/// Settings of a line that follow from its number and from each other.
const NAMES: [&str; 4] = ["label", "display_name", "auth_name", "auth_password"];

/// A name on the phone, or on one of its keys.
type Spot = (Option<u16>, Name);

struct Value {
    value: String,
    origin: Origin,
}

type Values = HashMap<Spot, Value>;

/// A server that offers all there is, under a name that no file says.
pub(super) fn everything() -> Surroundings {
    let port = Some(1);
    Surroundings {
        server: "another.server.of.ours.invalid".to_owned(),
        services: port,
        secure_services: port,
        tvs: port,
        capf: port,
    }
}

/// The phone with its keys; with what is said, or with as little as its keys need.
fn bundle(reading: &Reading, said: bool) -> Bundle {
    let mut phone = Phone::new(reading.mac, Some(reading.model));
    let mut bundle = Bundle::new(phone.clone());
    for (button, read) in &reading.keys {
        let mut key = read.key.clone();
        if let Some(number) = &key.line {
            let settings = if said { read.line.clone() } else { crate::inventory::Settings::default() };
            bundle.lines.insert(number.clone(), Line { number: number.clone(), settings });
            if !said {
                key.settings = crate::inventory::Settings::default();
            }
        }
        phone.layer.keys.insert(*button, Some(key));
    }
    if said {
        phone.layer.settings = reading.settings.clone();
    }
    bundle.phone = phone;
    bundle
}

fn rendered(bundle: &Bundle, surroundings: &Surroundings) -> Values {
    let spot = |path: &str, name: Name| {
        let button = path.strip_prefix("sipProfile/sipLines/line[@button=");
        (button.and_then(|rest| rest.split(']').next()?.parse().ok()), name)
    };
    let rendered = configuration(bundle, surroundings);
    let known = rendered.values.iter().filter_map(|value| {
        let name = value.name?;
        Some((spot(value.path, name), Value { value: value.value.to_owned(), origin: value.origin.clone() }))
    });
    known.collect()
}

fn said(reading: &Reading) -> Vec<(Spot, String)> {
    let of_phone = reading.settings.iter().map(|(name, word)| ((None, name), word.to_owned()));
    let of_keys =
        reading.keys.iter().filter(|(_, read)| read.key.line.is_some()).flat_map(|(button, read)| {
            let all = read.line.iter().chain(read.key.settings.iter());
            all.map(|(name, word)| ((Some(*button), name), word.to_owned()))
        });
    of_phone.chain(of_keys).collect()
}

fn take(reading: &mut Reading, (button, name): Spot) {
    match button {
        None => drop(reading.settings.unset(name)),
        Some(button) => {
            if let Some(read) = reading.keys.get_mut(&button) {
                read.line.unset(name);
                read.key.settings.unset(name);
            }
        }
    }
}

/// Label, display name and user name follow from the number, and from each other.
fn names(reading: &mut Reading) {
    let named = |key: &str| Name::new(key).expect("the catalogue has what lines are called by");
    let [label, display, user, password] = NAMES.map(named);
    for read in reading.keys.values_mut() {
        let Some(number) = read.key.line.as_ref().map(ToString::to_string) else { continue };
        let shown = read.line.get(label).unwrap_or(&number).to_owned();
        let follows = [(display, shown), (label, number.clone()), (user, number), (password, String::new())];
        for (name, expected) in follows {
            if read.line.get(name) == Some(&expected) {
                read.line.unset(name);
            }
        }
    }
}
