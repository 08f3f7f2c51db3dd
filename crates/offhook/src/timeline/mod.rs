//! What phones do, heard by all listeners, put together and told: the boot timeline and its verdicts.
//!
//! Listeners hand each event to a queue and never wait (`note`); a task finds out whose it is and tells whoever listens
//! live (`keeping`), another writes it down (`writing`). [`judge`] gathers what else is known of a phone and asks the rules of
//! `provision::timeline`; `watching` does so for every phone that moves, and for all of them now and then.
//! [`registrations`] follows Asterisk.

mod agenda;
pub mod judge;
mod keeping;
mod live;
mod note;
pub mod registrations;
mod standings;
pub mod view;
mod watching;
mod writing;

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use provision::mac::Mac;
use provision::timeline::{Boot, Event, Rule, Verdict};
use tokio::sync::{mpsc, oneshot};

use crate::config::Live;
use crate::metrics::Metrics;
use crate::record::repeats::{Pace, Repeats};
use agenda::Agenda;
use judge::{Judge, Sources};
pub use keeping::Keeping;
pub use live::{Hearing, Told};
use standings::Standings;

/// Events that wait, at most: more than a storm of phones leaves while the task behind is busy. Some 4 MiB.
const QUEUE: usize = 16_384;
/// How long whoever asks for a verdict waits for events that are still on their way to the database.
const FLUSH: Duration = Duration::from_secs(2);

/// Where events go, and where what became of them is asked for. Clones share everything; the default one hears nothing.
#[derive(Clone, Default)]
pub struct Timeline(Option<Arc<Shared>>);

struct Shared {
    queue: mpsc::Sender<Note>,
    inbox: Mutex<Option<mpsc::Receiver<Note>>>,
    live: live::Live,
    agenda: Agenda,
    repeats: Repeats,
    pace: Pace,
    /// The rule that holds for each phone, as last judged.
    states: RwLock<Standings>,
    sources: OnceLock<Sources>,
    config: OnceLock<Live>,
    metrics: Arc<Metrics>,
}

/// What goes through the queue.
enum Note {
    Event(Box<Event>),
    /// Say so when everything before it is written down.
    Flush(oneshot::Sender<()>),
}

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing is kept here.
    #[error("this server keeps no timeline")]
    Off,
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl Timeline {
    /// A timeline that hears, counted in `metrics`; [`Keeping::begin`] makes it remember.
    #[must_use]
    pub fn new(metrics: Arc<Metrics>) -> Self {
        let (queue, inbox) = mpsc::channel(QUEUE);
        Self(Some(Arc::new(Shared {
            queue,
            inbox: Mutex::new(Some(inbox)),
            live: live::Live::new(),
            agenda: Agenda::default(),
            repeats: Repeats::default(),
            pace: Pace::default(),
            states: RwLock::default(),
            sources: OnceLock::new(),
            config: OnceLock::new(),
            metrics,
        })))
    }

    /// Takes note of something. Never waits: a transfer is worth more than the memory of it.
    pub fn put(&self, event: Event) {
        let Some(shared) = &self.0 else { return };
        if let Err(mpsc::error::TrySendError::Full(_)) = shared.queue.try_send(Note::Event(Box::new(event))) {
            shared.metrics.timeline.dropped_full.inc();
        }
    }

    /// What happens from now on, and, if `after` names something that was heard a moment ago, what happened since.
    #[must_use]
    pub fn live(&self, after: Option<&str>) -> Option<Hearing> {
        Some(self.0.as_ref()?.live.hear(after))
    }

    /// The verdict on a phone, by all that is known at this moment, and its boots.
    ///
    /// # Errors
    /// When nothing is kept here, or the database does not answer.
    pub async fn verdict(&self, phone: Mac) -> Result<(Verdict, Vec<Boot>), Error> {
        let sources = self.0.as_ref().and_then(|shared| shared.sources.get()).ok_or(Error::Off)?;
        self.flush().await;
        Ok(Judge::now(sources).one(phone).await?)
    }

    /// The boots of a phone, the oldest first.
    ///
    /// # Errors
    /// As [`Timeline::verdict`].
    pub async fn boots(&self, phone: Mac) -> Result<Vec<Boot>, Error> {
        let sources = self.0.as_ref().and_then(|shared| shared.sources.get()).ok_or(Error::Off)?;
        self.flush().await;
        Ok(judge::boots_of(&sources.store, phone).await?)
    }

    /// The rule that held for a phone when it was judged last: at once, and perhaps some seconds old.
    #[must_use]
    pub fn state(&self, phone: Mac) -> Option<&'static Rule> {
        let states = self.0.as_ref()?.states.read().unwrap_or_else(PoisonError::into_inner);
        states.rule(phone)
    }

    /// The phones for which that rule held when they were judged last, by address.
    #[must_use]
    pub fn phones_with(&self, rule: &str) -> Vec<Mac> {
        let Some(shared) = &self.0 else { return Vec::new() };
        let states = shared.states.read().unwrap_or_else(PoisonError::into_inner);
        states.phones(rule).collect()
    }

    /// How many phones there are for each rule.
    #[must_use]
    pub fn counts(&self) -> Vec<(&'static Rule, usize)> {
        let mut counts: Vec<_> = provision::timeline::RULES.iter().map(|rule| (rule, 0)).collect();
        let Some(shared) = &self.0 else { return counts };
        let states = shared.states.read().unwrap_or_else(PoisonError::into_inner);
        for (rule, count) in &mut counts {
            *count = states.count(rule.id);
        }
        drop(states);
        counts
    }

    /// Waits until everything heard so far is written down, or for two seconds.
    pub async fn flush(&self) {
        let Some(shared) = &self.0 else { return };
        let (done, is_done) = oneshot::channel();
        let flushed = async {
            if shared.queue.send(Note::Flush(done)).await.is_ok() {
                let _ = is_done.await;
            }
        };
        let _ = tokio::time::timeout(FLUSH, flushed).await;
    }
}

impl fmt::Debug for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Timeline" } else { "Timeline(off)" })
    }
}

/// Now, in milliseconds since 1970.
#[must_use]
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
