//! Layers: what a site, a series, a profile or a phone says.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::key::Key;
use super::settings::Settings;

/// What one layer says. A setting of a line in a layer holds for every line of its phones.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Layer {
    /// Values by clear words.
    #[serde(skip_serializing_if = "Settings::is_empty")]
    pub settings: Settings,
    /// What buttons do, by their number; `None` leaves a button empty that an earlier layer fills.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub keys: BTreeMap<u16, Option<Key>>,
    /// What stands in the document in spite of everything else, in the order it is applied.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<Override>,
}

/// A layer of its own for several phones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Which layer.
    pub kind: GroupKind,
    /// Its name; for a series the series: `8800`.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What it says.
    pub layer: Layer,
}

/// The layers that several phones share, in the order in which they win: the later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GroupKind {
    /// Where phones stand.
    Site,
    /// All phones of a series.
    Series,
    /// What phones are for.
    Profile,
}

/// Something in the document that the catalogue does not decide.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// Where, from `<device>` on: `vendorConfig/webAccess`, `sipProfile/sipLines/line[2]/proxy`, `phoneServices/@useHTTPS`.
    /// `line[@button=3]` picks by an attribute.
    pub path: String,
    /// What stands there then.
    pub replacement: Replacement,
}

/// What an override puts in its place. It may be a password, so it is printed by [`Override`] alone, which knows the place.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Replacement {
    /// This text.
    Text(String),
    /// This element with all that is in it, as XML.
    Fragment(String),
    /// Nothing: the element or attribute is left out.
    Nothing,
}

/// What is wrong with an override.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OverrideError {
    /// The path cannot be read.
    #[error(
        "{0:?} is no path: write elements from <device> on, as in vendorConfig/webAccess or sipProfile/sipLines/line[2]/proxy"
    )]
    Path(String),
    /// The fragment is no XML.
    #[error("the fragment for {path} is no XML element: {problem}")]
    Fragment {
        /// Where it should have gone.
        path: String,
        /// What the reader said.
        problem: String,
    },
}

impl Override {
    /// It puts a password there, which is nobody's business.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        let secret = |text: &str| text.to_ascii_lowercase().contains("password");
        match &self.replacement {
            Replacement::Nothing => false,
            Replacement::Text(_) => secret(&self.path),
            Replacement::Fragment(xml) => secret(&self.path) || secret(xml),
        }
    }
}

impl fmt::Debug for Override {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.replacement {
            Replacement::Nothing => write!(f, "{}: nothing", self.path),
            _ if self.is_secret() => write!(f, "{}: …", self.path),
            Replacement::Text(text) | Replacement::Fragment(text) => write!(f, "{}: {text:?}", self.path),
        }
    }
}

impl fmt::Debug for Replacement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text(…)",
            Self::Fragment(_) => "Fragment(…)",
            Self::Nothing => "Nothing",
        })
    }
}

impl Group {
    /// A group that says nothing.
    #[must_use]
    pub fn new(kind: GroupKind, name: impl Into<String>) -> Self {
        Self { kind, name: name.into(), description: String::new(), layer: Layer::default() }
    }
}

impl GroupKind {
    /// Every kind, in the order in which they win.
    pub const ALL: [Self; 3] = [Self::Site, Self::Series, Self::Profile];

    /// The word people write.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Site => "site",
            Self::Series => "series",
            Self::Profile => "profile",
        }
    }
}

impl fmt::Display for GroupKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for GroupKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|kind| kind.word() == text);
        found.ok_or_else(|| format!("there is no group {text:?}; there are site, series and profile"))
    }
}
