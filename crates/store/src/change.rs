//! Changes to the inventory: all of one call, or none.
//!
//! A batch is first folded to what shall hold in the end, so that its order does not matter; then it is written family by
//! family, many rows a statement; then everything that it names must be there.

mod check;
pub(crate) mod effect;
pub(crate) mod put;
mod remove;
pub(crate) mod values;

use std::time::{SystemTime, UNIX_EPOCH};

use provision::inventory::Change;

use crate::database::{Database, Writing};
use crate::listen::CHANNEL;
use crate::roster::moves;
use crate::store::Store;
use crate::{Error, Result};
use effect::Effect;

impl Store {
    /// Makes all changes, or none and says why. Gives the number that the inventory has from now on.
    pub async fn change(&self, changes: &[Change]) -> Result<u64> {
        self.change_after(None, changes).await
    }

    /// As [`Store::change`], but only while the inventory still has that number: for those who read something, think about
    /// it, and write it back. Otherwise they would undo what others did meanwhile.
    pub async fn change_since(&self, read_at: u64, changes: &[Change]) -> Result<u64> {
        self.change_after(Some(read_at), changes).await
    }

    async fn change_after(&self, read_at: Option<u64>, changes: &[Change]) -> Result<u64> {
        let effect = Effect::of(changes)?;
        let mut writing = self.database.begin().await?;
        let generation = step(&mut writing).await?;
        if read_at.is_some_and(|read_at| generation.cast_unsigned() != read_at + 1) {
            return Err(Error::Overtaken);
        }
        self.write_all(&mut writing, &effect).await?;
        tell(&mut writing, generation).await?;
        writing.commit().await?;
        self.saw(generation.cast_unsigned());
        if changes.len() >= MANY {
            self.tidy().await;
        }
        Ok(generation.cast_unsigned())
    }

    /// After many changes the databases would for a while find things as if nothing had come; they are told at once.
    pub(crate) async fn tidy(&self) {
        let done = match &self.database {
            Database::Sqlite { writer, .. } => {
                sqlx::raw_sql("PRAGMA analysis_limit = 1000; PRAGMA optimize").execute(writer).await.map(drop)
            }
            Database::Postgres { pool, .. } => {
                let all = "VACUUM (ANALYZE) phones, phone_layers, keys, lines, contacts, contact_words, \
                           contact_keys, contact_digits";
                sqlx::raw_sql(all).execute(pool).await.map(drop)
            }
        };
        if let Err(problem) = done {
            tracing::debug!(%problem, "the database could not be tidied up; it will do so by itself");
        }
    }
}

/// As many changes as make lists slow until the database has counted anew.
const MANY: usize = 5000;

impl Store {
    /// Makes the changes within a transaction that keeps others out.
    pub(crate) async fn make(&self, writing: &mut Writing, changes: &[Change]) -> Result<()> {
        self.write_all(writing, &Effect::of(changes)?).await
    }

    async fn write_all(&self, writing: &mut Writing, effect: &Effect<'_>) -> Result<()> {
        let audited = self.foresee(writing, effect).await?;
        put::all(writing, effect, now()).await?;
        remove::all(writing, effect).await?;
        check::all(writing, effect).await?;
        moves::of_change(writing, effect).await?;
        self.write_down(writing, audited).await
    }
}

/// Moves the generation. Comes first: its row keeps every other change out until this one ends.
pub(crate) async fn step(writing: &mut Writing) -> Result<i64> {
    Ok(writing!(writing, c =>
        sqlx::query_scalar("UPDATE inventory SET generation = generation + 1 RETURNING generation")
            .fetch_one(c)
            .await?))
}

/// Tells the other processes, which hear of it when the change holds.
pub(crate) async fn tell(writing: &mut Writing, generation: i64) -> Result<()> {
    if let Writing::Postgres(c) = writing {
        sqlx::query("SELECT pg_notify($1, $2)")
            .bind(CHANNEL)
            .bind(generation.to_string())
            .execute(&mut **c)
            .await?;
    }
    Ok(())
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
