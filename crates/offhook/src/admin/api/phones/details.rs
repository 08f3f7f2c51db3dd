//! What a phone that is added or claimed shall be, and what became of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::problem::Problem;
use super::super::view::{PhoneView, assignments};
use crate::edit::{self, Assignment, NewPhone, Placed, Placement, Wanted};

/// What a phone that is added or claimed shall be.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(in super::super) struct PhoneDetails {
    /// What it is.
    #[schema(example = "8845")]
    pub(super) model: Option<String>,
    /// What people call it.
    description: Option<String>,
    /// The profile it takes after.
    profile: Option<String>,
    /// The site it stands at.
    site: Option<String>,
    /// Whatever is to be remembered.
    notes: Option<String>,
    /// Settings by clear words; `/catalogue/settings` lists them.
    #[serde(default)]
    settings: BTreeMap<String, String>,
    /// Lines it has, on its first free keys. A new one without a password gets one that is made up and told once.
    #[serde(default)]
    lines: Vec<LineToPlace>,
}

/// A line for a new phone.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LineToPlace {
    /// Its number or name.
    #[schema(example = "1001")]
    number: String,
    /// Its password; of a line that is there, the one it has.
    #[schema(format = Password, write_only)]
    password: Option<Hidden>,
    /// What stands beside its key.
    label: Option<String>,
}

/// A text that is never printed.
#[derive(Clone, Deserialize, ToSchema)]
#[schema(value_type = String)]
pub(in super::super) struct Hidden(pub(in super::super) String);

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

impl PhoneDetails {
    pub(in super::super) fn new_phone(self) -> Result<NewPhone, Problem> {
        let fields = [
            ("description", self.description),
            ("notes", self.notes),
            ("profile", self.profile),
            ("site", self.site),
        ];
        let fields = fields.into_iter().filter_map(|(key, value)| Some(Assignment::new(key, value?)));
        let settings = without_fields(assignments(self.settings))?;
        let mut lines = Vec::new();
        for (place, line) in self.lines.into_iter().enumerate() {
            let refused = |error: provision::inventory::NumberError| {
                Problem::field(&format!("lines/{place}/number"), error.to_string())
            };
            let number = line.number.parse().map_err(refused)?;
            lines.push(Wanted { number, password: line.password.map(|hidden| hidden.0), label: line.label });
        }
        Ok(NewPhone {
            model: self.model.as_deref().map(edit::model).transpose()?,
            assignments: fields.chain(settings).collect(),
            lines,
        })
    }
}

/// A field of a phone is no setting, even where the command line writes both alike.
pub(super) fn without_fields(settings: Vec<Assignment>) -> Result<Vec<Assignment>, Problem> {
    match settings.iter().find(|one| edit::FIELDS.contains(&one.key.as_str())) {
        Some(one) => Err(not_a_setting(&one.key)),
        None => Ok(settings),
    }
}

pub(super) fn not_a_setting(key: &str) -> Problem {
    Problem::field(&format!("settings/{key}"), format!("{key} is no setting: it stands beside settings"))
}

/// A phone that was added or claimed.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct PlacedPhone {
    #[serde(flatten)]
    phone: PhoneView,
    /// What became of the lines.
    placed: Vec<PlacedLine>,
}

/// What became of a line.
#[derive(Debug, Serialize, ToSchema)]
struct PlacedLine {
    /// The button it is on.
    button: u16,
    /// The line.
    line: String,
    /// Whether it is a new line.
    new: bool,
    /// Only when it was made up: nobody else knows it yet, and it is told only now.
    #[serde(skip_serializing_if = "Option::is_none")]
    made_up_password: Option<String>,
}

impl PlacedPhone {
    pub(in super::super) fn new(placement: Placement) -> Self {
        let line = |Placed { button, line, new, made_up_password }| PlacedLine {
            button,
            line: line.to_string(),
            new,
            made_up_password,
        };
        let phone = PhoneView::new(&placement.phone);
        Self { phone, placed: placement.placed.into_iter().map(line).collect() }
    }
}
