//! Phones' certificates: what each phone is to do, what it was handed out and what it holds.
//!
//! Certificates are kept as they come, in DER: what they say is for those who know cryptography. The generation of the
//! inventory does not move with them. What matters to the configuration of a phone has a count of its own,
//! [`Store::enrolments_known`], so that a storm of phones that enrol disturbs nobody.

use std::fmt;

use provision::mac::Mac;
use serde::{Deserialize, Serialize};
use sqlx::QueryBuilder;

use crate::database::Writing;
use crate::listen::CHANNEL;
use crate::phones::mac;
use crate::store::Store;
use crate::{Listed, Page, Result, json};

/// Rows of one statement: fourteen values each, far below what either database takes.
const AT_ONCE: usize = 200;
/// Begins the number under which PostgreSQL locks a phone, whose address is the rest: "oe" in ASCII.
const LOCK: i64 = 0x6f65 << 48;

/// Everything about one phone's certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// The phone.
    pub mac: Mac,
    /// Whether its configuration is to be encrypted.
    pub encrypt: bool,
    /// What it is to do.
    pub scheduled: Option<Scheduled>,
    /// A certificate that it was handed out, and has not said that it keeps.
    pub issued: Option<Issued>,
    /// The certificate that it holds.
    pub held: Option<Held>,
    /// Certificates that prove nothing any more.
    pub revoked: Vec<Revoked>,
    /// How its last session ended.
    pub last: Option<LastSession>,
    /// The session that may go on, of all servers.
    pub session: Option<i64>,
    /// The number of the last change that matters to its configuration; kept by the store.
    pub changed: u64,
}

/// What a phone is to do, and how it proves itself, in the words of whoever decides.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scheduled {
    /// What.
    pub operation: String,
    /// The key that it is to make.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// By what it proves itself.
    pub proof: String,
    /// What somebody is to type on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// Wrong passwords so far.
    #[serde(default)]
    pub failures: u8,
    /// When it is no longer to be done, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
    /// When it was scheduled.
    pub at: i64,
}

/// A certificate that was handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// In DER.
    pub certificate: Vec<u8>,
    /// When, in seconds since 1970.
    pub at: i64,
}

/// A certificate that a phone holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// In DER.
    pub certificate: Vec<u8>,
    /// Whose it is.
    pub origin: String,
    /// Since when that is known, in seconds since 1970.
    pub at: i64,
    /// When it ends.
    pub ends: i64,
}

/// A certificate that proves nothing any more. By issuer and number: bytes can be changed without breaking a signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revoked {
    /// Its number, in hexadecimal.
    pub serial: String,
    /// Who issued it.
    pub issuer: String,
    /// When it was revoked, in seconds since 1970.
    pub at: i64,
}

/// How a session ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastSession {
    /// When, in seconds since 1970.
    pub at: i64,
    /// From which address.
    pub peer: String,
    /// What came of it, in words.
    pub result: String,
}

/// Somebody who issued here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    /// The SHA-256 of the certificate, in hexadecimal.
    pub fingerprint: String,
    /// In DER.
    pub certificate: Vec<u8>,
}

/// Which enrolments.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EnrolmentQuery {
    /// Only those that have something to do.
    pub scheduled: bool,
    /// Only those that hold a certificate which ends before that moment, in seconds since 1970.
    pub ends_before: Option<i64>,
}

/// What changed that matters to configurations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolmentChanges {
    /// The phones that it is about.
    pub enrolments: Vec<Enrolment>,
    /// These are all there are: whatever was known before is void.
    pub all: bool,
    /// The count that they bring up to.
    pub known: u64,
}

/// Address, encrypt, scheduled, issued, its time, held, origin, its time, its end, revoked, last, session, changed.
pub(crate) type Row = (
    String,
    bool,
    Option<String>,
    Option<Vec<u8>>,
    Option<i64>,
    Option<Vec<u8>>,
    Option<String>,
    Option<i64>,
    Option<i64>,
    String,
    Option<String>,
    Option<i64>,
    i64,
);

/// The conditions of a query, behind `WHERE true`.
macro_rules! filter {
    ($sql:expr, $query:expr) => {
        if $query.scheduled {
            $sql.push(" AND scheduled IS NOT NULL");
        }
        if let Some(before) = $query.ends_before {
            $sql.push(" AND ends < ").push_bind(before);
        }
    };
}

impl Enrolment {
    /// A phone that nobody did anything for.
    #[must_use]
    pub fn new(mac: Mac) -> Self {
        let (scheduled, issued, held, last, session) = (None, None, None, None, None);
        Self { mac, encrypt: false, scheduled, issued, held, revoked: Vec::new(), last, session, changed: 0 }
    }

