//! Finished answers, kept as long as what they were built from stays the same, up to a number of bytes.

use std::sync::{Arc, Weak};

use provision::mac::Mac;
use quick_cache::sync::{Cache as Quick, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter};

use super::Answer;
use super::file::File;
use super::refusal::Refusal;
use crate::stamp::{Look, Witness};

/// What an entry costs beside its bytes: key, links, counters.
const ENTRY_COST: u64 = 256;

/// Parts with a lock and a share of the bytes each. Few, because a file must fit into one part to be kept; enough,
/// because a look takes a shared lock for well under a microsecond.
const PARTS: usize = 2;

/// Answers by name.
pub(super) struct Cache {
    entries: Quick<Box<str>, Arc<Entry>, ByBytes>,
    /// A file larger than this is shared while somebody is sending it, and not kept beyond.
    largest_kept: u64,
}

impl Cache {
    /// A cache of at most `bytes`.
    pub(super) fn new(bytes: u64) -> Self {
        let options = OptionsBuilder::new()
            .shards(PARTS)
            .estimated_items_capacity(1024)
            .weight_capacity(bytes)
            .build()
            .expect("both capacities are given");
        let entries =
            Quick::with_options(options, ByBytes, DefaultHashBuilder::default(), DefaultLifecycle::default());
        Self { entries, largest_kept: bytes / (2 * PARTS as u64) }
    }

    /// The answer kept for `name`, if it still holds; `generation` tells which one the inventory has, and `protection` which
    /// change to the protection of a phone was the last, if that is known.
    pub(super) fn get(
        &self,
        name: &str,
        look: Look,
        generation: impl FnOnce() -> Option<u64>,
        protection: impl FnOnce(Mac) -> Option<u64>,
    ) -> Option<Answer> {
        self.entries.get(name)?.answer(look, generation, protection)
    }

    /// The file last given for `name`, whether it still holds or not.
    pub(super) fn before(&self, name: &str) -> Option<Arc<File>> {
        self.entries.get(name)?.file()?.ok()
    }

    /// Keeps `entry` under `name`.
    pub(super) fn put(&self, name: &str, entry: Entry) {
        self.entries.insert(name.into(), Arc::new(entry.fitting(self.largest_kept)));
    }

    /// What is held at present, in bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.entries.weight()
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        self.entries.clear();
    }
}

/// One answer and what it rests on.
pub(super) struct Entry {
    held: Held,
    witness: Witness,
    /// The generation of the inventory it rests on, if it does.
    generation: Option<u64>,
    /// The phone whose protection it rests on, and the last change to that.
    protection: Option<(Mac, u64)>,
}

enum Held {
    File(Arc<File>),
    Passing(Weak<File>),
    Refusal(Refusal),
}

impl Entry {
    /// An entry for `answer`, true while `witness` holds and the inventory has the `generation`.
    pub(super) fn new(
        answer: Answer,
        witness: Witness,
        generation: Option<u64>,
        protection: Option<(Mac, u64)>,
    ) -> Self {
        let held = match answer {
            Ok(file) => Held::File(file),
            Err(refusal) => Held::Refusal(refusal),
        };
        Self { held, witness, generation, protection }
    }

    /// The same entry, holding on to its file only if it is small enough.
    fn fitting(self, largest: u64) -> Self {
        match self.held {
            Held::File(file) if file.bytes.len() as u64 > largest => {
                Self { held: Held::Passing(Arc::downgrade(&file)), ..self }
            }
            _ => self,
        }
    }

    fn answer(
        &self,
        look: Look,
        generation: impl FnOnce() -> Option<u64>,
        protection: impl FnOnce(Mac) -> Option<u64>,
    ) -> Option<Answer> {
        let answer = self.file()?;
        let rests = self.generation.is_none_or(|mine| generation() == Some(mine));
        let protected = || self.protection.is_none_or(|(phone, mine)| protection(phone) == Some(mine));
        (rests && protected() && self.witness.holds_at(look)).then_some(answer)
    }

    fn file(&self) -> Option<Answer> {
        Some(match &self.held {
            Held::File(file) => Ok(file.clone()),
            Held::Passing(file) => Ok(file.upgrade()?),
            Held::Refusal(refusal) => Err(refusal.clone()),
        })
    }
}

/// Weighs entries by the memory they hold.
#[derive(Clone)]
struct ByBytes;

impl Weighter<Box<str>, Arc<Entry>> for ByBytes {
    fn weight(&self, name: &Box<str>, entry: &Arc<Entry>) -> u64 {
        let bytes = match &entry.held {
            Held::File(file) => file.weight(),
            Held::Passing(_) | Held::Refusal(_) => 0,
        };
        ENTRY_COST + name.len() as u64 + entry.witness.weight() + bytes
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::super::file::How;
    use super::*;
    use bytes::Bytes;
    use std::time::SystemTime;

    fn entry(len: usize) -> (Arc<File>, Entry) {
        let bytes = Bytes::from(vec![0; len]);
        let file = Arc::new(File::new("a".to_owned(), bytes, SystemTime::UNIX_EPOCH, How::Made));
        (file.clone(), Entry::new(Ok(file), Witness::default(), None, None))
    }

    fn get(cache: &Cache, name: &str, generation: Option<u64>) -> Option<Answer> {
        cache.get(name, Look::now(), || generation, |_| None)
    }

    #[test]
    fn what_rests_on_a_phones_protection_goes_with_it() {
        let (cache, phone) = (Cache::new(100_000), Mac::new([2, 0, 0, 0, 0, 1]));
        let (_, whole) = entry(10);
        cache.put("a", Entry { protection: Some((phone, 7)), ..whole });
        let get = |number: Option<u64>| {
            cache.get("a", Look::now(), || None, |asked| number.filter(|_| asked == phone))
        };
        assert!(get(Some(7)).is_some());
        assert!(get(Some(8)).is_none() && get(None).is_none());
    }

    #[test]
    fn a_file_too_large_to_keep_is_shared_while_it_is_in_use() {
        let cache = Cache::new(10_000);
        let (small, kept) = entry(2_000);
        cache.put("small", kept);
        drop(small);
        assert!(get(&cache, "small", None).is_some());
        let (file, whole) = entry(6_000);
        cache.put("a", whole);
        assert!(Arc::ptr_eq(&get(&cache, "a", None).unwrap().unwrap(), &file));
        drop(file);
        assert!(get(&cache, "a", None).is_none());
    }

    #[test]
    fn what_rests_on_the_inventory_goes_with_its_generation() {
        let cache = Cache::new(100_000);
        let (file, whole) = entry(10);
        cache.put("a", Entry { generation: Some(7), ..whole });
        assert!(get(&cache, "a", Some(7)).is_some());
        assert!(get(&cache, "a", Some(8)).is_none());
        assert!(get(&cache, "a", None).is_none(), "nobody knows yet");
        assert!(Arc::ptr_eq(&cache.before("a").unwrap(), &file), "and may be the same again");
    }

    #[test]
    fn an_answer_is_gone_once_its_witness_fails() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("absent");
        let mut witness = Witness::default();
        witness.look(&path);
        let cache = Cache::new(100_000);
        let (_, whole) = entry(10);
        cache.put("a", Entry { witness, ..whole });
        assert!(get(&cache, "a", None).is_some());
        std::fs::write(path, "").unwrap();
        assert!(get(&cache, "a", None).is_none());
    }
}
