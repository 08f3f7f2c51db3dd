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

#[cfg(test)]
mod tests {
    use super::*;

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