    /// Whether the other means the same for the phone's configuration.
    fn protects_as(&self, other: &Self) -> bool {
        let held = |one: &Self| one.held.as_ref().map(|held| held.certificate.clone());
        match (self.encrypt, other.encrypt) {
            (false, false) => true,
            (true, true) => {
                (held(self), self.scheduled.is_some()) == (held(other), other.scheduled.is_some())
                    && self.revoked == other.revoked
            }
            _ => false,
        }
    }
}

impl Store {
    /// What is known of that phone.
    pub async fn enrolment(&self, mac: Mac) -> Result<Option<Enrolment>> {
        let row: Option<Row> = reading!(&self.database, c =>
            sqlx::query_as(
                "SELECT mac, encrypt, scheduled, issued, issued_at, held, origin, held_at, ends, revoked, last,
                        session, changed
                 FROM enrolments WHERE mac = $1",
            )
            .bind(mac.to_string())
            .fetch_optional(c)
            .await?);
        row.map(enrolment).transpose()
    }

    /// Phones with something to do or a certificate, by address.
    pub async fn enrolments(&self, query: &EnrolmentQuery, page: &Page<Mac>) -> Result<Listed<Enrolment>> {
        let (rows, total): (Vec<Row>, i64) = reading!(&self.database, c => {
            let mut sql = QueryBuilder::new(
                "SELECT mac, encrypt, scheduled, issued, issued_at, held, origin, held_at, ends, revoked, last,
                        session, changed
                 FROM enrolments WHERE true",
            );
            filter!(sql, query);
            if let Some(after) = page.after {
                sql.push(" AND mac > ").push_bind(after.to_string());
            }
            sql.push(" ORDER BY mac LIMIT ").push_bind(i64::from(page.limit));
            sql.push(" OFFSET ").push_bind(page.skip());
            let rows = sql.build_query_as().fetch_all(c).await?;
            let mut sql = QueryBuilder::new("SELECT count(*) FROM enrolments WHERE true");
            filter!(sql, query);
            (rows, sql.build_query_scalar().fetch_one(c).await?)
        });
        let rows = rows.into_iter().map(enrolment).collect::<Result<_>>()?;
        Ok(Listed { rows, total: total.cast_unsigned() })
    }

    /// Changes what is known of these phones, and tells what each change told, in the order of their addresses. Nobody else
    /// changes any of them meanwhile, on no server. A phone nobody has heard of begins with nothing; if that stays so,
    /// nothing is kept.
    pub async fn change_enrolments<T>(
        &self,
        macs: &[Mac],
        mut change: impl FnMut(&mut Enrolment) -> T,
    ) -> Result<Vec<T>> {
        let mut macs = macs.to_vec();
        // Always in the same order: two that change the same phones must not wait for each other in turn.
        macs.sort_unstable();
        macs.dedup();
        let mut told = Vec::with_capacity(macs.len());
        for some in macs.chunks(AT_ONCE) {
            let mut writing = self.database.begin().await?;
            let mut changed = Vec::new();
            let mut matters = false;
            for before in locked(&mut writing, some).await? {
                let mut after = before.clone();
                told.push(change(&mut after));
                after.mac = before.mac;
                if after != before {
                    let same = after.protects_as(&before);
                    matters |= !same;
                    changed.push((after, same));
                }
            }
            if changed.is_empty() {
                continue;
            }
            let count = if matters { Some(step(&mut writing).await?) } else { None };
            for (after, same) in &mut changed {
                after.changed = count.filter(|_| !*same).map_or(after.changed, i64::cast_unsigned);
            }
            put(&mut writing, &changed.iter().map(|(after, _)| after).collect::<Vec<_>>()).await?;
            if let Some(count) = count {
                tell(&mut writing, count).await?;
            }
            writing.commit().await?;
            self.saw_enrolments(count.unwrap_or_default());
        }
        Ok(told)
    }

    /// As [`Store::change_enrolments`], of one phone.
    pub async fn change_enrolment<T>(&self, mac: Mac, change: impl FnOnce(&mut Enrolment) -> T) -> Result<T> {
        let mut change = Some(change);
        let mut once =
            |enrolment: &mut Enrolment| change.take().expect("one phone is changed once")(enrolment);
        let told = self.change_enrolments(&[mac], &mut once).await?.pop();
        Ok(told.expect("one phone gives one answer"))
    }

