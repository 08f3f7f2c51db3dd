//! How many keys there are: the phone's own, and those of its modules behind them.

use super::Origin;
use super::build::Builder;
use super::keys::Placed;
use crate::article::A;
use crate::models::{self, Model, Module};

/// Leaves out keys that the model can never have, and tells of keys that it does not have now.
pub(super) fn cut(builder: &mut Builder<'_>, keys: &mut Vec<Placed<'_>>) {
    let most = builder.sayings.model.map_or(316, |model| {
        // A count that nobody has proved keeps nothing out.
        if model.most_keys.sure { model.most_keys.value } else { u16::MAX }
    });
    let beyond = |placed: &&Placed<'_>| placed.button > most || placed.button == 0;
    tell(builder, keys.iter().filter(beyond), |name| {
        format!("more than the {most} buttons {} can have; left out", A(name))
    });
    keys.retain(|placed| !beyond(&placed));
    let Some(model) = builder.sayings.model else { return };
    let (own, modules) = (own(builder, model), modules(builder));
    let now = own + modules.iter().map(|(_, module)| module.keys).sum::<u16>();
    let advice = if model.keys_enhanced.is_some_and(|enhanced| enhanced > own) {
        "; line_mode = \"enhanced\" gives it more"
    } else if !model.modules.is_empty() {
        "; name its key modules by module_type"
    } else {
        ""
    };
    tell(builder, keys.iter().filter(|placed| placed.button > now), |name| {
        format!("more than the {now} buttons this {name} has{advice}")
    });
}

/// One note for all such keys of a layer.
fn tell<'k, 'a: 'k>(
    builder: &mut Builder<'_>,
    keys: impl Iterator<Item = &'k Placed<'a>>,
    text: impl Fn(&str) -> String,
) {
    let mut by_origin: Vec<(Origin, Vec<String>)> = Vec::new();
    for placed in keys {
        let button = placed.button.to_string();
        match by_origin.iter_mut().find(|(origin, _)| *origin == placed.origin) {
            Some((_, buttons)) => buttons.push(button),
            None => by_origin.push((placed.origin.clone(), vec![button])),
        }
    }
    let name = builder.sayings.model.map_or("phone", |model| model.name);
    for (origin, buttons) in by_origin {
        let (noun, verb) = if buttons.len() == 1 { ("button", "is") } else { ("buttons", "are") };
        builder.sayings.note(&origin, format!("{noun} {} {verb} {}", buttons.join(", "), text(name)));
    }
}

/// Keys on the phone itself, in the line mode it is told.
fn own(builder: &Builder<'_>, model: &Model) -> u16 {
    let enhanced = builder.sayings.of_key("line_mode").is_some_and(|said| said.code == "1");
    model.keys_enhanced.filter(|_| enhanced).unwrap_or(model.keys)
}

/// The modules it is told of, by their place.
fn modules(builder: &Builder<'_>) -> Vec<(u8, &'static Module)> {
    let types = builder.sayings.iter().filter(|(name, _)| name.key() == "module_type");
    let known = |code: &str| models::modules().iter().find(|module| module.name == code);
    types.filter_map(|(name, said)| Some((name.place(), known(&said.code)?))).collect()
}

/// Tells of modules that do not go together, or without something.
pub(super) fn look(builder: &mut Builder<'_>) {
    let Some(model) = builder.sayings.model else { return };
    let modules = modules(builder);
    let Some((_, first)) = modules.first().copied() else { return };
    let origin = builder.sayings.of_key("module_type").map_or(Origin::Phone, |said| said.origin.clone());
    let most = model.most_keys.value.saturating_sub(model.keys) / first.keys.max(1);
    let mut notes = Vec::new();
    if modules.len() > usize::from(most) {
        let sure = if model.most_keys.sure { "takes" } else { "probably takes" };
        notes.push(format!("{} {sure} {most} modules {}, not {}", A(model.name), first.name, modules.len()));
    }
    if let Some((_, other)) = modules.iter().find(|(_, module)| module.name != first.name) {
        notes.push(format!(
            "all modules of a phone are of one type, but there are {} and {}",
            first.name, other.name
        ));
    }
    for (place, module) in modules.iter().filter(|(_, module)| module.needs_load) {
        let firmware = crate::inventory::Name::new("module_firmware").map(|name| name.at(*place));
        let said = firmware.ok().and_then(|name| builder.sayings.get(name));
        if said.is_none_or(|said| said.code.is_empty()) {
            notes
                .push(format!("module {place}, {}, needs firmware named by module_firmware", A(module.name)));
        }
    }
    for note in notes {
        builder.sayings.note(&origin, note);
    }
}
