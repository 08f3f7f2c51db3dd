//! What a phone is beside its settings: description, model, site, profile, state, notes.

use provision::catalogue::nearest;
use provision::inventory::{GroupKind, Phone, State};

use super::{Editor, Error, Result, model};

/// Names that stand beside those of settings in `KEY=VALUE`.
pub const FIELDS: [&str; 6] = ["description", "model", "site", "profile", "state", "notes"];

/// A description is one line of a list; notes are as long as a page.
const LONGEST: [(&str, usize); 2] = [("description", 250), ("notes", 10_000)];

impl Editor {
    /// Writes one field. An empty site or profile is none.
    pub async fn set_field(&self, phone: &mut Phone, field: &str, value: &str) -> Result<()> {
        let whose = phone.mac.device_name();
        match field {
            "description" => phone.description = plain(&whose, field, value)?,
            "notes" => phone.notes = plain(&whose, field, value)?,
            "model" => phone.model = Some(model(value)?),
            "site" => phone.site = self.group_name(GroupKind::Site, value).await?,
            "profile" => phone.profile = self.group_name(GroupKind::Profile, value).await?,
            "state" => phone.state = state(&whose, value)?,
            _ => {}
        }
        Ok(())
    }

    async fn group_name(&self, kind: GroupKind, name: &str) -> Result<Option<String>> {
        if name.is_empty() { Ok(None) } else { Ok(Some(self.group(kind, name).await?.name)) }
    }
}

/// A text that a list can show.
pub fn plain(whose: &str, field: &str, value: &str) -> Result<String> {
    let most = LONGEST.iter().find(|(name, _)| *name == field).map_or(250, |(_, most)| *most);
    let strange = value.chars().any(|c| c.is_control() && !(field == "notes" && matches!(c, '\n' | '\t')));
    let length = value.chars().count();
    if strange {
        return Err(Error::wrong(field, format!("{whose}: {field} cannot have control characters")));
    }
    if length > most {
        let text = format!("{whose}: {field} has {length} characters, allowed are {most}");
        return Err(Error::wrong(field, text));
    }
    Ok(value.to_owned())
}

fn state(whose: &str, value: &str) -> Result<State> {
    value.parse().map_err(|error| {
        let near = nearest(value, State::ALL.map(State::word));
        let near = near.map(|word| format!("; perhaps {word}")).unwrap_or_default();
        Error::wrong("state", format!("{whose}: {error}{near}"))
    })
}
