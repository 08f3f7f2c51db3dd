//! Which phones are to be judged again, and when: soon after they moved, and once more when they had the time to go on.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use provision::mac::Mac;
use tokio::time::Instant;

/// Soon: what a phone does comes in bursts.
const SOON: Duration = Duration::from_secs(1);
/// Behind the moments at which verdicts change by themselves: a phone that asks no more, and one that has not registered.
const LATER: [Duration; 2] = [Duration::from_secs(32), Duration::from_secs(63)];
/// Phones on the agenda, at most; the pass over all phones finds the others.
const MOST: usize = 100_000;

#[derive(Debug, Default)]
pub(super) struct Agenda(Mutex<HashMap<Mac, Entry>>);

#[derive(Debug)]
struct Entry {
    moved: Instant,
    due: Instant,
    /// How many of the later looks are done.
    looks: usize,
}

impl Agenda {
    /// The phone did something.
    pub(super) fn moved(&self, phone: Mac, now: Instant) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= MOST && !entries.contains_key(&phone) {
            return;
        }
        let soon = now + SOON;
        let entry = entries.entry(phone).or_insert(Entry { moved: now, due: soon, looks: 0 });
        // One that never stops moving is looked at all the same.
        *entry = Entry { moved: now, due: entry.due.min(soon), looks: 0 };
    }

    /// Phones that are due, those that wait longest first.
    pub(super) fn due(&self, now: Instant, most: usize) -> Vec<Mac> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut due: Vec<(Instant, Mac)> =
            entries.iter().filter(|(_, one)| one.due <= now).map(|(phone, one)| (one.due, *phone)).collect();
        due.sort_unstable();
        due.truncate(most);
        for (_, phone) in &due {
            if let Some(entry) = entries.get_mut(phone) {
                match LATER.get(entry.looks) {
                    Some(later) => {
                        entry.due = (entry.moved + *later).max(now + SOON);
                        entry.looks += 1;
                    }
                    None => {
                        entries.remove(phone);
                    }
                }
            }
        }
        due.into_iter().map(|(_, phone)| phone).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHONE: Mac = Mac::new([2, 0, 0, 0, 0, 1]);

    #[test]
    fn a_phone_is_judged_soon_and_again_when_it_could_have_gone_on() {
        let (agenda, begin) = (Agenda::default(), Instant::now());
        let mut looks = Vec::new();
        for second in 0..100 {
            let now = begin + Duration::from_secs(second);
            if second < 5 {
                agenda.moved(PHONE, now);
            }
            looks.extend(agenda.due(now, 10).into_iter().map(|_| second));
        }
        assert_eq!(looks, [1, 3, 5, 36, 67]);
        assert!(agenda.0.lock().is_ok_and(|entries| entries.is_empty()), "then it is forgotten");
    }

    #[test]
    fn of_many_those_that_wait_longest_come_first() {
        let (agenda, now) = (Agenda::default(), Instant::now());
        for last in 0..200 {
            agenda.moved(Mac::new([2, 0, 0, 0, 0, last]), now + Duration::from_millis(u64::from(200 - last)));
        }
        let due = agenda.due(now + 2 * SOON, 50);
        assert_eq!((due.len(), due[0]), (50, Mac::new([2, 0, 0, 0, 0, 199])));
    }
}
