//! The roster: all phones in memory as lists show them, for a server that is asked for lists again and again.
//!
//! Looking at every phone in memory takes some milliseconds for 100,000 of them, and answers any filter, search and count;
//! in a database a search through all texts takes fifty. Each list first asks for the number of the last move, which every change writes down with
//! the phones that it moved ([`moves`]), and reads only those again. While all phones are read, which takes a second, the database
//! answers.

mod facets;
mod find;
pub(crate) mod moves;
mod read;
mod sheet;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use provision::mac::Mac;

use crate::Result;
use crate::database::Database;
use crate::page::{Listed, Page};
use crate::phones::{PhoneQuery, PhoneRow};
use crate::store::Store;
pub use facets::Facets;
use read::Made;
use sheet::Sheet;

/// All phones are read in at most this part of the time, however much moves.
const SHARE: u32 = 10;

/// The sheet of this process, if somebody wants one.
#[derive(Default)]
pub(crate) struct Roster {
    wanted: AtomicBool,
    kept: Mutex<Option<Arc<Sheet>>>,
    /// One at a time brings it up to date; the others find it done.
    refreshing: tokio::sync::Mutex<()>,
    /// Somebody reads all phones.
    making: AtomicBool,
    /// Not before that are all phones read again.
    rests_until: Mutex<Option<Instant>>,
}

impl Store {
    /// From now on lists of phones are answered from memory, with what was read at the first of them. Good for a server; a
    /// command that asks once is faster without.
    pub fn keep_roster(&self) {
        self.known.roster.wanted.store(true, Ordering::Release);
    }

    /// As [`Store::keep_roster`], and reads all phones now.
    pub async fn read_roster(&self) -> Result<()> {
        self.keep_roster();
        self.make_sheet().await
    }

    /// Part of a list from memory. `None`: it is not there, or the database is better at that.
    pub(crate) async fn phones_at_hand(
        &self,
        query: &PhoneQuery,
        page: &Page<Mac>,
    ) -> Result<Option<Listed<PhoneRow>>> {
        if !find::answers(query) {
            return Ok(None);
        }
        let none_last = matches!(self.database, Database::Postgres { .. });
        let sheet = self.sheet().await?;
        sheet.map(|sheet| sheet.page(query, page, none_last)).transpose()
    }

    /// All phones as they are now.
    pub(crate) async fn sheet(&self) -> Result<Option<Arc<Sheet>>> {
        let roster = &self.known.roster;
        if !roster.wanted.load(Ordering::Acquire) {
            return Ok(None);
        }
        let Some(kept) = roster.kept() else {
            self.make_sheet_beside();
            return Ok(None);
        };
        let now: i64 = reading!(&self.database, c =>
            sqlx::query_scalar("SELECT phone_moves FROM inventory").fetch_one(c).await?);
        match kept.moves.cmp(&now) {
            std::cmp::Ordering::Equal => return Ok(Some(kept)),
            std::cmp::Ordering::Less => {}
            // The count only grows: this is another database by the same name.
            std::cmp::Ordering::Greater => {
                roster.forget();
                self.make_sheet_beside();
                return Ok(None);
            }
        }
        let _one = roster.refreshing.lock().await;
        let kept = roster.kept().unwrap_or(kept);
        if kept.moves >= now {
            return Ok(Some(kept));
        }
        let mut reading = self.database.begin_reading().await?;
        let made = read::since(&mut reading, &kept).await?;
        reading.commit().await?;
        if let Made::Sheet(_) = made {
            return Ok(roster.keep(made));
        }
        self.make_sheet_beside();
        Ok(None)
    }

    /// Reads all phones, while whoever asks is answered by the database.
    fn make_sheet_beside(&self) {
        let roster = &self.known.roster;
        if roster.rests() || roster.making.swap(true, Ordering::AcqRel) {
            return;
        }
        let store = self.clone();
        tokio::spawn(async move {
            let began = Instant::now();
            if let Err(problem) = store.make_sheet().await {
                tracing::debug!(%problem, "the list of phones could not be read into memory; it will be tried again");
            }
            let roster = &store.known.roster;
            roster.rest(began.elapsed() * SHARE);
            roster.making.store(false, Ordering::Release);
        });
    }

    async fn make_sheet(&self) -> Result<()> {
        let mut reading = self.database.begin_reading().await?;
        let made = read::all(&mut reading).await?;
        reading.commit().await?;
        self.known.roster.keep(made);
        Ok(())
    }
}

impl Roster {
    fn kept(&self) -> Option<Arc<Sheet>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps what was made, unless it is older than what is there; gives what is kept then.
    fn keep(&self, made: Made) -> Option<Arc<Sheet>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        match made {
            Made::Sheet(sheet) if kept.as_ref().is_none_or(|kept| kept.moves <= sheet.moves) => {
                *kept = Some(sheet);
            }
            Made::Sheet(_) | Made::Anew => {}
            Made::TooMuch => {
                tracing::info!(
                    "the texts of all phones are too long to be kept in memory; lists are slower without"
                );
                self.wanted.store(false, Ordering::Release);
                *kept = None;
            }
        }
        kept.clone()
    }

    fn forget(&self) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn rests(&self) -> bool {
        let until = *self.rests_until.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|until| Instant::now() < until)
    }

    fn rest(&self, time: Duration) {
        *self.rests_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + time);
    }
}
