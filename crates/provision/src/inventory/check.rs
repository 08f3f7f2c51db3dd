//! Whether what people write can be rendered: asked by commands and imports before anything is kept, and by rendering, which
//! leaves out what cannot.

use super::{Key, Name};
use crate::article::A;
use crate::catalogue::{Kind, LineFeature, Problem, Setting, ValueError};
use crate::models::Model;

/// What is wrong with a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The model has no such button.
    #[error("{} has no button {button}; it has {most}{}", A(model), if *modules { ", key modules included" } else { "" })]
    Button {
        /// The button.
        button: u16,
        /// The model.
        model: &'static str,
        /// The most it can have.
        most: u16,
        /// Whether modules are among them.
        modules: bool,
    },
    /// The model does not know the feature.
    #[error("button {button}: {} has no key {feature}; it is for {applies}", A(model))]
    Feature {
        /// The button.
        button: u16,
        /// The feature.
        feature: &'static str,
        /// The model.
        model: &'static str,
        /// Phones that know it.
        applies: String,
    },
    /// Something that the feature cannot be without.
    #[error("button {button}: a key {feature} needs {needs}")]
    Incomplete {
        /// The button.
        button: u16,
        /// The feature.
        feature: &'static str,
        /// What it needs.
        needs: String,
    },
    /// A setting that means nothing to the feature.
    #[error("button {button}: a key {feature} has no setting {name}; it has {allowed}")]
    Setting {
        /// The button.
        button: u16,
        /// The feature.
        feature: &'static str,
        /// The setting.
        name: Name,
        /// Those it has.
        allowed: String,
    },
    /// A line where there is none to be.
    #[error("button {button}: a key {feature} belongs to no line")]
    Line {
        /// The button.
        button: u16,
        /// The feature.
        feature: &'static str,
    },
    /// The value of a setting.
    #[error("button {button}: {problem}")]
    Value {
        /// The button.
        button: u16,
        /// What is wrong.
        problem: ValueError,
    },
}

/// Elements of a key that are not written as settings: they follow from the button, the feature and the line.
const FOLLOWING: [&str; 2] = ["button", "feature"];

/// Whether a phone of that model (or any, when the model is not known) can be told so.
///
/// # Errors
/// In a sentence that names the setting and what is allowed.
pub fn check_setting(name: Name, value: &str, model: Option<&Model>) -> Result<(), ValueError> {
    code(name.setting(), value, model).map(|_| ())
}

/// Whether a button of a phone of that model (or of any) can do that. Limits of a model that nobody has proved refuse nothing.
///
/// # Errors
/// In a sentence that names the button, what is wrong and what is allowed.
pub fn check_key(button: u16, key: &Key, model: Option<&Model>) -> Result<(), KeyError> {
    let feature = key.feature;
    if let Some(model) = model {
        button_of(button, model)?;
        if !feature.applies.to(model) {
            let (feature, applies) = (feature.key, feature.applies.to_string());
            return Err(KeyError::Feature { button, feature, model: model.name, applies });
        }
    }
    if button == 0 {
        let needs = "a button from 1 on".to_owned();
        return Err(KeyError::Incomplete { button, feature: feature.key, needs });
    }
    match (&key.line, registers(feature)) {
        (None, true) => {
            let needs = "a line".to_owned();
            return Err(KeyError::Incomplete { button, feature: feature.key, needs });
        }
        (Some(_), false) => return Err(KeyError::Line { button, feature: feature.key }),
        _ => {}
    }
    if let Some(missing) = needs(feature).find(|key_of| key.settings.of(key_of).is_none_or(str::is_empty)) {
        return Err(KeyError::Incomplete { button, feature: feature.key, needs: missing.to_owned() });
    }
    for (name, value) in key.settings.iter() {
        if !takes(feature, name) {
            let allowed: Vec<_> = settings_of(feature).collect();
            let allowed = if allowed.is_empty() { "none".to_owned() } else { allowed.join(", ") };
            return Err(KeyError::Setting { button, feature: feature.key, name, allowed });
        }
        check_setting(name, value, model).map_err(|problem| KeyError::Value { button, problem })?;
    }
    Ok(())
}

