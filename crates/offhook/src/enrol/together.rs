//! Changes of many phones written as one: phones that come together cost the database a transaction now and then, not one for each
//! step of each.
//!
//! Nobody stands behind the counter. Whoever comes while nobody writes does so at once, for all who wait; only in a crowd a
//! moment later, so that more can come along.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use provision::mac::Mac;
use store::{Enrolment, Store};
use tokio::sync::oneshot::error::TryRecvError;
use tokio::sync::{Mutex as Turn, oneshot};

/// Changes of one transaction: more gain little, and the first of them wait for the last.
const MOST: usize = 64;
/// How long a crowd is waited for: an enrolment takes a hundred times as long.
const MOMENT: Duration = Duration::from_millis(5);

/// What is to become of a phone's record.
pub(super) type Change = Box<dyn FnOnce(&mut Enrolment) + Send>;

/// How a write ended, for all who took part in it.
type Written = Result<(), Arc<store::Error>>;

/// Those who wait to be written.
#[derive(Default)]
pub(super) struct Together {
    waiting: Mutex<Vec<Waiting>>,
    turn: Turn<()>,
    /// Whether more than one took part in the last write.
    is_crowded: AtomicBool,
}

struct Waiting {
    phone: Mac,
    change: Change,
    written: oneshot::Sender<Written>,
}

impl Together {
    /// Changes the record of a phone, alone; done when it holds. `None`: whoever wrote for all gave up.
    pub(super) async fn change(&self, store: &Store, phone: Mac, change: Change) -> Option<Written> {
        let (written, mut is_written) = oneshot::channel();
        self.waiting().push(Waiting { phone, change, written });
        let _turn = tokio::select! {
            biased;
            written = &mut is_written => return written.ok(),
            turn = self.turn.lock() => turn,
        };
        if self.is_crowded.load(Ordering::Relaxed) {
            tokio::time::sleep(MOMENT).await;
        }
        loop {
            match is_written.try_recv() {
                Ok(written) => return Some(written),
                Err(TryRecvError::Closed) => return None,
                Err(TryRecvError::Empty) => self.write(store).await,
            }
        }
    }

    /// Writes those who have waited longest.
    async fn write(&self, store: &Store) {
        let some: Vec<Waiting> = {
            let mut waiting = self.waiting();
            self.is_crowded.store(waiting.len() > 1, Ordering::Relaxed);
            let most = waiting.len().min(MOST);
            waiting.drain(..most).collect()
        };
        let mut changes: BTreeMap<Mac, Vec<Change>> = BTreeMap::new();
        let mut to_tell = Vec::with_capacity(some.len());
        for Waiting { phone, change, written } in some {
            // Somebody who has gone away wants nothing any more.
            if !written.is_closed() {
                changes.entry(phone).or_default().push(change);
                to_tell.push(written);
            }
        }
        let phones: Vec<Mac> = changes.keys().copied().collect();
        let written = store.change_enrolments(&phones, |kept| {
            let mac = kept.mac;
            changes.remove(&mac).into_iter().flatten().for_each(|change| change(kept));
        });
        let written = written.await.map(drop).map_err(Arc::new);
        for one in to_tell {
            let _ = one.send(written.clone());
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Together {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Together({} waiting)", self.waiting().len())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use tokio::task::JoinSet;

    use super::*;

    async fn store(folder: &std::path::Path) -> Store {
        Store::open_or_create(&format!("sqlite://{}", folder.join("offhook.db").display())).await.unwrap()
    }

    /// One more wrong password.
    fn fail() -> Change {
        Box::new(|kept| kept.session = Some(kept.session.unwrap_or_default() + 1))
    }

    #[tokio::test]
    async fn of_all_who_come_at_once_each_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let (store, together) = (store(folder.path()).await, Arc::new(Together::default()));
        let phones = [1, 2, 3].map(|last| Mac::new([2, 0, 0, 0, 0, last]));
        let mut all = JoinSet::new();
        for number in 0..300 {
            let (store, together) = (store.clone(), together.clone());
            all.spawn(async move { together.change(&store, phones[number % 3], fail()).await });
        }
        for written in all.join_all().await {
            written.unwrap().unwrap();
        }
        for phone in phones {
            assert_eq!(store.enrolment(phone).await.unwrap().unwrap().session, Some(100));
        }
        assert!(together.waiting().is_empty());
    }

    #[tokio::test]
    async fn whoever_goes_away_leaves_nothing_and_holds_up_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let (store, together) = (store(folder.path()).await, Together::default());
        let phones = [1, 2].map(|last| Mac::new([2, 0, 0, 0, 0, last]));
        let turn = together.turn.lock().await;
        let gives_up = tokio::time::timeout(Duration::ZERO, together.change(&store, phones[0], fail()));
        assert!(gives_up.await.is_err());
        drop(turn);
        together.change(&store, phones[1], fail()).await.unwrap().unwrap();
        assert_eq!(store.enrolment(phones[0]).await.unwrap(), None);
        assert_eq!(store.enrolment(phones[1]).await.unwrap().unwrap().session, Some(1));
    }
}
