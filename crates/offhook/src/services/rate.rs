//! How often one address may do something: so many at once, then one every so often.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A limit for each `K`, an address or a user. Time is handed in.
#[derive(Debug)]
pub struct Rate<K> {
    most: u32,
    every: Duration,
    /// When each would be as if it had never asked.
    until: Mutex<HashMap<K, Instant>>,
}

/// As many are remembered; beyond that, those who need no remembering any more are forgotten, and if all do, newcomers
/// are refused rather than let in unseen.
const MOST_KNOWN: usize = 20_000;

impl<K: Eq + Hash> Rate<K> {
    /// `most` at once, and one more `every` so often.
    #[must_use]
    pub fn new(most: u32, every: Duration) -> Self {
        Self { most, every, until: Mutex::new(HashMap::new()) }
    }

    /// Whether `key` has nothing left, now; counts nothing.
    pub fn is_spent(&self, key: &K, now: Instant) -> bool {
        let until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        until.get(key).is_some_and(|time| *time > now + self.every * self.most - self.every)
    }

    /// Whether `key` may, now; counts it if so.
    pub fn allows(&self, key: K, now: Instant) -> bool {
        let mut until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        if until.len() >= MOST_KNOWN && !until.contains_key(&key) {
            until.retain(|_, time| *time > now);
            if until.len() >= MOST_KNOWN {
                return false;
            }
        }
        let time = until.entry(key).or_insert(now);
        let next = (*time).max(now) + self.every;
        if next > now + self.every * self.most {
            return false;
        }
        *time = next;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_at_once_then_one_every_so_often() {
        let rate = Rate::new(3, Duration::from_secs(60));
        let now = Instant::now();
        let allowed = (0..10).filter(|_| rate.allows(1, now)).count();
        assert_eq!(allowed, 3);
        assert!(rate.is_spent(&1, now) && !rate.is_spent(&2, now));
        assert!(rate.allows(2, now), "another address has its own");
        assert!(!rate.allows(1, now + Duration::from_secs(59)));
        assert!(rate.allows(1, now + Duration::from_secs(60)));
        assert!(!rate.allows(1, now + Duration::from_secs(61)));
        let later = now + Duration::from_secs(3600);
        assert_eq!((0..10).filter(|_| rate.allows(1, later)).count(), 3);
    }

    #[test]
    fn memory_is_bounded() {
        let rate = Rate::new(1, Duration::from_secs(60));
        let now = Instant::now();
        let allowed = (0..30_000).filter(|key| rate.allows(*key, now)).count();
        assert_eq!(allowed, MOST_KNOWN);
        assert!(rate.allows(99_999, now + Duration::from_secs(61)));
    }
}
