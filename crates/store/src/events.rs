//! What phones did: kept within budgets, read phone by phone. No generation moves with it, and backups leave it out: it tells
//! of the past of one server, and is worth nothing to another.

use std::net::IpAddr;

use provision::mac::Mac;
use provision::timeline::Event;
use sqlx::QueryBuilder;

use crate::phones::mac;
use crate::store::Store;
use crate::{Error, Result};

/// Rows of one statement: twelve values each, far below what either database takes.
const AT_ONCE: usize = 500;
/// Behind all digits of phones, so that a range of phones holds no address.
const ADDRESS: char = '~';

/// An event under its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptEvent {
    /// Its number: later ones have greater numbers.
    pub id: i64,
    /// What happened.
    pub event: Event,
}

/// Whose events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// Those of a phone.
    Phone(Mac),
    /// Those from an address of which nobody knows whose they were.
    Address(IpAddr),
}

/// A name that was asked for from some address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Neighbour {
    /// Which phone.
    pub mac: Mac,
    /// Whether its trust list was asked for, too, as phones do.
    pub asked_list: bool,
}

impl Subject {
    /// Whose event that is.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        event.phone.map_or(Self::Address(event.address), Self::Phone)
    }

    fn text(self) -> String {
        match self {
            Self::Phone(mac) => mac.to_string(),
            Self::Address(address) => format!("{ADDRESS}{address}"),
        }
    }
}

/// Number, subject, time, known by, address, via, what, name, outcome, reason, bytes, took, agent.
type Row = (i64, String, i64, String, String, String, String, String, String, String, i64, i64, String);

