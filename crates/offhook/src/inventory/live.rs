//! The inventory as a running server sees it: whether it changed is known without asking, and nobody waits for it long.
//!
//! What was made from it holds as long as its generation does. On PostgreSQL the generation moves by itself; on SQLite the
//! stamps of the files tell that another process wrote, and then the number is asked for once.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex as Plain, OnceLock, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::Bytes;
use provision::render::Surroundings;
use store::Store;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::delivery::{Delivery, Recorder};
use super::fingerprint::Fingerprint;
use super::ledger::Clerk;
use super::protection::Protections;
use super::told::Documents;
use crate::artifact::Transport;
use crate::stamp::{Look, Witness};

/// A phone asks again after a few seconds; a database that takes longer is as good as away.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long nobody asks a database that did not answer: else every request would wait for it in turn.
const PAUSE: Duration = Duration::from_secs(1);

/// The inventory of a running server. Clones share everything.
#[derive(Clone)]
pub struct Inventory(Arc<Shared>);

struct Shared {
    store: Store,
    marks: Vec<PathBuf>,
    /// How the marks looked before the generation was asked for.
    seen: ArcSwap<Witness>,
    asking: Mutex<()>,
    surroundings: ArcSwap<Surroundings>,
    documents: ArcSwap<Documents>,
    protections: Protections,
    recorder: OnceLock<Recorder>,
    clerk: OnceLock<Clerk>,
    health: Health,
}

/// Why the inventory gave no answer. What went wrong is in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// The database cannot be reached; later it may.
    Away,
    /// What stands in it cannot be used.
    Broken,
}

impl Inventory {
    /// The inventory in `store`; phones are told of `surroundings`.
    #[must_use]
    pub fn new(store: Store, surroundings: Surroundings) -> Self {
        let marks = store.marks();
        let mut seen = Witness::default();
        seen.doubt();
        Self(Arc::new(Shared {
            store,
            marks,
            seen: ArcSwap::from_pointee(seen),
            asking: Mutex::default(),
            surroundings: ArcSwap::from_pointee(surroundings),
            documents: ArcSwap::default(),
            protections: Protections::default(),
            recorder: OnceLock::new(),
            clerk: OnceLock::new(),
            health: Health::default(),
        }))
    }

    /// Where it is kept.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// What phones are told about this server.
    #[must_use]
    pub fn surroundings(&self) -> Arc<Surroundings> {
        self.0.surroundings.load_full()
    }

    /// Phones are told something else from now on.
    pub fn set_surroundings(&self, surroundings: Surroundings) {
        self.0.surroundings.store(Arc::new(surroundings));
    }

    /// The number of the last change, if it is known without asking anybody.
    #[must_use]
    pub fn generation(&self) -> Option<u64> {
        self.generation_at(Look::now())
    }

    /// The number of the last change at the time of that look.
    #[must_use]
    pub fn generation_at(&self, look: Look) -> Option<u64> {
        let Shared { store, marks, seen, .. } = &*self.0;
        let is_sure = if marks.is_empty() { store.hears() } else { seen.load().holds_at(look) };
        is_sure.then(|| store.generation())
    }

    /// The number of the last change; one question for all who want to know. While the database is away, the last that
    /// was known.
    pub async fn current_generation(&self) -> u64 {
        if let Some(generation) = self.generation() {
            return generation;
        }
        let _alone = self.0.asking.lock().await;
        if let Some(generation) = self.generation() {
            return generation;
        }
        // Looked at first: what is written while the question is on its way shows next time.
        let seen = Witness::of_restless(self.0.marks.iter().cloned());
        match self.ask(|store| async move { store.current_generation().await }).await {
            Ok(generation) => {
                self.0.seen.store(Arc::new(seen));
                generation
            }
            Err(_) => self.0.store.generation(),
        }
    }

    /// A configuration on its way to its phone, if that is written down at all.
    #[must_use]
    pub fn delivery(&self, fingerprint: &Arc<Fingerprint>) -> Option<Delivery> {
        Some(self.0.recorder.get()?.delivery(fingerprint))
    }

    /// A trust list on its way to a phone, if that is written down at all.
    #[must_use]
    pub fn list_delivery(&self, name: &str, bytes: &Bytes) -> Option<Delivery> {
        Some(Delivery::of_list(self.0.clerk.get()?.handing(name, bytes)?))
    }

    /// Somebody asks for a file; what that says about the trust list they hold is written down.
    pub fn asked(&self, name: &[u8], from: IpAddr, transport: Transport) {
        if let Some(clerk) = self.0.clerk.get() {
            clerk.asked(name, from, transport);
        }
    }

