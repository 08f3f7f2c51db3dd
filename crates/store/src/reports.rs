//! Problem reports that phones uploaded: who, when, and which file. What is in a file is not kept here.

use provision::mac::Mac;
use sqlx::QueryBuilder;

use crate::database::Writing;
use crate::phones::mac;
use crate::store::Store;
use crate::{Listed, Page, Result};

/// Rows of one statement: nine values each, far below what either database takes.
const AT_ONCE: usize = 300;

/// A problem report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Its number; a new one has 0.
    pub id: i64,
    /// The phone.
    pub mac: Mac,
    /// When, in seconds since 1970.
    pub at: i64,
    /// The phone's serial number, as it said.
    pub serial: String,
    /// Its user, as it said.
    pub user: String,
    /// The address it came from.
    pub source: String,
    /// How long the file is.
    pub bytes: i64,
    /// The name of the file in the folder of reports.
    pub file: String,
    /// What the administrator should know of it; empty when all is well.
    pub note: String,
}

/// Which reports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReportQuery {
    /// Of this phone.
    pub mac: Option<Mac>,
    /// Of this moment and later, in seconds since 1970.
    pub since: Option<i64>,
}

/// Number, address, time, serial number, user, source, bytes, file, note.
pub(crate) type Row = (i64, String, i64, String, String, String, i64, String, String);

/// The conditions of a query, behind `WHERE true`.
macro_rules! filter {
    ($sql:expr, $query:expr) => {
        if let Some(mac) = $query.mac {
            $sql.push(" AND mac = ").push_bind(mac.to_string());
        }
        if let Some(since) = $query.since {
            $sql.push(" AND at >= ").push_bind(since);
        }
    };
}

impl Store {
    /// Keeps a report under the next number, which it gives, with the reports of the same phone beyond the last `most`: those are
    /// kept no more, and their files may go. The generation does not move.
    pub async fn keep_report(&self, report: &Report, most: u32) -> Result<(i64, Vec<Report>)> {
        let mut writing = self.database.begin().await?;
        if let Writing::Postgres(transaction) = &mut writing {
            // Two servers must not take the same number. This one is ours: "reports" in ASCII.
            sqlx::query("SELECT pg_advisory_xact_lock(32199698054771827)")
                .execute(&mut **transaction)
                .await?;
        }
        let id: i64 = writing!(&mut writing, c =>
            sqlx::query_scalar("SELECT coalesce(max(id), 0) + 1 FROM reports").fetch_one(c).await?);
        put(&mut writing, &[&Report { id, ..report.clone() }]).await?;
        let old: Vec<Row> = writing!(&mut writing, c =>
            sqlx::query_as(
                "SELECT id, mac, at, serial, \"user\", source, bytes, file, note FROM reports WHERE mac = $1
                 ORDER BY id DESC LIMIT 10000 OFFSET $2",
            )
            .bind(report.mac.to_string())
            .bind(i64::from(most))
            .fetch_all(c)
            .await?);
        let old = old.into_iter().map(self::report).collect::<Result<Vec<_>>>()?;
        for gone in &old {
            remove(&mut writing, gone.id).await?;
        }
        writing.commit().await?;
        Ok((id, old))
    }

    /// The report of that number.
    pub async fn report(&self, id: i64) -> Result<Option<Report>> {
        let row: Option<Row> = reading!(&self.database, c =>
            sqlx::query_as(
                "SELECT id, mac, at, serial, \"user\", source, bytes, file, note FROM reports WHERE id = $1",
            )
            .bind(id)
            .fetch_optional(c)
            .await?);
        row.map(report).transpose()
    }

    /// Reports, the newest first.
    pub async fn reports(&self, query: &ReportQuery, page: &Page<i64>) -> Result<Listed<Report>> {
        let (rows, total): (Vec<Row>, i64) = reading!(&self.database, c => {
            let mut sql = QueryBuilder::new(
                "SELECT id, mac, at, serial, \"user\", source, bytes, file, note FROM reports WHERE true",
            );
            filter!(sql, query);
            if let Some(after) = page.after {
                sql.push(" AND id < ").push_bind(after);
            }
            sql.push(" ORDER BY id DESC LIMIT ").push_bind(i64::from(page.limit));
            sql.push(" OFFSET ").push_bind(page.skip());
            let rows = sql.build_query_as().fetch_all(c).await?;
            let mut sql = QueryBuilder::new("SELECT count(*) FROM reports WHERE true");
            filter!(sql, query);
            (rows, sql.build_query_scalar().fetch_one(c).await?)
        });
        let rows = rows.into_iter().map(report).collect::<Result<_>>()?;
        Ok(Listed { rows, total: total.cast_unsigned() })
    }

    /// How long all files together are whose reports have this note.
    pub async fn report_bytes(&self, note: &str) -> Result<i64> {
        Ok(reading!(&self.database, c =>
            sqlx::query_scalar("SELECT CAST(coalesce(sum(bytes), 0) AS BIGINT) FROM reports WHERE note = $1")
                .bind(note)
                .fetch_one(c)
                .await?))
    }

    /// Keeps a report no more; gives what was kept of it.
    pub async fn remove_report(&self, id: i64) -> Result<Option<Report>> {
        let found = self.report(id).await?;
        if found.is_some() {
            let mut writing = self.database.begin().await?;
            remove(&mut writing, id).await?;
            writing.commit().await?;
        }
        Ok(found)
    }
}

async fn remove(writing: &mut Writing, id: i64) -> Result<()> {
    writing!(writing, c =>
        sqlx::query("DELETE FROM reports WHERE id = $1").bind(id).execute(c).await.map(drop)?);
    Ok(())
}

/// Within a transaction, under the numbers that they have.
pub(crate) async fn put(writing: &mut Writing, reports: &[&Report]) -> Result<()> {
    for some in reports.chunks(AT_ONCE) {
        writing!(&mut *writing, c => {
            let mut sql = QueryBuilder::new(
                "INSERT INTO reports (id, mac, at, serial, \"user\", source, bytes, file, note) ",
            );
            sql.push_values(some, |mut row, one| {
                row.push_bind(one.id)
                    .push_bind(one.mac.to_string())
                    .push_bind(one.at)
                    .push_bind(one.serial.as_str())
                    .push_bind(one.user.as_str())
                    .push_bind(one.source.as_str())
                    .push_bind(one.bytes)
                    .push_bind(one.file.as_str())
                    .push_bind(one.note.as_str());
            });
            sql.build().persistent(some.len() == 1).execute(c).await?;
        });
    }
    Ok(())
}

pub(crate) fn report((id, digits, at, serial, user, source, bytes, file, note): Row) -> Result<Report> {
    Ok(Report { id, mac: mac(&digits)?, at, serial, user, source, bytes, file, note })
}
