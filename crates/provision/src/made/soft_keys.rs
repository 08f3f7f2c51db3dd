//! Which keys a phone shows in each state of a call, and which features the phones without such keys offer.
//!
//! Both files carry a stamp. It is made from their content, so it changes exactly when they do.

use crate::catalogue::{Table, items};
use crate::xml::Writer;

/// Every soft key is defined, whether or not a state offers it, so that an administrator who starts from this file
/// only has to name it. Good for every series: a key that a model lacks governs its hardware key or is left out.
pub(super) fn soft_keys() -> String {
    let write = |stamp: &str| {
        let mut writer = Writer::new("softKeyCfg", &[]);
        writer.text("versionStamp", stamp).open("typeSoftKey", &[]);
        for key in Table::parse(include_str!("../../catalogue/softkeys.tsv")).rows() {
            writer.open("softKeyDef", &[("keyID", key.get("keyID"))]);
            for element in ["tag", "eventID", "helpID"] {
                writer.text(element, key.get(element));
            }
            writer.close();
        }
        writer.close().open("softKeySets", &[]);
        for set in Table::parse(include_str!("../../catalogue/softkey_sets.tsv")).rows() {
            writer.open("softKeySet", &[("id", set.get("state"))]);
            for key in items(set.get("offered")) {
                writer.empty("softKey", &[("keyID", key)]);
            }
            writer.close();
        }
        writer.finish()
    };
    write(&stamp(&write("")))
}

pub(super) fn feature_policy() -> String {
    let write = |stamp: &str| {
        let mut writer = Writer::new("featurePolicy", &[("name", "Feature Policy")]);
        writer.text("versionStamp", stamp);
        for feature in Table::parse(include_str!("../../catalogue/features.tsv")).rows() {
            writer.open("featureDef", &[("name", feature.get("name"))]);
            writer.text("id", feature.get("id")).text("enable", feature.get("enable"));
            writer.close();
        }
        writer.finish()
    };
    write(&stamp(&write("")))
}

/// Two 64-bit FNV-1a sums of the content, written like the UUID that call managers put here.
fn stamp(content: &str) -> String {
    let sum = |seed: u64| {
        content.bytes().fold(seed, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
    };
    let (high, low) = (sum(0xCBF2_9CE4_8422_2325), sum(0x9AE1_6A3B_2F90_404F));
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xFFFF,
        high & 0xFFFF,
        low >> 48,
        low & 0xFFFF_FFFF_FFFF
    )
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

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

    #[test]
    fn a_stamp_belongs_to_its_content() {
        let of = |document: &str| {
            document.split("versionStamp>").nth(1).map(|s| s.trim_end_matches("</").to_owned())
        };
        let (keys, policy) = (of(&soft_keys()), of(&feature_policy()));
        assert!(keys.is_some() && keys != policy && keys == of(&soft_keys()));
        assert_eq!(keys.map(|stamp| stamp.len()), Some(36));
        assert_ne!(stamp("a"), stamp("b"));
    }
}
