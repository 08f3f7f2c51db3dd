//! What stood in a configuration that a phone took, small enough to be kept for every phone: a short hash for each value.
//!
//! The version stamp says whether anything changed; this says what. Documents that the phone reads beside its
//! configuration count as values of it.

use std::collections::BTreeMap;

use provision::inventory::{Document, Name};
use provision::mac::Mac;
use provision::models::Model;
use provision::render::Rendered;

use super::delivery::Noted;
use super::told::Documents;

/// Bytes of one value: four for where it stands, two for what it is.
const ENTRY: usize = 6;
/// It follows from all the others, and is kept in full.
const STAMP: &str = "versionStamp";

/// What a phone took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// The phone.
    pub mac: Mac,
    /// The version stamp of its configuration.
    pub stamp: String,
    /// Where each value stands and what it is, in order.
    pub values: Vec<u8>,
    /// When it was last noted.
    pub(super) noted: Noted,
}

/// A value that is not what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// What stands there is new or another: a path of the configuration, and the setting, where there is one.
    Value(String, Option<Name>),
    /// A document is new or another: its name.
    Document(String),
    /// So many values are not there any more.
    Gone(usize),
}

impl Fingerprint {
    /// The fingerprint of a configuration, and of those `documents` that its phone reads.
    #[must_use]
    pub fn of(mac: Mac, model: Option<&Model>, rendered: &Rendered, documents: &Documents) -> Self {
        let mut entries: Vec<[u8; ENTRY]> =
            named(model, rendered, documents).map(|(name, value)| entry(&name.key(), value)).collect();
        entries.sort_unstable();
        Self { mac, stamp: rendered.stamp.clone(), values: entries.concat(), noted: Noted::default() }
    }
}

/// What is different now from what `before` says.
#[must_use]
pub fn differences(
    before: &[u8],
    model: Option<&Model>,
    rendered: &Rendered,
    documents: &Documents,
) -> Vec<Difference> {
    let split = |entry: &[u8]| -> Option<([u8; 4], [u8; 2])> {
        let (place, value) = entry.split_at_checked(4)?;
        Some((place.try_into().ok()?, value.try_into().ok()?))
    };
    let mut held: BTreeMap<[u8; 4], [u8; 2]> = before.chunks(ENTRY).filter_map(split).collect();
    let mut found = Vec::new();
    for (name, value) in named(model, rendered, documents) {
        let Some((place, value)) = split(&entry(&name.key(), value)) else { continue };
        if held.remove(&place) != Some(value) {
            found.push(match name {
                Named::Path(path, name) => Difference::Value(path.to_owned(), name),
                Named::Document(name) => Difference::Document(name.to_owned()),
            });
        }
    }
    if !held.is_empty() {
        found.push(Difference::Gone(held.len()));
    }
    found
}

/// Where a value stands.
enum Named<'a> {
    Path(&'a str, Option<Name>),
    Document(&'a str),
}

impl Named<'_> {
    fn key(&self) -> u64 {
        match self {
            Self::Path(path, _) => hash(path.as_bytes()),
            // No path begins so.
            Self::Document(name) => hash(format!("file {name}").as_bytes()),
        }
    }
}

/// Everything that counts, with the hash of what it is.
fn named<'a>(
    model: Option<&'a Model>,
    rendered: &'a Rendered,
    documents: &'a Documents,
) -> impl Iterator<Item = (Named<'a>, u64)> {
    let values = || rendered.values.iter().filter(|value| value.path != STAMP);
    let own = values().map(|value| (Named::Path(value.path, value.name), hash(value.code.as_bytes())));
    let by_name = values().map(|value| value.code).filter(|code| code.ends_with(".xml"));
    let mut names: Vec<String> = by_name.map(str::to_owned).chain(unasked(model)).collect();
    names.sort_unstable();
    names.dedup();
    let beside = names.into_iter().filter_map(|name| documents.find_with_hash(&name));
    own.chain(beside.map(|(document, hash): (&'a Document, u64)| (Named::Document(&document.name), hash)))
}

/// Documents that a phone of that model reads without being told their names.
fn unasked(model: Option<&Model>) -> impl Iterator<Item = String> {
    let rings = model.and_then(|model| model.ring_list.as_ref()).map(|list| list.value.to_owned());
    let wallpapers = model.and_then(|model| model.wallpaper.as_ref());
    let wallpapers = wallpapers.map(|wallpaper| format!("{}/List.xml", wallpaper.value.folder));
    ["AppDialRules.xml".to_owned()].into_iter().chain(rings).chain(wallpapers)
}

fn entry(place: &u64, value: u64) -> [u8; ENTRY] {
    let (place, value) = (place.to_be_bytes(), value.to_be_bytes());
    [place[0], place[1], place[2], place[3], value[0], value[1]]
}

/// FNV-1a with a last stir, so that the front bytes are as good as the others. It is written into databases: it must be
/// the same for ever and on every machine.
pub(super) fn hash(bytes: &[u8]) -> u64 {
    let sum = bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum: u64, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let stirred = (sum ^ (sum >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    stirred ^ (stirred >> 29)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use provision::inventory::{Bundle, Content, Phone};
    use provision::models;
    use provision::render::{self, Surroundings};

    use super::*;

    fn mac() -> Mac {
        Mac::new([2, 0, 0, 0, 0, 1])
    }

    fn rendered(web_access: &str) -> Rendered {
        let mut phone = Phone::new(mac(), models::find("8845"));
        phone.layer.settings.set(Name::new("web_access").unwrap(), web_access);
        render::configuration(&Bundle::new(phone), &Surroundings::default())
    }

    #[test]
    fn what_changed_is_named() {
        let (model, none) = (models::find("8845"), Documents::default());
        let before = Fingerprint::of(mac(), model, &rendered("on"), &none);
        assert_eq!(differences(&before.values, model, &rendered("on"), &none), []);
        assert!(before.values.len() < 3000, "{} bytes for every phone", before.values.len());
        let after = rendered("off");
        assert_ne!(before.stamp, after.stamp);
        let changed = differences(&before.values, model, &after, &none);
        assert_eq!(
            changed,
            [Difference::Value("vendorConfig/webAccess".to_owned(), Some(Name::new("web_access").unwrap()))]
        );
        // A phone whose fingerprint was cut short has more to learn, and nothing panics.
        assert!(!differences(&before.values[..301], model, &after, &none).is_empty());
    }

    #[test]
    fn documents_beside_the_configuration_count() {
        let model = models::find("8845");
        let rules = |content| vec![Document { name: "AppDialRules.xml".to_owned(), content }];
        let one = Documents::new(1, rules(Content::DialRules(Vec::new())));
        let other =
            Documents::new(2, rules(Content::DialRules(vec![provision::inventory::DialRule::default()])));
        let unread = Documents::new(
            3,
            vec![Document {
                name: "Desktops/320x212x12/List.xml".to_owned(),
                content: Content::Backgrounds(Vec::new()),
            }],
        );
        let before = Fingerprint::of(mac(), model, &rendered("on"), &one);
        let now = |documents| differences(&before.values, model, &rendered("on"), documents);
        assert_eq!(now(&one), []);
        assert_eq!(now(&other), [Difference::Document("AppDialRules.xml".to_owned())]);
        assert_eq!(now(&unread), [Difference::Gone(1)]);
    }

    #[test]
    fn the_hash_is_the_same_for_ever() {
        assert_eq!(hash(b""), 9_615_434_041_927_672_947);
        assert_ne!(hash(b"a"), hash(b"b"));
    }
}
