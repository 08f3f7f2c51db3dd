//! Keys: what programmable keys can be, soft keys and the call states that show them, features of the policy.

use std::sync::LazyLock;

use super::{Applies, Table, items};

/// Something a programmable key can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineFeature {
    /// The number in `featureID`; two features share one where an element tells them apart.
    pub id: u16,
    /// The word people write.
    pub key: &'static str,
    /// What phones call it.
    pub name: &'static str,
    /// Elements the key needs beside its place and its feature.
    pub required: Vec<&'static str>,
    /// Elements that only the first line needs, and no other may have.
    pub first_line: Vec<&'static str>,
    /// Elements it may have.
    pub optional: Vec<&'static str>,
    /// Phones that know it.
    pub applies: Applies,
    /// One line.
    pub doc: &'static str,
}

/// A soft key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoftKey {
    /// Its name in soft key files.
    pub id: &'static str,
    /// `tag`, `eventID` and `helpID`, as the file must hold them.
    pub numbers: [&'static str; 3],
    /// Phones that show it; elsewhere it governs a key of its own, or nothing.
    pub applies: Applies,
    /// One line.
    pub doc: &'static str,
}

/// A state of a call, with a set of soft keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallState {
    /// Its name in soft key files.
    pub id: &'static str,
    /// Keys that phones show in it.
    pub valid: Vec<&'static str>,
    /// Keys a set for it must hold.
    pub mandatory: Vec<&'static str>,
    /// Keys that published files hold though nobody documents them there.
    pub seen: Vec<&'static str>,
    /// Keys of the file that offhook makes.
    pub offered: Vec<&'static str>,
}

/// A feature of the policy that some models read instead of soft keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feature {
    /// Its number in the file.
    pub id: &'static str,
    /// Its name in the file.
    pub name: &'static str,
    /// Whether the policy that offhook makes allows it.
    pub enabled: bool,
    /// One line.
    pub doc: &'static str,
}

static LINE_FEATURES: LazyLock<Vec<LineFeature>> = LazyLock::new(|| {
    let table = Table::parse(include_str!("../../catalogue/linekeys.tsv"));
    let rows = table.rows().map(|row| {
        let required = || items(row.get("required"));
        LineFeature {
            id: row.get("id").parse().expect("the tests read every row"),
            key: row.get("key"),
            name: row.get("name"),
            required: required().filter(|name| !name.starts_with('!')).collect(),
            first_line: required().filter_map(|name| name.strip_prefix('!')).collect(),
            optional: items(row.get("optional")).collect(),
            applies: Applies::new(row.get("models")),
            doc: row.get("doc"),
        }
    });
    rows.collect()
});

static SOFT_KEYS: LazyLock<Vec<SoftKey>> = LazyLock::new(|| {
    let table = Table::parse(include_str!("../../catalogue/softkeys.tsv"));
    let rows = table.rows().map(|row| SoftKey {
        id: row.get("keyID"),
        numbers: ["tag", "eventID", "helpID"].map(|column| row.get(column)),
        applies: Applies::new(row.get("models")),
        doc: row.get("note"),
    });
    rows.collect()
});

static CALL_STATES: LazyLock<Vec<CallState>> = LazyLock::new(|| {
    let table = Table::parse(include_str!("../../catalogue/softkey_sets.tsv"));
    let rows = table.rows().map(|row| CallState {
        id: row.get("state"),
        valid: items(row.get("valid")).collect(),
        mandatory: items(row.get("mandatory")).collect(),
        seen: items(row.get("seen")).collect(),
        offered: items(row.get("offered")).collect(),
    });
    rows.collect()
});

static FEATURES: LazyLock<Vec<Feature>> = LazyLock::new(|| {
    let table = Table::parse(include_str!("../../catalogue/features.tsv"));
    let rows = table.rows().map(|row| Feature {
        id: row.get("id"),
        name: row.get("name"),
        enabled: row.get("enable") == "true",
        doc: row.get("note"),
    });
    rows.collect()
});

/// What programmable keys can be, sorted by number.
pub fn line_features() -> &'static [LineFeature] {
    &LINE_FEATURES
}

/// The feature of that word (`blf`), the first of that number (`21`), or of that name (`BLF Speed Dial`).
pub fn line_feature(name: &str) -> Option<&'static LineFeature> {
    let number = name.parse().ok();
    let is = |feature: &&LineFeature| {
        feature.key.eq_ignore_ascii_case(name)
            || feature.name.eq_ignore_ascii_case(name)
            || Some(feature.id) == number
    };
    line_features().iter().find(is)
}

/// Every soft key, in the order of the file.
pub fn soft_keys() -> &'static [SoftKey] {
    &SOFT_KEYS
}

/// Every call state, in the order of the file.
pub fn call_states() -> &'static [CallState] {
    &CALL_STATES
}

/// Every feature of the policy, in the order of the file.
pub fn features() -> &'static [Feature] {
    &FEATURES
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::catalogue::by_path;

    #[test]
    fn every_element_of_a_key_is_a_known_setting() {
        assert_eq!(line_features().len(), 35);
        assert!(line_features().is_sorted_by_key(|feature| feature.id));
        for feature in line_features() {
            let elements = feature.required.iter().chain(&feature.first_line).chain(&feature.optional);
            for element in elements {
                let path = format!("sipProfile/sipLines/line/{element}");
                assert!(by_path(&path).is_some(), "{}: {element}", feature.name);
            }
            assert!(!feature.doc.is_empty() && !feature.doc.ends_with('.'), "{}", feature.name);
            assert_eq!(line_feature(feature.key).map(|found| found.name), Some(feature.name));
            assert!(feature.applies.is_well_formed(), "{}", feature.name);
        }
    }

    #[test]
    fn keys_are_found_by_word_number_and_name() {
        for name in ["blf", "21", "BLF Speed Dial"] {
            assert_eq!(line_feature(name).unwrap().id, 21);
        }
        assert_eq!(line_feature("2").unwrap().key, "speed_dial");
        assert_eq!(line_feature("99"), None);
    }

    #[test]
    fn soft_keys_and_states_name_each_other() {
        for state in call_states() {
            for key in state.valid.iter().chain(&state.mandatory) {
                assert!(soft_keys().iter().any(|known| known.id == *key), "{}: {key}", state.id);
            }
            assert!(state.mandatory.iter().all(|key| state.valid.contains(key)), "{}", state.id);
        }
        assert_eq!((call_states().len(), features().len()), (12, 16));
    }
}
