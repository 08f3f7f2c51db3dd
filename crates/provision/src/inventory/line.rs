//! Lines: a number that registers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::settings::Settings;

/// A line, on as many phones as have a key for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The number, which is its name.
    pub number: Number,
    /// Display name, label, credentials, voicemail, rings, calls: the line settings of the catalogue.
    pub settings: Settings,
}

/// The number or user part that a line registers with: `1001`, `alice`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Number(String);

/// It cannot be the number of a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} cannot be the number of a line: 1 to 30 letters, digits and . - _ + * # are what phones and PBXs agree on"
)]
pub struct NumberError(String);

impl Line {
    /// A line that says nothing but its number.
    #[must_use]
    pub fn new(number: Number) -> Self {
        Self { number, settings: Settings::default() }
    }
}

impl Number {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Number {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, NumberError> {
        // line[]/name takes 30 characters.
        let good = |c: char| c.is_ascii_alphanumeric() || "._-+*#".contains(c);
        if text.is_empty() || text.len() > 30 || !text.chars().all(good) {
            return Err(NumberError(text.chars().take(40).collect()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for Number {
    type Error = NumberError;

    fn try_from(text: String) -> Result<Self, NumberError> {
        text.parse()
    }
}

impl From<Number> for String {
    fn from(number: Number) -> Self {
        number.0
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
