//! All that rendering one phone needs.

use std::collections::BTreeMap;

use super::layer::{Group, Layer};
use super::line::{Line, Number};
use super::phone::Phone;

/// A phone with its groups and lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// The phone.
    pub phone: Phone,
    /// Its site, its series, its profile: those that are there, in the order in which they win.
    pub groups: Vec<Group>,
    /// Every line that a key of the phone or of its groups names, as far as there is such a line.
    pub lines: BTreeMap<Number, Line>,
}

impl Bundle {
    /// A phone without groups and lines.
    #[must_use]
    pub fn new(phone: Phone) -> Self {
        Self { phone, groups: Vec::new(), lines: BTreeMap::new() }
    }

    /// The layers, the phone's own last.
    pub fn layers(&self) -> impl DoubleEndedIterator<Item = &Layer> {
        self.groups.iter().map(|group| &group.layer).chain([&self.phone.layer])
    }
}
