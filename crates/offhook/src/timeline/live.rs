//! What happens, told to whoever listens at this moment.
//!
//! Everything told has a number; the last ones are remembered, so that somebody whose connection broke misses nothing.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use provision::mac::Mac;
use provision::timeline::{Event, Rule};
use tokio::sync::broadcast;

/// What a listener may be behind, and what one that comes back is told; some hundred kilobytes.
const REMEMBERED: usize = 1024;

/// Something that is told.
#[derive(Clone, Debug)]
pub struct Told {
    /// Its number among all that this process told, behind the number of the process.
    pub id: String,
    /// What.
    pub what: Arc<What>,
    /// The same as server-sent events say it, made once for all who listen.
    text: Arc<OnceLock<String>>,
}

impl Told {
    /// As a block of server-sent events.
    #[must_use]
    pub fn text(&self) -> &str {
        self.text.get_or_init(|| {
            let (kind, value) = super::view::told(&self.what);
            format!("id: {}\nevent: {kind}\ndata: {value}\n\n", self.id)
        })
    }
}

/// What is told.
#[derive(Debug)]
pub enum What {
    /// Something happened.
    Event(Event),
    /// Another verdict holds for a phone.
    Verdict {
        /// Which phone.
        phone: Mac,
        /// The rule that held before, if the phone was known.
        before: Option<&'static Rule>,
        /// The rule that holds.
        rule: &'static Rule,
        /// The sentence.
        sentence: String,
        /// What to do.
        next: Option<String>,
    },
}

impl What {
    /// Which phone it is about, if anybody knows.
    #[must_use]
    pub fn phone(&self) -> Option<Mac> {
        match self {
            Self::Event(event) => event.phone,
            Self::Verdict { phone, .. } => Some(*phone),
        }
    }
}

/// What somebody hears.
pub struct Hearing {
    /// What happened since the place that was named, and is still remembered.
    pub missed: Vec<Told>,
    /// The place was named, and something since then is forgotten.
    pub gap: bool,
    /// What happens from now on.
    pub from_now: broadcast::Receiver<Told>,
}

pub(super) struct Live {
    /// Tells this process from others: numbers begin anew with each.
    process: String,
    teller: broadcast::Sender<Told>,
    last: Mutex<Last>,
}

#[derive(Default)]
struct Last {
    number: u64,
    told: VecDeque<(u64, Told)>,
}

impl Live {
    pub(super) fn new() -> Self {
        let (teller, _) = broadcast::channel(REMEMBERED);
        Self { process: format!("{:x}", super::now()), teller, last: Mutex::default() }
    }

    /// Tells everybody who listens.
    pub(super) fn tell(&self, what: What) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.number += 1;
        let id = format!("{}-{}", self.process, last.number);
        let told = Told { id, what: Arc::new(what), text: Arc::default() };
        if last.told.len() >= REMEMBERED {
            last.told.pop_front();
        }
        let number = last.number;
        last.told.push_back((number, told.clone()));
        // Told under the lock: whoever begins to listen hears each thing once.
        let _ = self.teller.send(told);
    }

    /// From now on, and what was told behind the id `after`.
    pub(super) fn hear(&self, after: Option<&str>) -> Hearing {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let from_now = self.teller.subscribe();
        let Some(after) = after else { return Hearing { missed: Vec::new(), gap: false, from_now } };
        let number = after.split_once('-').filter(|(process, _)| *process == self.process);
        let Some(number) = number.and_then(|(_, number)| number.parse::<u64>().ok()) else {
            return Hearing { missed: Vec::new(), gap: true, from_now };
        };
        let oldest = last.told.front().map_or(last.number, |(oldest, _)| oldest - 1);
        let missed = last.told.iter().filter(|(told, _)| *told > number).map(|(_, told)| told.clone());
        Hearing { missed: missed.collect(), gap: number < oldest, from_now }
    }
}

impl fmt::Debug for Hearing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hearing({} missed)", self.missed.len())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn tell(live: &Live, count: u8) {
        for last in 0..count {
            let rule = &provision::timeline::RULES[0];
            let phone = Mac::new([2, 0, 0, 0, 0, last]);
            let sentence = last.to_string();
            live.tell(What::Verdict { phone, before: None, rule, sentence, next: None });
        }
    }

    #[tokio::test]
    async fn whoever_comes_back_is_told_what_was_missed() {
        let live = Live::new();
        let mut first = live.hear(None);
        tell(&live, 3);
        let heard: Vec<String> = [0; 3].map(|_| first.from_now.try_recv().unwrap().id).into();
        let again = live.hear(Some(&heard[0]));
        let missed: Vec<_> = again.missed.iter().map(|told| told.id.clone()).collect();
        assert_eq!((missed, again.gap), (heard[1..].to_vec(), false));
        assert!(live.hear(Some(&heard[2])).missed.is_empty());
        // Somebody who was there before a restart, or makes something up.
        for made_up in ["0-1", "x", "", "-"] {
            let hearing = live.hear(Some(made_up));
            assert!(hearing.gap && hearing.missed.is_empty(), "{made_up}");
        }
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let live = Live::new();
        tell(&live, 1);
        let first = live.last.lock().unwrap().told[0].1.id.clone();
        for _ in 0..20 {
            tell(&live, 200);
        }
        let hearing = live.hear(Some(&first));
        assert!(hearing.gap && hearing.missed.len() == REMEMBERED);
    }
}