    /// Lets the ledger of trust be kept; the first clerk stays.
    pub(super) fn keep_ledger_with(&self, clerk: Clerk) {
        let _ = self.0.clerk.set(clerk);
    }

    /// Lets deliveries be written down; the first recorder stays.
    pub(super) fn record_with(&self, recorder: Recorder) {
        let _ = self.0.recorder.set(recorder);
    }

    /// How many deliveries wait to be written down.
    #[must_use]
    pub fn deliveries_waiting(&self) -> usize {
        self.0.recorder.get().map_or(0, Recorder::waiting)
    }

    /// The documents as last read.
    pub(super) fn kept_documents(&self) -> &ArcSwap<Documents> {
        &self.0.documents
    }

    /// How configurations are protected, as last learnt.
    pub(super) fn protections(&self) -> &Protections {
        &self.0.protections
    }

    /// Asks the database something, and gives up on it before phones do.
    pub(crate) async fn ask<T, F>(&self, question: impl FnOnce(Store) -> F) -> Result<T, Silence>
    where
        F: Future<Output = store::Result<T>>,
    {
        let health = &self.0.health;
        if health.rests() {
            return Err(Silence::Away);
        }
        match tokio::time::timeout(PATIENCE, question(self.0.store.clone())).await {
            Ok(Ok(answer)) => {
                if health.is_back() {
                    tracing::info!("the inventory answers again");
                    // What changed meanwhile was told to nobody.
                    let _ = tokio::time::timeout(PATIENCE, self.0.store.current_generation()).await;
                }
                Ok(answer)
            }
            Ok(Err(error @ (store::Error::Unreadable { .. } | store::Error::Value { .. }))) => {
                tracing::error!(%error, "what the inventory holds cannot be used");
                Err(Silence::Broken)
            }
            Ok(Err(error)) => Err(health.is_gone(&error)),
            Err(_) => Err(health.is_gone(&"it does not answer in time")),
        }
    }
}

impl fmt::Debug for Inventory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Inventory").field(&self.0.store).finish()
    }
}

/// Whether the database answers.
#[derive(Default)]
struct Health {
    away: AtomicBool,
    ask_again: Plain<Option<Instant>>,
}

impl Health {
    fn rests(&self) -> bool {
        self.away.load(Ordering::Relaxed)
            && self
                .ask_again
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .is_some_and(|again| Instant::now() < again)
    }

    /// Takes note that it answers; says whether it did not before.
    fn is_back(&self) -> bool {
        self.away.load(Ordering::Relaxed) && self.away.swap(false, Ordering::Relaxed)
    }

    /// Takes note that it does not answer, and says so in the log the first time.
    fn is_gone(&self, why: &dyn fmt::Display) -> Silence {
        *self.ask_again.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + PAUSE);
        if !self.away.swap(true, Ordering::Relaxed) {
            tracing::error!(
                %why,
                "the inventory cannot be reached: what was made is still given, everything else is refused until it is back"
            );
        }
        Silence::Away
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use std::sync::atomic::AtomicUsize;

    use provision::inventory::{Change, Phone};
    use provision::mac::Mac;

    use super::*;

    fn change(last: u8) -> [Change; 1] {
        [Change::PutPhone(Phone::new(Mac::new([2, 0, 0, 0, 0, last]), None))]
    }

    #[tokio::test]
    async fn a_change_by_another_process_is_seen_at_the_next_look() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("offhook.db").display());
        let inventory = Inventory::new(Store::open_or_create(&url).await.unwrap(), Surroundings::default());
        let other = Store::open(&url).await.unwrap();
        for count in 1..20 {
            let changed = other.change(&change(count)).await.unwrap();
            assert_eq!(inventory.current_generation().await, changed);
        }
    }

    #[tokio::test]
    async fn a_database_that_is_away_is_asked_again_after_a_pause() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("offhook.db").display());
        let inventory = Inventory::new(Store::open_or_create(&url).await.unwrap(), Surroundings::default());
        tokio::time::pause();
        let asked = AtomicUsize::new(0);
        let fails = || {
            inventory.ask(|_| async {
                asked.fetch_add(1, Ordering::Relaxed);
                Err::<(), _>(store::Error::Busy)
            })
        };
        for _ in 0..100 {
            assert_eq!(fails().await, Err(Silence::Away));
        }
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        tokio::time::advance(PAUSE).await;
        assert_eq!(fails().await, Err(Silence::Away));
        assert_eq!(asked.load(Ordering::Relaxed), 2);
        tokio::time::advance(PAUSE).await;
        let back = inventory.ask(|_| async { Ok(7) });
        assert_eq!(back.await, Ok(7));
        // It counts as there again: the next failure is told anew.
        assert!(!inventory.0.health.away.load(Ordering::Relaxed));
    }
}
