//! How configurations are protected, known without asking: the phones whose configuration is to be encrypted, and to which
//! certificate.
//!
//! The database counts what matters here ([`store::Store::enrolments_known`]), and that count is known as the generation is.
//! When it moved, only what changed is fetched: one question for all who want to know. While the database is away, the last
//! that was known holds.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use provision::mac::Mac;
use tokio::sync::Mutex;

use super::live::{Inventory, Silence};
use crate::enrol::{self, Protection};
use crate::stamp::Look;

/// Nothing was fetched yet. The database counts from 0, so what is known is kept one higher.
const NOTHING: u64 = 0;

/// What is known of all phones.
#[derive(Debug, Default)]
pub(super) struct Protections {
    /// One more than the count up to which it is known.
    known: AtomicU64,
    /// Phones that are or were to get theirs encrypted.
    phones: RwLock<HashMap<Mac, Guard>>,
    asking: Mutex<()>,
}

/// How one phone's configuration is protected.
#[derive(Clone, Debug, PartialEq)]
pub struct Guard {
    /// The number of the change that said so.
    pub number: u64,
    /// How; or why that cannot be known.
    pub how: Result<Protection, String>,
}

impl Guard {
    /// Of a phone that nobody asked it for.
    fn none() -> Self {
        Self { number: 0, how: Ok(Protection::Off) }
    }
}

impl Inventory {
    /// The number of the last change to the protection of that phone at the time of that look, if it is known without asking
    /// anybody.
    #[must_use]
    pub fn protection_number_at(&self, look: Look, phone: Mac) -> Option<u64> {
        let is_sure = self.generation_at(look).is_some()
            && self.protections().is_up_to(self.store().enrolments_known());
        is_sure.then(|| self.protections().number_of(phone))
    }

    /// The same as last known, while the database may be away.
    #[must_use]
    pub fn protection_number_last_known(&self, phone: Mac) -> u64 {
        self.protections().number_of(phone)
    }

    /// How that phone's configuration is protected. While the database is away, as was known last.
    ///
    /// # Errors
    /// The database is away, and nothing was ever known.
    pub async fn protection(&self, phone: Mac) -> Result<Guard, Silence> {
        self.learn_protections().await?;
        Ok(self.protections().of(phone))
    }

    /// Fetches what changed, if anything did.
    pub(crate) async fn learn_protections(&self) -> Result<(), Silence> {
        self.current_generation().await;
        let protections = self.protections();
        if protections.is_up_to(self.store().enrolments_known()) {
            return Ok(());
        }
        let _alone = protections.asking.lock().await;
        if protections.is_up_to(self.store().enrolments_known()) {
            return Ok(());
        }
        let known = protections.known.load(Ordering::Acquire);
        match self.ask(|store| async move { store.enrolments_since(known.saturating_sub(1)).await }).await {
            Ok(changes) => {
                protections.take_in(changes, known == NOTHING);
                Ok(())
            }
            Err(silence) if known == NOTHING => Err(silence),
            Err(_) => Ok(()),
        }
    }
}

impl Protections {
    fn is_up_to(&self, count: u64) -> bool {
        self.known.load(Ordering::Acquire) > count
    }

    fn of(&self, phone: Mac) -> Guard {
        let phones = self.phones.read().unwrap_or_else(PoisonError::into_inner);
        phones.get(&phone).cloned().unwrap_or_else(Guard::none)
    }

    /// The number alone: every warm request asks for it.
    fn number_of(&self, phone: Mac) -> u64 {
        let phones = self.phones.read().unwrap_or_else(PoisonError::into_inner);
        phones.get(&phone).map_or(0, |guard| guard.number)
    }

    fn take_in(&self, changes: store::EnrolmentChanges, first: bool) {
        let read: Vec<(Mac, Guard)> = changes
            .enrolments
            .iter()
            .map(|kept| {
                let how = enrol::record(kept).map(|record| record.protection());
                (kept.mac, Guard { number: kept.changed, how: how.map_err(|error| error.to_string()) })
            })
            .collect();
        let mut phones = self.phones.write().unwrap_or_else(PoisonError::into_inner);
        if changes.all || first {
            phones.clear();
        }
        phones.extend(read);
        // Within the lock: whoever sees the count sees what belongs to it.
        self.known.store(changes.known.saturating_add(1), Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use provision::render::Surroundings;
    use store::Store;

    use super::*;
    use crate::enrol::{Enrolments, Scheduled};

    const PHONE: Mac = Mac::new([2, 0, 0, 0, 0, 1]);
    const OTHER: Mac = Mac::new([2, 0, 0, 0, 0, 2]);

    async fn opened(folder: &tempfile::TempDir) -> (Inventory, Enrolments) {
        let url = format!("sqlite://{}", folder.path().join("offhook.db").display());
        let inventory = Inventory::new(Store::open_or_create(&url).await.unwrap(), Surroundings::default());
        (inventory, Enrolments::new(Store::open(&url).await.unwrap()))
    }

    fn scheduled() -> Scheduled {
        use provision::enrol::{Operation, Required, Schedule};
        Scheduled { schedule: Schedule::new(Operation::Fetch, Required::Nothing), at: 1 }
    }

    #[tokio::test]
    async fn what_another_process_changes_is_known_at_the_next_look() {
        let folder = tempfile::tempdir().unwrap();
        let (inventory, other) = opened(&folder).await;
        assert_eq!(inventory.protection(PHONE).await, Ok(Guard::none()));
        let mut last = 0;
        for (encrypt, waits, how) in [
            (true, false, Protection::Impossible),
            (true, true, Protection::Enrol),
            (false, true, Protection::Off),
        ] {
            let change = move |record: &mut enrol::Record| {
                record.encrypt = encrypt;
                record.scheduled = waits.then(scheduled);
            };
            other.change(PHONE, change).await.unwrap();
            let guard = inventory.protection(PHONE).await.unwrap();
            assert_eq!(guard.how, Ok(how));
            assert!(guard.number > last);
            last = guard.number;
            assert_eq!(inventory.protection_number_last_known(PHONE), last);
            assert_eq!(inventory.protection(OTHER).await, Ok(Guard::none()), "nobody else is disturbed");
        }
    }

    #[tokio::test]
    async fn while_the_database_is_away_the_last_that_was_known_holds() {
        let folder = tempfile::tempdir().unwrap();
        let (inventory, other) = opened(&folder).await;
        other.change(PHONE, |record| record.encrypt = true).await.unwrap();
        let before = inventory.protection(PHONE).await.unwrap();
        inventory.store().close().await;
        other.change(PHONE, |record| record.encrypt = false).await.unwrap();
        assert_eq!(inventory.protection(PHONE).await, Ok(before));
        let (never, _) = opened(&folder).await;
        never.store().close().await;
        assert_eq!(never.protection(PHONE).await, Err(Silence::Away), "nothing is given on a guess");
    }
}
