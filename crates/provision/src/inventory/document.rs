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
    /// Features by id of the catalogue, allowed or not.
    FeaturePolicy(BTreeMap<String, bool>),
    /// Rings to choose from.
    Rings(Vec<Ring>),
    /// Wallpapers to choose from.
    Backgrounds(Vec<Background>),
}

/// Soft keys, by the id of the call state, in the order they are shown. A state left out keeps what offhook offers.
pub type SoftKeySet = BTreeMap<String, Vec<String>>;

/// One rule of a dial template, in the order they are tried by the phone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TemplateRule {
    /// Digits to match: `.` any one, `*` any more, `,` a second dial tone.
    pub pattern: String,
    /// Seconds to wait for more digits.
    pub wait: u16,
    /// `phone` or `ip`: how the number is marked when it is dialled.
    pub user: Option<String>,
    /// What is dialled instead.
    pub rewrite: Option<String>,
    /// `default`, `emergency` or `fxo`.
    pub route: Option<String>,
    /// Tones after a comma in the pattern, in order.
    pub tones: Vec<Tone>,
}

/// The name of a tone in a dial template.
pub type Tone = String;

/// One application dial rule.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DialRule {
    /// What the rule is called.
    pub name: String,
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
    /// The file.
    pub file: String,
}

/// One wallpaper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Background {
    /// The picture for the menu.
    pub thumbnail: String,
    /// The picture.
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
