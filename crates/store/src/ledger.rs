//! The ledger of trust: which list each phone fetched, and which it holds.

use std::collections::{BTreeMap, BTreeSet};

use provision::ledger::{Contents, Entry, Event, Fetch, Held};
use provision::mac::Mac;
use sqlx::QueryBuilder;

use crate::database::Writing;
use crate::phones::mac;
use crate::store::Store;
use crate::{Result, json};

/// Rows of one statement: ten values each, far below what either database takes.
const AT_ONCE: usize = 300;

/// Address, list fetched, its name, time and source, list held, since when, signed, plain, foreign.
pub(crate) type Row = (
    String,
    Option<String>,
    Option<String>,
    Option<i64>,
    Option<String>,
    Option<String>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
);

impl Store {
    /// Writes down what phones did, in that order. `vouching` names the certificate of the Trust Verification Service that
    /// vouches for the signer of a list, if one does. A phone of which nothing is known gets no entry for asking without a
    /// signature unless `with_plain` says so. The generation does not move.
    pub async fn note_in_ledger(
        &self,
        events: &[(Mac, Event)],
        with_plain: bool,
        vouching: impl Fn(&Contents) -> Option<String>,
    ) -> Result<()> {
        if events.is_empty() {
            return Ok(());
        }
        let phones: BTreeSet<Mac> = events.iter().map(|(mac, _)| *mac).collect();
        let mut writing = self.database.begin().await?;
        alone(&mut writing).await?;
        let before = of_phones(&mut writing, &phones).await?;
        let mut after = before.clone();
        for (mac, event) in events {
            let is_plain = matches!(event, Event::Asked(provision::ledger::Asked::Plain, _));
            if is_plain && !with_plain && !after.contains_key(mac) {
                continue;
            }
            after.entry(*mac).or_default().note(event.clone(), &vouching);
        }
        // What told nothing makes no entry.
        let nothing = Entry::default();
        after.retain(|mac, entry| before.get(mac).unwrap_or(&nothing) != entry);
        put(&mut writing, &after.iter().map(|(mac, entry)| (*mac, entry)).collect::<Vec<_>>()).await?;
        writing.commit().await
    }

    /// What is known of that phone.
    pub async fn ledger_entry(&self, mac: Mac) -> Result<Option<Entry>> {
        Ok(self.ledger_between(mac, mac).await?.pop().map(|(_, entry)| entry))
    }

    /// What is known of all phones, by address.
    pub async fn ledger(&self) -> Result<Vec<(Mac, Entry)>> {
        self.ledger_between(Mac::new([0; 6]), Mac::new([255; 6])).await
    }

    /// What is known of the phones from the first to the last, by address.
    pub async fn ledger_between(&self, first: Mac, last: Mac) -> Result<Vec<(Mac, Entry)>> {
        let rows: Vec<Row> = reading!(&self.database, c =>
            sqlx::query_as(
                "SELECT mac, fetched, fetched_name, fetched_at, fetched_source, held, held_since, signed_at, plain_at,
                        foreign_since
                 FROM ledger WHERE mac >= $1 AND mac <= $2 ORDER BY mac",
            )
            .bind(first.to_string())
            .bind(last.to_string())
            .fetch_all(c)
            .await?);
        rows.into_iter().map(entry).collect()
    }

    /// Forgets what is known of these phones; tells of how many something was.
    pub async fn forget_in_ledger(&self, phones: &[Mac]) -> Result<u64> {
        let mut writing = self.database.begin().await?;
        alone(&mut writing).await?;
        let mut gone = 0;
        for mac in phones {
            gone += writing!(&mut writing, c =>
                sqlx::query("DELETE FROM ledger WHERE mac = $1")
                    .bind(mac.to_string())
                    .execute(c)
                    .await?
                    .rows_affected());
        }
        writing.commit().await?;
        Ok(gone)
    }
}