    /// What changed behind that count that matters to configurations.
    pub async fn enrolments_since(&self, known: u64) -> Result<EnrolmentChanges> {
        let mut reading = self.database.begin_reading().await?;
        let (count, base): (i64, i64) = writing!(&mut reading, c =>
            sqlx::query_as("SELECT enrolments, enrolments_since FROM inventory").fetch_one(c).await?);
        let all = known < base.cast_unsigned();
        let since = if all { 0 } else { i64::try_from(known).unwrap_or(i64::MAX) };
        let rows: Vec<Row> = writing!(&mut reading, c =>
            sqlx::query_as(
                "SELECT mac, encrypt, scheduled, issued, issued_at, held, origin, held_at, ends, revoked, last,
                        session, changed
                 FROM enrolments WHERE changed > $1 AND changed > 0",
            )
            .bind(since)
            .fetch_all(c)
            .await?);
        let enrolments = rows.into_iter().map(enrolment).collect::<Result<_>>()?;
        self.saw_enrolments(count);
        Ok(EnrolmentChanges { enrolments, all, known: count.cast_unsigned() })
    }

    /// How many phones hold a certificate that ends later than `soon`, before that, and before `now`.
    pub async fn certificate_counts(&self, now: i64, soon: i64) -> Result<[u64; 3]> {
        let (all, ending, ended): (i64, i64, i64) = reading!(&self.database, c =>
            sqlx::query_as(
                "SELECT (SELECT count(*) FROM enrolments WHERE ends IS NOT NULL),
                        (SELECT count(*) FROM enrolments WHERE ends < $1),
                        (SELECT count(*) FROM enrolments WHERE ends < $2)",
            )
            .bind(soon)
            .bind(now)
            .fetch_one(c)
            .await?);
        Ok([all - ending, ending - ended, ended].map(i64::cast_unsigned))
    }

    /// Keeps somebody who issues here; once is enough.
    pub async fn keep_issuer(&self, issuer: &Issuer) -> Result<()> {
        let mut writing = self.database.begin().await?;
        put_issuers(&mut writing, &[issuer]).await?;
        writing.commit().await
    }

    /// All who ever issued here, by fingerprint.
    pub async fn issuers(&self) -> Result<Vec<Issuer>> {
        let rows: Vec<(String, Vec<u8>)> = reading!(&self.database, c =>
            sqlx::query_as("SELECT fingerprint, certificate FROM issuers ORDER BY fingerprint")
                .fetch_all(c)
                .await?);
        Ok(rows.into_iter().map(issuer).collect())
    }

    fn saw_enrolments(&self, count: i64) {
        self.known().saw_enrolments(count.cast_unsigned());
    }
}

