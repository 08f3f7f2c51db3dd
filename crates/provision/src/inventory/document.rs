//! Documents that several phones share by name: soft keys, dial templates, dial rules, feature policies, rings, wallpapers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A document that offhook serves under its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// The file that phones ask for: `SoftKeys-reception.xml`, `Desktops/800x480x24/List.xml`.
    pub name: String,
    /// What is in it.
    #[serde(flatten)]
    pub content: Content,
}

/// What a document holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "content", rename_all = "kebab-case")]
pub enum Content {
    /// Soft keys by call state.
    SoftKeys(SoftKeySet),
    /// When typed digits are dialled.
    DialTemplate(Vec<TemplateRule>),
    /// How numbers from directories are changed before they are dialled.
    DialRules(Vec<DialRule>),
    /// Features by their number in the catalogue, allowed or not. Those left out stay as offhook has them.
    FeaturePolicy(BTreeMap<String, bool>),
    /// Rings to choose from.
    Rings(Vec<Ring>),
    /// Wallpapers to choose from.
    Backgrounds(Vec<Background>),
}

/// Soft keys, by the id of the call state, in the order they are shown. A state left out keeps what offhook offers.
pub type SoftKeySet = BTreeMap<String, Vec<String>>;

/// One rule of a dial template. Phones try all; the pattern with the most literal digits wins.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TemplateRule {
    /// What is typed: digits, `.` any one, `*` any number up to what follows, `,` a second dial tone, `\*` a star. Empty:
    /// lifting the handset is enough.
    pub pattern: String,
    /// Seconds to wait for more digits once it matches.
    pub wait: u16,
    /// For this line only, by its number among the lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u16>,
    /// What is dialled instead: `.` is the next digit that a `.` took, `%0` everything, `%1` to `%5` the groups.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rewrite: Option<String>,
    /// Which dial tone a comma plays: `Bellcore-Outside`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tone: Option<String>,
    /// `Phone` or `IP`: how the number is marked when it is dialled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// `Default`, `Emergency` or `FQDN`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<String>,
}

/// One application dial rule.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DialRule {
    /// What numbers begin with.
    pub begins_with: String,
    /// How many digits they have.
    pub digits: u16,
    /// How many digits are taken off in front.
    pub remove: u16,
    /// What is put in front.
    pub prefix: String,
}

/// One ring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ring {
    /// What the menu shows.
    pub name: String,
    /// The file: `Bell.rwb`.
    pub file: String,
}

/// One wallpaper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Background {
    /// The picture for the menu: a file in the folder of the list, or a path from the document root on.
    pub thumbnail: String,
    /// The picture, likewise.
    pub image: String,
}

/// What is wrong with a document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{document}: {problem}")]
pub struct DocumentError {
    /// Its name.
    pub document: String,
    /// What, and what would be right.
    pub problem: String,
}

impl Content {
    /// The word people write: `soft-keys`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::SoftKeys(_) => "soft-keys",
            Self::DialTemplate(_) => "dial-template",
            Self::DialRules(_) => "dial-rules",
            Self::FeaturePolicy(_) => "feature-policy",
            Self::Rings(_) => "rings",
            Self::Backgrounds(_) => "backgrounds",
        }
    }

    /// How many things are in it: states, rules, features, rings or pictures.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::SoftKeys(sets) => sets.len(),
            Self::DialTemplate(rules) => rules.len(),
            Self::DialRules(rules) => rules.len(),
            Self::FeaturePolicy(features) => features.len(),
            Self::Rings(rings) => rings.len(),
            Self::Backgrounds(pictures) => pictures.len(),
        }
    }

    /// Nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
