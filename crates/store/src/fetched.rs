//! Which configuration each phone fetched last: what `plan` compares with.

use std::collections::BTreeMap;

use provision::mac::Mac;
use sqlx::QueryBuilder;

use crate::Result;
use crate::database::Writing;
use crate::phones::mac;
use crate::store::Store;

/// Rows of one statement: six values each, far below what either database takes.
const AT_ONCE: usize = 500;

/// A configuration that a phone fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The phone.
    pub mac: Mac,
    /// The version stamp of the document.
    pub stamp: String,
    /// What stood in it, in the words of whoever compares.
    pub fingerprint: Vec<u8>,
    /// When, in seconds since 1970.
    pub at: i64,
    /// Over what: `tftp`, `http`, `https`.
    pub transport: String,
    /// From which address.
    pub source: String,
}

/// Address, stamp, fingerprint, time, transport, source.
pub(crate) type Row = (String, String, Vec<u8>, i64, String, String);

impl Store {
    /// Remembers what phones fetched; of several by one phone the last counts. The generation does not move.
    pub async fn remember_fetched(&self, fetched: &[Fetched]) -> Result<()> {
        let mut last: BTreeMap<Mac, &Fetched> = BTreeMap::new();
        for one in fetched {
            let held = last.entry(one.mac).or_insert(one);
            if one.at >= held.at {
                *held = one;
            }
        }
        let rows: Vec<&Fetched> = last.into_values().collect();
        if rows.is_empty() {
            return Ok(());
        }
        let mut writing = self.database.begin().await?;
        remember(&mut writing, &rows).await?;
        writing.commit().await
    }

    /// What that phone fetched last.
    pub async fn fetched(&self, mac: Mac) -> Result<Option<Fetched>> {
        Ok(self.fetched_between(mac, mac).await?.pop())
    }

    /// What the phones from the first to the last fetched last, by address.
    pub async fn fetched_between(&self, first: Mac, last: Mac) -> Result<Vec<Fetched>> {
        let rows: Vec<Row> = reading!(&self.database, c =>
            sqlx::query_as(
                "SELECT mac, stamp, fingerprint, at, transport, source FROM fetched
                 WHERE mac >= $1 AND mac <= $2 ORDER BY mac",
            )
            .bind(first.to_string())
            .bind(last.to_string())
            .fetch_all(c)
            .await?);
        rows.into_iter().map(fetched).collect()
    }
}

/// Within a transaction; none of them twice.
pub(crate) async fn remember(writing: &mut Writing, rows: &[&Fetched]) -> Result<()> {
    for some in rows.chunks(AT_ONCE) {
        writing!(&mut *writing, c => {
            let mut sql =
                QueryBuilder::new("INSERT INTO fetched (mac, stamp, fingerprint, at, transport, source) ");
            sql.push_values(some, |mut row, one| {
                row.push_bind(one.mac.to_string())
                    .push_bind(one.stamp.as_str())
                    .push_bind(one.fingerprint.as_slice())
                    .push_bind(one.at)
                    .push_bind(one.transport.as_str())
                    .push_bind(one.source.as_str());
            });
            sql.push(
                " ON CONFLICT (mac) DO UPDATE SET stamp = excluded.stamp, fingerprint = excluded.fingerprint,
                  at = excluded.at, transport = excluded.transport, source = excluded.source
                  WHERE excluded.at >= fetched.at",
            );
            sql.build().persistent(some.len() == AT_ONCE).execute(c).await?;
        });
    }
    Ok(())
}

pub(crate) fn fetched((digits, stamp, fingerprint, at, transport, source): Row) -> Result<Fetched> {
    Ok(Fetched { mac: mac(&digits)?, stamp, fingerprint, at, transport, source })
}
