//! What users reported about the quality of calls, with what was known of each call.

use provision::mac::Mac;
use serde::{Deserialize, Serialize};
use sqlx::QueryBuilder;

use crate::database::Writing;
use crate::phones::mac;
use crate::store::Store;
use crate::{Listed, Page, Result};

/// Rows of one statement: fourteen values each, far below what either database takes.
const AT_ONCE: usize = 200;

/// A report about a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quality {
    /// Its number; a new one has 0.
    pub id: i64,
    /// The phone.
    pub mac: Mac,
    /// When, in seconds since 1970.
    pub at: i64,
    /// The line of the call, as far as it is known.
    pub line: Option<String>,
    /// What the user chose.
    pub reason: String,
    /// What was known of the call.
    pub call: Call,
}

/// What is known of a call. Times are microseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// The codec.
    pub codec: Option<String>,
    /// Packets that the phone got.
    pub packets: Option<i64>,
    /// Packets that never reached the phone.
    pub lost: Option<i64>,
    /// How unevenly they came.
    pub jitter: Option<i64>,
    /// Packets that the phone sent.
    pub sent: Option<i64>,
    /// Packets of the phone that were lost on their way.
    pub sent_lost: Option<i64>,
    /// How unevenly those of the phone came.
    pub sent_jitter: Option<i64>,
    /// There and back.
    pub round_trip: Option<i64>,
    /// The words of whoever told it; empty when nobody did.
    pub raw: String,
}

/// Which reports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QualityQuery {
    /// Of this phone.
    pub mac: Option<Mac>,
    /// With this reason.
    pub reason: Option<String>,
    /// Of this moment and later, in seconds since 1970.
    pub since: Option<i64>,
}

/// All reports of one phone together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QualitySummary {
    /// The phone.
    pub mac: Mac,
    /// How many there are.
    pub reports: i64,
    /// The last, in seconds since 1970.
    pub last: i64,
    /// Packets that the phone got, in all calls of which these and the lost ones are known.
    pub packets: Option<i64>,
    /// Packets that never reached it.
    pub lost: Option<i64>,
    /// The worst jitter, in microseconds.
    pub jitter: Option<i64>,
    /// The longest way there and back, in microseconds.
    pub round_trip: Option<i64>,
}

/// Number, address, time, line, reason, codec, packets, lost, jitter, and the same that was sent, round trip, raw.
pub(crate) type Row = (
    i64,
    String,
    i64,
    Option<String>,
    String,
    Option<String>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    String,
);

/// The conditions of a query, behind `WHERE true`.
macro_rules! filter {
    ($sql:expr, $query:expr) => {
        if let Some(mac) = $query.mac {
            $sql.push(" AND mac = ").push_bind(mac.to_string());
        }
        if let Some(reason) = &$query.reason {
            $sql.push(" AND reason = ").push_bind(reason.as_str());
        }
        if let Some(since) = $query.since {
            $sql.push(" AND at >= ").push_bind(since);
        }
    };
}

impl Store {
    /// Keeps a report under the next number, which it gives. Of more than `most` of the same phone the oldest go. The
    /// generation does not move.
    pub async fn report_quality(&self, report: &Quality, most: u32) -> Result<i64> {
        let mut writing = self.database.begin().await?;
        if let Writing::Postgres(transaction) = &mut writing {
            // Two servers must not take the same number. This one is ours: "quality" in ASCII.
            sqlx::query("SELECT pg_advisory_xact_lock(31935733659432057)")
                .execute(&mut **transaction)
                .await?;
        }
        let id: i64 = writing!(&mut writing, c =>
            sqlx::query_scalar("SELECT coalesce(max(id), 0) + 1 FROM quality").fetch_one(c).await?);
        put(&mut writing, &[&Quality { id, ..report.clone() }]).await?;
        writing!(&mut writing, c =>
            sqlx::query(
                "DELETE FROM quality WHERE mac = $1 AND id <=
                 (SELECT id FROM quality WHERE mac = $1 ORDER BY id DESC LIMIT 1 OFFSET $2)",
            )
            .bind(report.mac.to_string())
            .bind(i64::from(most))
            .execute(c)
            .await
            .map(drop)?);
        writing.commit().await?;
        Ok(id)
    }