impl Store {
    /// Keeps events, in their order.
    pub async fn keep_events(&self, events: &[Event]) -> Result<()> {
        if events.is_empty() {
            return Ok(());
        }
        let mut writing = self.database.begin().await?;
        for some in events.chunks(AT_ONCE) {
            writing!(&mut writing, c => {
                let mut sql = QueryBuilder::new(
                    "INSERT INTO events (subject, at, known_by, address, via, what, name, outcome, reason, bytes,
                                         took, agent) ",
                );
                sql.push_values(some, |mut row, event| {
                    row.push_bind(Subject::of(event).text())
                        .push_bind(event.at)
                        .push_bind(event.known_by.word())
                        .push_bind(event.address.to_string())
                        .push_bind(event.via.word())
                        .push_bind(event.what.word())
                        .push_bind(event.name.as_str())
                        .push_bind(event.outcome.word())
                        .push_bind(event.reason.as_str())
                        .push_bind(event.bytes.cast_signed())
                        .push_bind(event.took.cast_signed())
                        .push_bind(event.agent.as_str());
                });
                sql.build().persistent(some.len() == AT_ONCE).execute(c).await?;
            });
        }
        writing.commit().await
    }

    /// Of each of these subjects only the last `most` events stay.
    pub async fn prune_events(&self, subjects: &[Subject], most: u32) -> Result<()> {
        if subjects.is_empty() {
            return Ok(());
        }
        let mut writing = self.database.begin().await?;
        for subject in subjects {
            writing!(&mut writing, c =>
                sqlx::query(
                    "DELETE FROM events WHERE subject = $1 AND id <=
                     (SELECT id FROM events WHERE subject = $1 ORDER BY id DESC LIMIT 1 OFFSET $2)",
                )
                .bind(subject.text())
                .bind(i64::from(most))
                .execute(c)
                .await
                .map(drop)?);
        }
        writing.commit().await
    }

    /// Of all events no more than the last `most` stay: numbers are given one after the other, so the oldest go by theirs.
    pub async fn trim_events(&self, most: u32) -> Result<u64> {
        let mut writing = self.database.begin().await?;
        let gone = writing!(&mut writing, c =>
            sqlx::query("DELETE FROM events WHERE id <= (SELECT max(id) FROM events) - $1")
                .bind(i64::from(most))
                .execute(c)
                .await?
                .rows_affected());
        writing.commit().await?;
        Ok(gone)
    }

    /// How many events are kept.
    pub async fn count_events(&self) -> Result<u64> {
        let count: i64 = reading!(&self.database, c =>
            sqlx::query_scalar("SELECT count(*) FROM events").fetch_one(c).await?);
        Ok(count.cast_unsigned())
    }

    /// The last events of a subject, in their order.
    pub async fn events_of(&self, subject: Subject, most: u32) -> Result<Vec<KeptEvent>> {
        let mut rows: Vec<Row> = reading!(&self.database, c =>
            sqlx::query_as(
                "SELECT id, subject, at, known_by, address, via, what, name, outcome, reason, bytes, took, agent
                 FROM events WHERE subject = $1 ORDER BY id DESC LIMIT $2",
            )
            .bind(subject.text())
            .bind(i64::from(most))
            .fetch_all(c)
            .await?);
        rows.reverse();
        rows.into_iter().map(kept).collect()
    }

    /// Events behind that number, of one subject or of all, in their order.
    pub async fn events_after(&self, id: i64, subject: Option<Subject>, most: u32) -> Result<Vec<KeptEvent>> {
        let rows: Vec<Row> = reading!(&self.database, c => {
            let mut sql = QueryBuilder::new(
                "SELECT id, subject, at, known_by, address, via, what, name, outcome, reason, bytes, took, agent
                 FROM events WHERE id > ",
            );
            sql.push_bind(id);
            if let Some(subject) = subject {
                sql.push(" AND subject = ").push_bind(subject.text());
            }
            sql.push(" ORDER BY id LIMIT ").push_bind(i64::from(most)).build_query_as().fetch_all(c).await?
        });
        rows.into_iter().map(kept).collect()
    }

    /// The last `most` events of each phone from the first to the last, by phone and in their order.
    pub async fn events_between(&self, first: Mac, last: Mac, most: u32) -> Result<Vec<KeptEvent>> {
        let rows: Vec<Row> = reading!(&self.database, c =>
            sqlx::query_as(
                "SELECT id, subject, at, known_by, address, via, what, name, outcome, reason, bytes, took, agent
                 FROM (SELECT *, row_number() OVER (PARTITION BY subject ORDER BY id DESC) AS place
                       FROM events WHERE subject >= $1 AND subject <= $2) AS numbered
                 WHERE place <= $3 ORDER BY subject, id",
            )
            .bind(first.to_string())
            .bind(last.to_string())
            .bind(i64::from(most))
            .fetch_all(c)
            .await?);
        rows.into_iter().map(kept).collect()
    }

    /// Phones behind `after` of which something was heard, and that the inventory does not hold; by address.
    pub async fn strangers(&self, after: Option<Mac>, most: u32) -> Result<Vec<Mac>> {
        let rows: Vec<String> = reading!(&self.database, c =>
            sqlx::query_scalar(
                "SELECT DISTINCT subject FROM events WHERE subject > $1 AND subject < '~'
                 AND NOT EXISTS (SELECT 1 FROM phones WHERE phones.mac = subject) ORDER BY subject LIMIT $2",
            )
            .bind(after.map(|mac| mac.to_string()).unwrap_or_default())
            .bind(i64::from(most))
            .fetch_all(c)
            .await?);
        rows.iter().map(|digits| mac(digits)).collect()
    }

    /// The names that were asked for from that address within that time (in milliseconds), without phones that are served.
    pub async fn neighbours(&self, address: IpAddr, from: i64, to: i64) -> Result<Vec<Neighbour>> {
        let rows: Vec<(String, i64)> = reading!(&self.database, c =>
            sqlx::query_as(
                "SELECT subject, CAST(max(CASE WHEN upper(name) LIKE '%TLSEP%' THEN 1 ELSE 0 END) AS BIGINT) FROM events
                 WHERE address = $1 AND at >= $2 AND at <= $3 AND subject < '~' AND what = 'file'
                 AND known_by = 'name'
                 AND NOT EXISTS (SELECT 1 FROM phones WHERE phones.mac = subject AND state <> 'waiting')
                 GROUP BY subject LIMIT 1000",
            )
            .bind(address.to_string())
            .bind(from)
            .bind(to)
            .fetch_all(c)
            .await?);
        rows.iter().map(|(digits, list)| Ok(Neighbour { mac: mac(digits)?, asked_list: *list > 0 })).collect()
    }
}

fn kept(row: Row) -> Result<KeptEvent> {
    let (id, subject, at, known_by, address, via, what, name, outcome, reason, bytes, took, agent) = row;
    let broken = |problem: String| Error::Unreadable { thing: format!("event {id}"), problem };
    let phone = if subject.starts_with(ADDRESS) { None } else { Some(mac(&subject)?) };
    let address = address.parse().map_err(|_| broken(format!("{address:?} is no address")))?;
    let event = Event {
        at,
        phone,
        known_by: known_by.parse().map_err(broken)?,
        address,
        via: via.parse().map_err(broken)?,
        what: what.parse().map_err(broken)?,
        name,
        outcome: outcome.parse().map_err(broken)?,
        reason,
        bytes: bytes.cast_unsigned(),
        took: took.cast_unsigned(),
        agent,
    };
    Ok(KeptEvent { id, event })
}
