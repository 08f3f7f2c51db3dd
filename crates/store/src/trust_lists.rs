//! The history of trust lists: each that was published, with its bytes. Phones get the last.

use provision::ledger::{Contents, Listed};
use sqlx::QueryBuilder;

use crate::change::{step, tell};
use crate::database::Writing;
use crate::store::Store;
use crate::{Error, Result, json};

/// A trust list that was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Its number; they count from 1, and a new one has 0.
    pub number: i64,
    /// When, in seconds since 1970.
    pub at: i64,
    /// By whom.
    pub by: String,
    /// What for, in one word.
    pub purpose: String,
    /// What whoever published it had to say.
    pub note: String,
    /// What in it decides about the next one.
    pub contents: Contents,
    /// Each certificate in each role.
    pub certificates: Vec<Listed>,
    /// The list.
    pub bytes: Vec<u8>,
}

/// Number, time, author, purpose, note, contents, certificates, bytes.
pub(crate) type Row = (i64, i64, String, String, String, String, String, Vec<u8>);

impl Store {
    /// Publishes a list under the next number, which it gives. Refused as overtaken unless the last one has the number
    /// `after`; 0 means that there is none yet. The generation moves: phones get it from now on.
    pub async fn publish_trust_list(&self, list: &Published, after: i64) -> Result<i64> {
        let mut writing = self.database.begin().await?;
        let generation = step(&mut writing).await?;
        let last: i64 = writing!(&mut writing, c =>
            sqlx::query_scalar("SELECT coalesce(max(number), 0) FROM trust_lists").fetch_one(c).await?);
        if last != after {
            return Err(Error::Overtaken);
        }
        let number = last + 1;
        put(&mut writing, &[&Published { number, ..list.clone() }]).await?;
        self.noted(&mut writing, "published", &format!("trust list {number}"), &[]).await?;
        tell(&mut writing, generation).await?;
        writing.commit().await?;
        self.saw(generation.cast_unsigned());
        Ok(number)
    }

    /// The list that phones get: the last that was published.
    pub async fn last_trust_list(&self) -> Result<Option<Published>> {
        let row: Option<Row> = reading!(&self.database, c =>
            sqlx::query_as(
                "SELECT number, at, author, purpose, note, contents, certificates, bytes FROM trust_lists
                 ORDER BY number DESC LIMIT 1",
            )
            .fetch_optional(c)
            .await?);
        row.map(published).transpose()
    }

    /// The list of that number.
    pub async fn trust_list(&self, number: i64) -> Result<Option<Published>> {
        let row: Option<Row> = reading!(&self.database, c =>
            sqlx::query_as(
                "SELECT number, at, author, purpose, note, contents, certificates, bytes FROM trust_lists
                 WHERE number = $1",
            )
            .bind(number)
            .fetch_optional(c)
            .await?);
        row.map(published).transpose()
    }

    /// All lists, the newest first. There are as many as people published.
    pub async fn trust_lists(&self) -> Result<Vec<Published>> {
        let rows: Vec<Row> = reading!(&self.database, c =>
            sqlx::query_as(
                "SELECT number, at, author, purpose, note, contents, certificates, bytes FROM trust_lists
                 ORDER BY number DESC",
            )
            .fetch_all(c)
            .await?);
        rows.into_iter().map(published).collect()
    }
}

/// Within a transaction, under the numbers that they have.
pub(crate) async fn put(writing: &mut Writing, lists: &[&Published]) -> Result<()> {
    for list in lists {
        writing!(&mut *writing, c => {
            let mut sql = QueryBuilder::new(
                "INSERT INTO trust_lists (number, at, author, purpose, note, contents, certificates, bytes) ",
            );
            sql.push_values([list], |mut row, list| {
                row.push_bind(list.number)
                    .push_bind(list.at)
                    .push_bind(list.by.as_str())
                    .push_bind(list.purpose.as_str())
                    .push_bind(list.note.as_str())
                    .push_bind(json::text(&list.contents))
                    .push_bind(json::text(&list.certificates))
                    .push_bind(list.bytes.as_slice());
            });
            sql.build().execute(c).await?;
        });
    }
    Ok(())
}

pub(crate) fn published(row: Row) -> Result<Published> {
    let (number, at, by, purpose, note, contents, certificates, bytes) = row;
    let thing = || format!("trust list {number}");
    let (contents, certificates) = (json::read(&contents, thing)?, json::read(&certificates, thing)?);
    Ok(Published { number, at, by, purpose, note, contents, certificates, bytes })
}
