//! Phones.

use std::fmt;
use std::str::FromStr;

use super::layer::Layer;
use crate::mac::Mac;
use crate::models::Model;

/// A phone that offhook knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phone {
    /// Its address, which is its name: `SEP001122334455`.
    pub mac: Mac,
    /// What it is; `None` when it came by itself and nobody has said.
    pub model: Option<&'static Model>,
    /// What people call it.
    pub description: String,
    /// The site it stands at: the name of a group.
    pub site: Option<String>,
    /// The profile it takes after: the name of a group.
    pub profile: Option<String>,
    /// Whether it is served.
    pub state: State,
    /// Whatever the administrator wants to remember.
    pub notes: String,
    /// What it says for itself; wins over every other layer.
    pub layer: Layer,
}

/// Whether a phone is served.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum State {
    /// It gets its configuration.
    #[default]
    Active,
    /// It came by itself and waits to be claimed: it gets a configuration that says so.
    Waiting,
    /// It is kept on the list and gets nothing.
    Retired,
}

impl Phone {
    /// An active phone that says nothing for itself.
    #[must_use]
    pub fn new(mac: Mac, model: Option<&'static Model>) -> Self {
        Self {
            mac,
            model,
            description: String::new(),
            site: None,
            profile: None,
            state: State::default(),
            notes: String::new(),
            layer: Layer::default(),
        }
    }
}

impl State {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Active, Self::Waiting, Self::Retired];

    /// The word people write.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Waiting => "waiting",
            Self::Retired => "retired",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for State {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|state| state.word() == text);
        found.ok_or_else(|| format!("there is no state {text:?}; there are active, waiting and retired"))
    }
}