    /// The report of that number.
    pub async fn quality(&self, id: i64) -> Result<Option<Quality>> {
        let row: Option<Row> = reading!(&self.database, c =>
            sqlx::query_as(
                "SELECT id, mac, at, line, reason, codec, packets, lost, jitter, sent, sent_lost, sent_jitter,
                        round_trip, raw
                 FROM quality WHERE id = $1",
            )
            .bind(id)
            .fetch_optional(c)
            .await?);
        row.map(quality).transpose()
    }

    /// Reports, the newest first.
    pub async fn quality_reports(&self, query: &QualityQuery, page: &Page<i64>) -> Result<Listed<Quality>> {
        let (rows, total): (Vec<Row>, i64) = reading!(&self.database, c => {
            let mut sql = QueryBuilder::new(
                "SELECT id, mac, at, line, reason, codec, packets, lost, jitter, sent, sent_lost, sent_jitter,
                        round_trip, raw
                 FROM quality WHERE true",
            );
            filter!(sql, query);
            if let Some(after) = page.after {
                sql.push(" AND id < ").push_bind(after);
            }
            sql.push(" ORDER BY id DESC LIMIT ").push_bind(i64::from(page.limit));
            sql.push(" OFFSET ").push_bind(page.skip());
            let rows = sql.build_query_as().fetch_all(c).await?;
            let mut sql = QueryBuilder::new("SELECT count(*) FROM quality WHERE true");
            filter!(sql, query);
            (rows, sql.build_query_scalar().fetch_one(c).await?)
        });
        let rows = rows.into_iter().map(quality).collect::<Result<_>>()?;
        Ok(Listed { rows, total: total.cast_unsigned() })
    }

    /// What the reports of each phone say together; those with the most first.
    pub async fn quality_by_phone(&self, query: &QualityQuery) -> Result<Vec<QualitySummary>> {
        type Row = (String, i64, i64, Option<i64>, Option<i64>, Option<i64>, Option<i64>);
        let rows: Vec<Row> = reading!(&self.database, c => {
            let mut sql = QueryBuilder::new(
                "SELECT mac, count(*), max(at), CAST(sum(CASE WHEN lost IS NOT NULL THEN packets END) AS BIGINT),
                        CAST(sum(CASE WHEN packets IS NOT NULL THEN lost END) AS BIGINT), max(jitter), max(round_trip)
                 FROM quality WHERE true",
            );
            filter!(sql, query);
            sql.push(" GROUP BY mac ORDER BY count(*) DESC, mac").build_query_as().fetch_all(c).await?
        });
        let summary = |(digits, reports, last, packets, lost, jitter, round_trip): Row| {
            Ok(QualitySummary { mac: mac(&digits)?, reports, last, packets, lost, jitter, round_trip })
        };
        rows.into_iter().map(summary).collect()
    }
}

/// Within a transaction, under the numbers that they have.
pub(crate) async fn put(writing: &mut Writing, reports: &[&Quality]) -> Result<()> {
    for some in reports.chunks(AT_ONCE) {
        writing!(&mut *writing, c => {
            let mut sql = QueryBuilder::new(
                "INSERT INTO quality (id, mac, at, line, reason, codec, packets, lost, jitter, sent, sent_lost,
                                      sent_jitter, round_trip, raw) ",
            );
            sql.push_values(some, |mut row, Quality { id, mac, at, line, reason, call }| {
                row.push_bind(*id)
                    .push_bind(mac.to_string())
                    .push_bind(*at)
                    .push_bind(line.as_deref())
                    .push_bind(reason.as_str())
                    .push_bind(call.codec.as_deref())
                    .push_bind(call.packets)
                    .push_bind(call.lost)
                    .push_bind(call.jitter)
                    .push_bind(call.sent)
                    .push_bind(call.sent_lost)
                    .push_bind(call.sent_jitter)
                    .push_bind(call.round_trip)
                    .push_bind(call.raw.as_str());
            });
            sql.build().persistent(some.len() == 1).execute(c).await?;
        });
    }
    Ok(())
}

pub(crate) fn quality(row: Row) -> Result<Quality> {
    let (id, digits, at, line, reason, codec, packets, lost, jitter, sent, sent_lost, sent_jitter, ..) = row;
    let (round_trip, raw) = (row.12, row.13);
    let call = Call { codec, packets, lost, jitter, sent, sent_lost, sent_jitter, round_trip, raw };
    Ok(Quality { id, mac: mac(&digits)?, at, line, reason, call })
}
