//! What somebody does again and again within a second is told once: a thousand requests for one file over one connection say
//! no more than one, and must not crowd out what others do.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hash};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// As many deeds are remembered, the last of each place: forgetting one only tells it again.
const PLACES: usize = 4096;

/// Deeds of this second.
#[derive(Debug)]
pub struct Repeats {
    places: Box<[AtomicU64]>,
    hasher: RandomState,
}

impl Default for Repeats {
    fn default() -> Self {
        Self { places: (0..PLACES).map(|_| AtomicU64::new(0)).collect(), hasher: RandomState::new() }
    }
}

impl Repeats {
    /// Whether the same was done in the second of `now` already.
    #[must_use]
    pub fn is_repeat(&self, deed: impl Hash, now: SystemTime) -> bool {
        let second = now.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
        let mark = self.hasher.hash_one((deed, second));
        let place = usize::try_from(mark % PLACES as u64).unwrap_or_default();
        // Looked at first: a line of memory that is only read is shared by all cores.
        let place = &self.places[place];
        place.load(Ordering::Relaxed) == mark || place.swap(mark, Ordering::Relaxed) == mark
    }
}

/// How often somebody does something within this second.
#[derive(Debug)]
pub struct Pace {
    /// In each a mark of who and when, and behind it how often.
    places: Box<[AtomicU64]>,
    hasher: RandomState,
}

impl Default for Pace {
    fn default() -> Self {
        let Repeats { places, hasher } = Repeats::default();
        Self { places, hasher }
    }
}

impl Pace {
    /// Takes note that `who` does it once more, and says whether that is more than `most` times in the second of `now`.
    /// Two who share a place begin to count anew whenever they take turns: nobody is cut off for another.
    #[must_use]
    pub fn is_beyond(&self, most: u32, who: impl Hash, now: SystemTime) -> bool {
        let second = now.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
        let hash = self.hasher.hash_one(who);
        let place = &self.places[usize::try_from(hash % PLACES as u64).unwrap_or_default()];
        let mark = (hash >> 32 ^ second) << 32;
        let count = |before: u64| if before >> 32 == mark >> 32 { before & COUNT } else { 0 };
        let counted = |before: u64| Some(mark | (count(before) + 1).min(COUNT));
        let before = place.fetch_update(Ordering::Relaxed, Ordering::Relaxed, counted);
        count(before.unwrap_or_default()) >= u64::from(most)
    }
}

/// The half of a place that counts.
const COUNT: u64 = 0xFFFF_FFFF;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_too_fast_is_so_for_the_rest_of_the_second() {
        let (pace, at) = (Pace::default(), |seconds: f32| UNIX_EPOCH + Duration::from_secs_f32(seconds));
        let beyond = |second| (0..5).filter(|_| pace.is_beyond(3, "somebody", at(second))).count();
        assert_eq!((beyond(7.0), beyond(7.9), beyond(8.0)), (2, 5, 2));
        assert!(!pace.is_beyond(3, "somebody else", at(8.0)));
    }

    #[test]
    fn a_deed_is_new_once_a_second() {
        let (repeats, at) =
            (Repeats::default(), |seconds: f32| UNIX_EPOCH + Duration::from_secs_f32(seconds));
        assert!(!repeats.is_repeat(("peer", "file"), at(7.0)));
        assert!(repeats.is_repeat(("peer", "file"), at(7.9)));
        assert!(!repeats.is_repeat(("peer", "other"), at(7.9)));
        assert!(!repeats.is_repeat(("peer", "file"), at(8.0)));
    }
}
