//! Settings by name, as people write them: `web_access = "on"`.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::catalogue::{self, Setting, UnknownKey};

/// The name of a setting; where an element may stand several times, which of them: `sip_server`, `sip_server.2`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    key: &'static str,
    place: u8,
}

/// What is wrong with the name of a setting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The catalogue has none of that name.
    #[error(transparent)]
    Unknown(#[from] UnknownKey),
    /// A number behind the dot that no phone counts to.
    #[error("{0:?}: the number behind the dot says which of several, from 1 to 99: sip_server.2")]
    Place(String),
    /// A number behind the dot where there is only one.
    #[error("{0:?}: there is only one {key}, so it takes no number", key = .0.split('.').next().unwrap_or_default())]
    Single(String),
}

impl Name {
    /// The first (or only) one of that key.
    pub fn new(key: &str) -> Result<Self, NameError> {
        let setting = catalogue::setting(key)?;
        Ok(Self { key: setting.key.expect("found by its key"), place: 1 })
    }

    /// The same setting of another of several elements.
    #[must_use]
    pub fn at(self, place: u8) -> Self {
        Self { place, ..self }
    }

    /// The key in the catalogue: `sip_server`.
    #[must_use]
    pub fn key(self) -> &'static str {
        self.key
    }

    /// Which of several elements, from 1 on.
    #[must_use]
    pub fn place(self) -> u8 {
        self.place
    }

    /// What the catalogue knows about it.
    #[must_use]
    pub fn setting(self) -> &'static Setting {
        catalogue::setting(self.key).expect("a name is only made for a setting that is there")
    }

    /// It says something about a line or key, not about the phone as a whole.
    #[must_use]
    pub fn is_of_a_line(self) -> bool {
        self.setting().path.starts_with("sipProfile/sipLines/line[]")
    }
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let Some((key, place)) = text.split_once('.') else { return Self::new(text) };
        let name = Self::new(key)?;
        if name.is_of_a_line() || !name.setting().path.contains("[]") {
            return Err(NameError::Single(text.to_owned()));
        }
        match place.parse() {
            Ok(place @ 1..=99) => Ok(name.at(place)),
            _ => Err(NameError::Place(text.to_owned())),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key)?;
        if self.place > 1 { write!(f, ".{}", self.place) } else { Ok(()) }
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Settings and their values by clear words. Passwords are kept like any other, and never printed by `Debug`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Settings(BTreeMap<Name, String>);

impl Settings {
    /// What is written for that setting.
    #[must_use]
    pub fn get(&self, name: Name) -> Option<&str> {
        self.0.get(&name).map(String::as_str)
    }

    /// As [`Settings::get`], by the key in the catalogue.
    #[must_use]
    pub fn of(&self, key: &str) -> Option<&str> {
        self.get(Name::new(key).ok()?)
    }

    /// Writes a value; gives back what stood there.
    pub fn set(&mut self, name: Name, value: impl Into<String>) -> Option<String> {
        self.0.insert(name, value.into())
    }

    /// Takes a value away; gives back what stood there.
    pub fn unset(&mut self, name: Name) -> Option<String> {
        self.0.remove(&name)
    }

    /// Nothing is written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many are written.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (Name, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// Only what may be shown to anybody: without passwords.
    #[must_use]
    pub fn without_secrets(&self) -> Self {
        self.iter()
            .filter(|(name, _)| !name.setting().is_secret())
            .map(|(name, value)| (name, value.to_owned()))
            .collect()
    }
}

impl FromIterator<(Name, String)> for Settings {
    fn from_iter<I: IntoIterator<Item = (Name, String)>>(items: I) -> Self {
        Self(items.into_iter().collect())
    }
}

impl Extend<(Name, String)> for Settings {
    fn extend<I: IntoIterator<Item = (Name, String)>>(&mut self, items: I) {
        self.0.extend(items);
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |(name, value): (Name, &str)| {
            (name, if name.setting().is_secret() { "…".to_owned() } else { value.to_owned() })
        };
        f.debug_map().entries(self.iter().map(shown)).finish()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn names_say_which_of_several() {
        let second: Name = "sip_server.2".parse().unwrap();
        assert_eq!(
            (second.key(), second.place(), second.to_string()),
            ("sip_server", 2, "sip_server.2".into())
        );
        assert_eq!("sip_server.1".parse::<Name>().unwrap().to_string(), "sip_server");
        assert_eq!("web_access.2".parse::<Name>(), Err(NameError::Single("web_access.2".into())));
        assert_eq!("sip_server.0".parse::<Name>(), Err(NameError::Place("sip_server.0".into())));
        assert!("web_acess".parse::<Name>().unwrap_err().to_string().contains("web_access"));
    }

    #[test]
    fn passwords_are_not_printed() {
        let mut settings = Settings::default();
        settings.set(Name::new("auth_password").unwrap(), "1234");
        settings.set(Name::new("web_access").unwrap(), "on");
        assert_eq!(format!("{settings:?}"), r#"{auth_password: "…", web_access: "on"}"#);
        assert_eq!(settings.without_secrets().len(), 1);
    }
}
