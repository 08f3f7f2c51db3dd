//! What the tables of soft keys and features must hold.

use std::collections::HashMap;

use crate::catalogue::{Table, items};

fn sets() -> Table {
    Table::parse(include_str!("../../catalogue/softkey_sets.tsv"))
}

#[test]
fn a_state_offers_only_keys_that_are_valid_in_it_and_all_that_it_must() {
    for set in sets().rows() {
        let state = set.get("state");
        let valid: Vec<_> = items(set.get("valid")).collect();
        let offered: Vec<_> = items(set.get("offered")).collect();
        assert!(offered.iter().all(|key| valid.contains(key)), "{state}: {offered:?}");
        assert!(items(set.get("mandatory")).all(|key| offered.contains(&key)), "{state}: {offered:?}");
        assert!(offered.len() <= 16, "{state}");
    }
}

#[test]
fn every_key_of_a_state_is_defined_once() {
    let keys = Table::parse(include_str!("../../catalogue/softkeys.tsv"));
    let mut tags = HashMap::new();
    for key in keys.rows() {
        for number in ["tag", "eventID", "helpID"] {
            assert!(key.get(number).parse::<u16>().is_ok(), "{}", key.get("keyID"));
        }
        assert_eq!(tags.insert(key.get("tag"), key.get("keyID")), None);
        assert!(matches!(key.get("models"), "all" | "7900"));
    }
    assert_eq!(tags.len(), 28);
    for set in sets().rows() {
        for key in items(set.get("valid")) {
            assert!(tags.values().any(|known| *known == key), "{key}");
        }
    }
}

#[test]
fn features_count_up_from_one() {
    let features = Table::parse(include_str!("../../catalogue/features.tsv"));
    for (number, feature) in (1..).zip(features.rows()) {
        assert_eq!(feature.get("id"), number.to_string());
        assert!(matches!(feature.get("enable"), "true" | "false"));
    }
    assert_eq!(features.rows().count(), 16);
}
