//! Which model a configuration is for. It never says so; its firmware and its keys give hints.

use crate::models::{self, Model};
use crate::tree::Element;

/// What a configuration tells about the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// Only this model fits.
    One(&'static Model),
    /// These fit; somebody has to say which.
    Several(Vec<&'static Model>),
    /// Nothing is told.
    Nothing,
}

/// The model that a configuration is for, as far as its firmware, its keys and its key modules tell.
#[must_use]
pub fn model_of(root: &Element) -> Told {
    let load = root.text_of("loadInformation");
    let family = family(load);
    if family.is_empty() {
        return Told::Nothing;
    }
    let runs =
        |model: &&Model| model.loads.iter().any(|load| self::family(load).eq_ignore_ascii_case(family));
    let fitting: Vec<&'static Model> =
        models::all().iter().filter(runs).filter(|model| takes(model, root)).collect();
    match fitting[..] {
        [] => Told::Nothing,
        [only] => Told::One(only),
        _ => Told::Several(fitting),
    }
}

/// What stands before the version: `sip88xx` of `sip88xx.12-5-1SR3-74`.
fn family(load: &str) -> &str {
    load.split(['.', ' ']).next().unwrap_or_default()
}

/// Whether the model has the keys and takes the modules that the configuration speaks of.
fn takes(model: &Model, root: &Element) -> bool {
    let lines = root.find("sipProfile/sipLines");
    let buttons =
        lines.into_iter().flat_map(|lines| lines.all("line")).filter_map(|line| line.attribute("button"));
    let highest = buttons.filter_map(|button| button.trim().parse::<u16>().ok()).max().unwrap_or(0);
    let modules = root.child("addOnModules").into_iter().flat_map(|list| list.all("addOnModule"));
    let kinds: Vec<&str> =
        modules.map(|module| module.text_of("deviceType")).filter(|kind| !kind.is_empty()).collect();
    let own = model.keys_enhanced.unwrap_or(model.keys).max(model.keys);
    let most = if kinds.is_empty() { own } else { model.most_keys.value.max(own) };
    highest <= most && kinds.iter().all(|kind| model.modules.iter().any(|module| module.value == *kind))
}