fn button_of(button: u16, model: &Model) -> Result<(), KeyError> {
    if model.most_keys.sure && button > model.most_keys.value {
        let (most, modules) = (model.most_keys.value, !model.modules.is_empty());
        return Err(KeyError::Button { button, model: model.name, most, modules });
    }
    Ok(())
}

/// The code for what a person wrote, if phones of that model know the setting and the value. Without a model, what every series
/// writes alike.
pub(crate) fn code(
    setting: &'static Setting,
    value: &str,
    model: Option<&Model>,
) -> Result<String, ValueError> {
    let key = setting.key.unwrap_or(setting.path);
    // Blanks around a text are never meant, unless it is a password.
    let value = if setting.is_secret() { value } else { value.trim() };
    let shown = || if setting.is_secret() { "…".to_owned() } else { value.to_owned() };
    let Some(model) = model else {
        let refused = |problem| ValueError::Any { key, value: shown(), problem };
        return setting.code(value, None).map_err(refused);
    };
    if !setting.applies.to(model) {
        return Err(ValueError::Model { key, model: model.name, applies: setting.applies.to_string() });
    }
    let refused = |problem| ValueError::Value { key, model: model.name, value: shown(), problem };
    let code = setting.code_on(value, model).map_err(refused)?;
    if key == "module_type" && !model.modules.iter().any(|module| module.value == code) {
        let names: Vec<_> = model.modules.iter().map(|module| module.value).collect();
        return Err(refused(Problem::Unknown { allowed: names.join(", ") }));
    }
    Ok(code)
}

/// Whether phones of different series write the same word differently.
pub(crate) fn differs_by_series(setting: &Setting) -> bool {
    matches!(setting.kind, Kind::Switch | Kind::Choice) && setting.values_in(None).count() > 1
}

/// The key registers a line.
pub(crate) fn registers(feature: &LineFeature) -> bool {
    feature.required.contains(&"@lineIndex")
}

/// Where a setting of a key stands, from its `<line>` on.
pub(crate) fn in_line(setting: &Setting) -> Option<&'static str> {
    setting.path.strip_prefix("sipProfile/sipLines/line[]/")
}

/// Whether keys of that feature have the element at that place; `first` is asked for the first line of the phone.
pub(crate) fn has(feature: &LineFeature, place: &str, first: bool) -> bool {
    let above = place.split('/').next().unwrap_or(place);
    let lists = |list: &[&str]| list.iter().any(|own| *own == place || *own == above);
    lists(&feature.required) || lists(&feature.optional) || first && lists(&feature.first_line)
}

/// Whether a setting means something to keys of that feature.
pub(crate) fn takes(feature: &LineFeature, name: Name) -> bool {
    let setting = name.setting();
    !FOLLOWING.contains(&name.key()) && in_line(setting).is_some_and(|place| has(feature, place, true))
}

/// What such a key must be told, by key of the catalogue: what does not follow from the line or has a default.
pub(crate) fn needs(feature: &'static LineFeature) -> impl Iterator<Item = &'static str> {
    const TOLD: [&str; 4] = ["speedDialNumber", "speedDialIndex", "serviceURI", "secureServiceURI"];
    let required = feature.required.iter().filter(|place| TOLD.contains(place));
    required.filter_map(|place| crate::catalogue::by_path(&format!("sipProfile/sipLines/line/{place}"))?.key)
}

/// The settings of such a key, by key of the catalogue.
fn settings_of(feature: &LineFeature) -> impl Iterator<Item = &'static str> {
    crate::catalogue::settings()
        .iter()
        .filter_map(|setting| setting.key)
        .filter(|key| Name::new(key).is_ok_and(|name| takes(feature, name)))
}
