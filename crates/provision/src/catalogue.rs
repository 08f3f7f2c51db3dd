//! The catalogue: what is known about settings, keys, soft keys, call states, features and time zones.
//!
//! Facts are rows of the tables in `catalogue/`, not code; a row that cannot be read is a fault found by the tests, not
//! by a user. One catalogue drives rendering, checking, the commands and the reference pages. Models are in
//! [`crate::models`].

mod keys;
mod pages;
mod setting;
mod table;
mod value;
mod zones;

pub use keys::{
    CallState, Feature, LineFeature, SoftKey, call_states, features, line_feature, line_features, soft_keys,
};
pub use pages::{keys_page, models_page, settings_page};
pub use setting::{
    Applies, Code, Kind, Limits, Setting, UnknownKey, Values, Word, by_path, own_settings, read, render,
    setting, settings,
};
pub use table::Fact;
pub(crate) use table::{Row, Table, items};
pub use value::{Problem, Reading, ValueError};
pub use zones::{Zone, zone_for, zone_named, zones};

use std::fmt;

/// How sure a fact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Certainty {
    /// Documented, or seen by many.
    Sure,
    /// Somebody saw it once.
    OneReport,
    /// Nobody has proved it.
    Guess,
}

impl Certainty {
    pub(crate) fn read(cell: &str) -> Self {
        match cell {
            "sure" => Self::Sure,
            "one report" | "likely" | "partly" => Self::OneReport,
            _ => Self::Guess,
        }
    }
}

impl fmt::Display for Certainty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sure => "sure",
            Self::OneReport => "one report",
            Self::Guess => "guess",
        })
    }
}

/// The candidate most like `typed`, if any is like it at all. Letter case does not count.
pub fn nearest<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Longer texts are no slip of the finger, and comparing them would cost more than it tells.
    if typed.len() > 100 {
        return None;
    }
    let typed = typed.to_lowercase();
    let scored =
        candidates.into_iter().map(|name| (strsim::jaro_winkler(&typed, &name.to_lowercase()), name));
    let (score, name) = scored.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (score > 0.85).then_some(name)
}
