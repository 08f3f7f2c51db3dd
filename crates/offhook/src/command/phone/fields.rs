//! What a phone is beside its settings: description, model, site, profile, state, notes.

use provision::catalogue::nearest;
use provision::inventory::{GroupKind, Phone, State};

use crate::command::stock::Stock;
use crate::command::values::Assignment;
use crate::command::{WrongUse, catalogue};

/// Names that stand beside those of settings in `KEY=VALUE`.
pub(super) const FIELDS: [&str; 6] = ["description", "model", "site", "profile", "state", "notes"];

/// A description is one line of a list; notes are as long as a page.
const LONGEST: [(&str, usize); 2] = [("description", 250), ("notes", 10_000)];

/// Divides what was written into fields of the phone and settings.
pub(super) fn divide(written: Vec<Assignment>) -> (Vec<Assignment>, Vec<Assignment>) {
    written.into_iter().partition(|assignment| FIELDS.contains(&assignment.key.as_str()))
}

/// Writes one field. An empty site or profile is none.
pub(super) fn set(phone: &mut Phone, field: &str, value: &str, stock: &Stock) -> anyhow::Result<()> {
    let whose = phone.mac.device_name();
    match field {
        "description" | "notes" => {
            let text = plain(&whose, field, value)?;
            if field == "notes" { phone.notes = text } else { phone.description = text }
        }
        "model" => phone.model = Some(catalogue::model(value)?),
        "site" => phone.site = group(GroupKind::Site, value, stock)?,
        "profile" => phone.profile = group(GroupKind::Profile, value, stock)?,
        "state" => phone.state = state(&whose, value)?,
        _ => {}
    }
    Ok(())
}

/// A text that a list can show.
pub(in crate::command) fn plain(whose: &str, field: &str, value: &str) -> Result<String, WrongUse> {
    let most = LONGEST.iter().find(|(name, _)| *name == field).map_or(250, |(_, most)| *most);
    let strange = value.chars().any(|c| c.is_control() && !(field == "notes" && matches!(c, '\n' | '\t')));
    let length = value.chars().count();
    if strange {
        return Err(WrongUse(format!("{whose}: {field} cannot have control characters")));
    }
    if length > most {
        return Err(WrongUse(format!("{whose}: {field} has {length} characters, allowed are {most}")));
    }
    Ok(value.to_owned())
}

fn group(kind: GroupKind, name: &str, stock: &Stock) -> anyhow::Result<Option<String>> {
    if name.is_empty() { Ok(None) } else { Ok(Some(stock.group(kind, name)?.name)) }
}

fn state(whose: &str, value: &str) -> Result<State, WrongUse> {
    value.parse().map_err(|error| {
        let near = nearest(value, State::ALL.map(State::word));
        let near = near.map(|word| format!("; perhaps {word}")).unwrap_or_default();
        WrongUse(format!("{whose}: {error}{near}"))
    })
}
