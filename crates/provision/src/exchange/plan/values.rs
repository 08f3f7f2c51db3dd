//! Values of settings, as people and programs write them.

use crate::catalogue::Kind;
use crate::inventory::{Name, check_setting};
use crate::models::Model;

/// The value as it is kept; an error that says what is allowed, and no secret.
pub(super) fn checked(name: Name, value: &str, model: Option<&Model>) -> Result<String, String> {
    let value = usual(name, value);
    match check_setting(name, &value, model) {
        Ok(()) => Ok(value),
        Err(error) => Err(error.to_string()),
    }
}

/// `ON`, `yes` and `true` are `on` where there is such a word.
fn usual(name: Name, value: &str) -> String {
    let setting = name.setting();
    if !matches!(setting.kind, Kind::Switch | Kind::Choice) {
        return value.to_owned();
    }
    let words = || setting.values_in(None).flat_map(|values| values.words.iter().map(|word| word.word));
    let known = |wanted: &str| words().find(|word| word.eq_ignore_ascii_case(wanted));
    let meant = match value.to_ascii_lowercase().as_str() {
        "true" | "yes" => known("on"),
        "false" | "no" => known("off"),
        _ => None,
    };
    known(value).or(meant).unwrap_or(value).to_owned()
}
