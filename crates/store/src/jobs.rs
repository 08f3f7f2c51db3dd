//! Jobs: work that goes on in a server while programs look how far it is. They outlive the server that did them, so that
//! a request that is sent again is known, and so that somebody tells what became of it.

use crate::Result;
use crate::database::Writing;
use crate::store::Store;

/// So many are kept; the oldest that ended goes first.
const MOST: i64 = 100;

/// Whoever was not heard of for a day does not go on.
const FORGOTTEN: i64 = 24 * 3600;

/// A job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its number; a new one has 0.
    pub id: i64,
    /// By what a request that is sent again is known, if it may be.
    pub key: Option<String>,
    /// What was asked for then.
    pub digest: Vec<u8>,
    /// When its server was last heard of, in seconds since 1970.
    pub beat: i64,
    /// When it ended.
    pub ended: Option<i64>,
    /// All that is told of it, as JSON.
    pub told: String,
}

/// Number, key, digest, beat, ended, told.
type Row = (i64, Option<String>, Vec<u8>, i64, Option<i64>, String);

/// A job that is to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It is new, under this number.
    New(i64),
    /// The key is known: this is the job of then.
    Known(Job),
}

impl Store {
    /// Keeps a new job, unless its key is known. Of old ones some are forgotten, but none that goes on.
    pub async fn begin_job(&self, job: &Job) -> Result<Begun> {
        let mut writing = self.database.begin().await?;
        let made: Option<i64> = writing!(&mut writing, c =>
            sqlx::query_scalar(
                "INSERT INTO jobs (key, digest, beat, ended, told) VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT DO NOTHING RETURNING id",
            )
            .bind(job.key.as_deref())
            .bind(job.digest.as_slice())
            .bind(job.beat)
            .bind(job.ended)
            .bind(&job.told)
            .fetch_optional(c)
            .await?);
        let Some(id) = made else {
            let known = of_key(&mut writing, job.key.as_deref().unwrap_or_default()).await?;
            return Ok(Begun::Known(known));
        };
        writing!(&mut writing, c =>
            sqlx::query("DELETE FROM jobs WHERE id <= $1 AND (ended IS NOT NULL OR beat < $2)")
                .bind(id - MOST)
                .bind(job.beat - FORGOTTEN)
                .execute(c)
                .await
                .map(drop)?);
        writing.commit().await?;
        Ok(Begun::New(id))
    }

    /// Writes down how far a job is.
    pub async fn job_is(&self, id: i64, told: &str, ended: Option<i64>, now: i64) -> Result<()> {
        let mut writing = self.database.begin().await?;
        writing!(&mut writing, c =>
            sqlx::query("UPDATE jobs SET told = $1, ended = $2, beat = $3 WHERE id = $4")
                .bind(told)
                .bind(ended)
                .bind(now)
                .bind(id)
                .execute(c)
                .await
                .map(drop)?);
        writing.commit().await
    }

    /// Writes down that a job goes on.
    pub async fn job_goes_on(&self, id: i64, now: i64) -> Result<()> {
        let mut writing = self.database.begin().await?;
        writing!(&mut writing, c =>
            sqlx::query("UPDATE jobs SET beat = $1 WHERE id = $2").bind(now).bind(id).execute(c).await.map(drop)?);
        writing.commit().await
    }

    /// All jobs, the newest first.
    pub async fn jobs(&self) -> Result<Vec<Job>> {
        let rows: Vec<Row> = reading!(&self.database, c =>
            sqlx::query_as("SELECT id, key, digest, beat, ended, told FROM jobs ORDER BY id DESC")
                .fetch_all(c)
                .await?);
        Ok(rows.into_iter().map(job).collect())
    }

    /// The job of that number.
    pub async fn job(&self, id: i64) -> Result<Option<Job>> {
        let row: Option<Row> = reading!(&self.database, c =>
            sqlx::query_as("SELECT id, key, digest, beat, ended, told FROM jobs WHERE id = $1")
                .bind(id)
                .fetch_optional(c)
                .await?);
        Ok(row.map(job))
    }
}

async fn of_key(writing: &mut Writing, key: &str) -> Result<Job> {
    let row: Row = writing!(writing, c =>
        sqlx::query_as("SELECT id, key, digest, beat, ended, told FROM jobs WHERE key = $1")
            .bind(key)
            .fetch_one(c)
            .await?);
    Ok(job(row))
}

fn job((id, key, digest, beat, ended, told): Row) -> Job {
    Job { id, key, digest, beat, ended, told }
}