/// The phones as they are; no two of the same at a time, on no server, until the transaction ends.
async fn locked(writing: &mut Writing, macs: &[Mac]) -> Result<Vec<Enrolment>> {
    if let Writing::Postgres(transaction) = &mut *writing {
        for mac in macs {
            let number = mac.bytes().iter().fold(0_i64, |number, byte| number << 8 | i64::from(*byte));
            sqlx::query("SELECT pg_advisory_xact_lock($1)")
                .bind(LOCK | number)
                .execute(&mut **transaction)
                .await?;
        }
    }
    let rows: Vec<Row> = writing!(&mut *writing, c => {
        let mut sql = QueryBuilder::new(
            "SELECT mac, encrypt, scheduled, issued, issued_at, held, origin, held_at, ends, revoked, last,
                    session, changed
             FROM enrolments WHERE mac IN (",
        );
        let mut list = sql.separated(", ");
        macs.iter().for_each(|mac| { list.push_bind(mac.to_string()); });
        sql.push(") ORDER BY mac").build_query_as().persistent(macs.len() == 1).fetch_all(c).await?
    });
    let mut rows = rows.into_iter().map(enrolment).collect::<Result<Vec<_>>>()?.into_iter().peekable();
    let found = |mac: &Mac| rows.next_if(|row| row.mac == *mac).unwrap_or_else(|| Enrolment::new(*mac));
    Ok(macs.iter().map(found).collect())
}

/// Moves the count. Its row keeps others out until the end, so that nobody sees a later number before an earlier one.
async fn step(writing: &mut Writing) -> Result<i64> {
    Ok(writing!(writing, c =>
        sqlx::query_scalar("UPDATE inventory SET enrolments = enrolments + 1 RETURNING enrolments")
            .fetch_one(c)
            .await?))
}

/// Tells the other processes, which hear of it when the change holds.
async fn tell(writing: &mut Writing, count: i64) -> Result<()> {
    if let Writing::Postgres(c) = writing {
        sqlx::query("SELECT pg_notify($1, $2)")
            .bind(CHANNEL)
            .bind(format!("{}{count}", crate::listen::ENROLMENTS))
            .execute(&mut **c)
            .await?;
    }
    Ok(())
}

/// Everybody reads everything anew; gives the count that what is put from now on has.
pub(crate) async fn begin_anew(writing: &mut Writing) -> Result<u64> {
    let count: i64 = writing!(&mut *writing, c =>
        sqlx::query_scalar(
            "UPDATE inventory SET enrolments = enrolments + 1, enrolments_since = enrolments + 1 RETURNING enrolments",
        )
        .fetch_one(c)
        .await?);
    tell(writing, count).await?;
    Ok(count.cast_unsigned())
}

/// Within a transaction; none of them twice.
pub(crate) async fn put(writing: &mut Writing, enrolments: &[&Enrolment]) -> Result<()> {
    for some in enrolments.chunks(AT_ONCE) {
        writing!(&mut *writing, c => {
            let mut sql = QueryBuilder::new(
                "INSERT INTO enrolments (mac, encrypt, scheduled, issued, issued_at, held, origin, held_at, ends,
                                         revoked, last, session, changed) ",
            );
            sql.push_values(some, |mut row, one| {
                row.push_bind(one.mac.to_string())
                    .push_bind(one.encrypt)
                    .push_bind(one.scheduled.as_ref().map(json::text))
                    .push_bind(one.issued.as_ref().map(|issued| issued.certificate.as_slice()))
                    .push_bind(one.issued.as_ref().map(|issued| issued.at))
                    .push_bind(one.held.as_ref().map(|held| held.certificate.as_slice()))
                    .push_bind(one.held.as_ref().map(|held| held.origin.as_str()))
                    .push_bind(one.held.as_ref().map(|held| held.at))
                    .push_bind(one.held.as_ref().map(|held| held.ends))
                    .push_bind(json::text(&one.revoked))
                    .push_bind(one.last.as_ref().map(json::text))
                    .push_bind(one.session)
                    .push_bind(one.changed.cast_signed());
            });
            sql.push(
                " ON CONFLICT (mac) DO UPDATE SET encrypt = excluded.encrypt, scheduled = excluded.scheduled,
                  issued = excluded.issued, issued_at = excluded.issued_at, held = excluded.held,
                  origin = excluded.origin, held_at = excluded.held_at, ends = excluded.ends,
                  revoked = excluded.revoked, last = excluded.last, session = excluded.session,
                  changed = excluded.changed",
            );
            sql.build().persistent(some.len() == 1).execute(c).await?;
        });
    }
    Ok(())
}

pub(crate) async fn put_issuers(writing: &mut Writing, issuers: &[&Issuer]) -> Result<()> {
    for some in issuers.chunks(AT_ONCE) {
        writing!(&mut *writing, c => {
            let mut sql = QueryBuilder::new("INSERT INTO issuers (fingerprint, certificate) ");
            sql.push_values(some, |mut row, one| {
                row.push_bind(one.fingerprint.as_str()).push_bind(one.certificate.as_slice());
            });
            sql.push(" ON CONFLICT (fingerprint) DO NOTHING");
            sql.build().persistent(false).execute(c).await?;
        });
    }
    Ok(())
}

pub(crate) fn enrolment(row: Row) -> Result<Enrolment> {
    let (digits, encrypt, scheduled, issued, issued_at, held, origin, held_at, ends, ..) = row;
    let (revoked, last, session, changed) = (row.9, row.10, row.11, row.12);
    let mac = mac(&digits)?;
    let thing = || format!("what is known of the certificates of {}", mac.device_name());
    let issued = issued.zip(issued_at).map(|(certificate, at)| Issued { certificate, at });
    let held = held.zip(origin).zip(held_at).zip(ends).map(|(((certificate, origin), at), ends)| Held {
        certificate,
        origin,
        at,
        ends,
    });
    Ok(Enrolment {
        mac,
        encrypt,
        scheduled: scheduled.map(|text| json::read(&text, thing)).transpose()?,
        issued,
        held,
        revoked: json::read(&revoked, thing)?,
        last: last.map(|text| json::read(&text, thing)).transpose()?,
        session,
        changed: changed.cast_unsigned(),
    })
}

pub(crate) fn issuer((fingerprint, certificate): (String, Vec<u8>)) -> Issuer {
    Issuer { fingerprint, certificate }
}

impl fmt::Debug for Scheduled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operation, key, proof, password, failures, until, at } = self;
        f.debug_struct("Scheduled")
            .field("operation", operation)
            .field("key", key)
            .field("proof", proof)
            .field("password", &password.as_ref().map(|_| "hidden"))
            .field("failures", failures)
            .field("until", until)
            .field("at", at)
            .finish()
    }
}