/// Two servers must not think about the same phone at once: what one of them read would be old. SQLite's writers are alone
/// anyway. The number is ours: "ledger" in ASCII.
async fn alone(writing: &mut Writing) -> Result<()> {
    if let Writing::Postgres(transaction) = writing {
        sqlx::query("SELECT pg_advisory_xact_lock(119182731994482)").execute(&mut **transaction).await?;
    }
    Ok(())
}

async fn of_phones(writing: &mut Writing, phones: &BTreeSet<Mac>) -> Result<BTreeMap<Mac, Entry>> {
    let mut known = BTreeMap::new();
    let phones: Vec<Mac> = phones.iter().copied().collect();
    for some in phones.chunks(AT_ONCE) {
        let rows: Vec<Row> = writing!(&mut *writing, c => {
            let mut sql = QueryBuilder::new(
                "SELECT mac, fetched, fetched_name, fetched_at, fetched_source, held, held_since, signed_at, plain_at,
                        foreign_since
                 FROM ledger WHERE mac IN (",
            );
            let mut each = sql.separated(", ");
            for mac in some {
                each.push_bind(mac.to_string());
            }
            sql.push(")").build_query_as().persistent(some.len() == AT_ONCE).fetch_all(c).await?
        });
        for row in rows {
            let (mac, entry) = entry(row)?;
            known.insert(mac, entry);
        }
    }
    Ok(known)
}

/// Within a transaction; none of them twice.
pub(crate) async fn put(writing: &mut Writing, rows: &[(Mac, &Entry)]) -> Result<()> {
    for some in rows.chunks(AT_ONCE) {
        writing!(&mut *writing, c => {
            let mut sql = QueryBuilder::new(
                "INSERT INTO ledger (mac, fetched, fetched_name, fetched_at, fetched_source, held, held_since, signed_at,
                                     plain_at, foreign_since) ",
            );
            sql.push_values(some, |mut row, (mac, entry)| {
                let (fetched, held) = (entry.fetched.as_ref(), entry.held.as_ref());
                row.push_bind(mac.to_string())
                    .push_bind(fetched.map(|fetch| json::text(&fetch.contents)))
                    .push_bind(fetched.map(|fetch| fetch.name.as_str()))
                    .push_bind(fetched.map(|fetch| fetch.at))
                    .push_bind(fetched.map(|fetch| fetch.source.as_str()))
                    .push_bind(held.map(|held| json::text(&held.contents)))
                    .push_bind(held.map(|held| held.since))
                    .push_bind(entry.signed_at)
                    .push_bind(entry.plain_at)
                    .push_bind(entry.foreign);
            });
            sql.push(
                " ON CONFLICT (mac) DO UPDATE SET fetched = excluded.fetched, fetched_name = excluded.fetched_name,
                  fetched_at = excluded.fetched_at, fetched_source = excluded.fetched_source, held = excluded.held,
                  held_since = excluded.held_since, signed_at = excluded.signed_at, plain_at = excluded.plain_at,
                  foreign_since = excluded.foreign_since",
            );
            sql.build().persistent(some.len() == AT_ONCE).execute(c).await?;
        });
    }
    Ok(())
}

pub(crate) fn entry(row: Row) -> Result<(Mac, Entry)> {
    let (digits, fetched, name, at, source, held, since, signed_at, plain_at, foreign) = row;
    let mac = mac(&digits)?;
    let read = |text: Option<String>| -> Result<Option<Contents>> {
        text.map(|text| json::read(&text, || format!("the ledger of SEP{digits}"))).transpose()
    };
    let fetched = read(fetched)?.map(|contents| Fetch {
        contents,
        name: name.unwrap_or_default(),
        at: at.unwrap_or_default(),
        source: source.unwrap_or_default(),
    });
    let held = read(held)?.map(|contents| Held { contents, since: since.unwrap_or_default() });
    Ok((mac, Entry { fetched, held, signed_at, plain_at, foreign }))
}
