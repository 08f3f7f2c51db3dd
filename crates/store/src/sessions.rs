//! Who is logged in: each session under the hash of a secret that only a browser has.

use crate::store::Store;
use crate::{Result, users};

/// A browser in which somebody is logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The hash of its secret.
    pub hash: String,
    /// The user.
    pub owner: String,
    /// Since when, in seconds since 1970.
    pub made: i64,
    /// When it was used last, to the minute.
    pub seen: i64,
    /// The address it was begun from.
    pub source: String,
    /// What the browser calls itself.
    pub agent: String,
}

/// How long sessions hold, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Without being used.
    pub idle: i64,
    /// In all.
    pub whole: i64,
}

/// That a session is used is written down once in so many seconds.
const SEEN_EVERY: i64 = 60;

/// Hash, owner, made, seen, source, agent.
type Row = (String, String, i64, i64, String, String);
/// The same, with the user's role.
type Known = (String, String, i64, i64, String, String, String);

impl Store {
    /// Begins a session, which counts as a log-in of its owner. Those that are too old go.
    pub async fn begin_session(&self, session: &Session, patience: Patience) -> Result<()> {
        let mut writing = self.database.begin().await?;
        users::lock(&mut writing).await?;
        writing!(&mut writing, c => {
            sqlx::query("DELETE FROM sessions WHERE made <= $1 OR seen <= $2")
                .bind(session.made - patience.whole)
                .bind(session.made - patience.idle)
                .execute(&mut *c)
                .await?;
            sqlx::query(
                "INSERT INTO sessions (hash, owner, made, seen, source, agent) VALUES ($1, $2, $3, $4, $5, $6)",
            )
            .bind(&session.hash)
            .bind(&session.owner)
            .bind(session.made)
            .bind(session.seen)
            .bind(&session.source)
            .bind(&session.agent)
            .execute(&mut *c)
            .await?;
            sqlx::query("UPDATE users SET last = $1 WHERE name = $2")
                .bind(session.made)
                .bind(&session.owner)
                .execute(c)
                .await?;
        });
        writing.commit().await
    }

    /// The session of that hash and its user's role, if it still holds.
    pub async fn session(
        &self,
        hash: &str,
        now: i64,
        patience: Patience,
    ) -> Result<Option<(Session, String)>> {
        let row: Option<Known> = reading!(&self.database, c =>
            sqlx::query_as(
                "SELECT hash, owner, sessions.made, seen, source, agent, role FROM sessions
                 JOIN users ON users.name = owner
                 WHERE hash = $1 AND sessions.made > $2 AND seen > $3 AND password <> ''",
            )
            .bind(hash)
            .bind(now - patience.whole)
            .bind(now - patience.idle)
            .fetch_optional(c)
            .await?);
        let Some((hash, owner, made, seen, source, agent, role)) = row else { return Ok(None) };
        Ok(Some((Session { hash, owner, made, seen, source, agent }, role)))
    }

    /// Writes down that a session is used now, unless that was done a moment ago. Whoever waits for an answer need not wait for
    /// this: another writer may be at work.
    pub async fn session_was_used(&self, session: &Session, now: i64) -> Result<()> {
        if now - session.seen < SEEN_EVERY {
            return Ok(());
        }
        let mut writing = self.database.begin().await?;
        writing!(&mut writing, c =>
            sqlx::query("UPDATE sessions SET seen = $1 WHERE hash = $2 AND seen < $1")
                .bind(now)
                .bind(&session.hash)
                .execute(c)
                .await
                .map(drop)?);
        writing.commit().await
    }

    /// All sessions of a user, the one that was used last first.
    pub async fn sessions_of(&self, owner: &str) -> Result<Vec<Session>> {
        let rows: Vec<Row> = reading!(&self.database, c =>
            sqlx::query_as(
                "SELECT hash, owner, made, seen, source, agent FROM sessions WHERE owner = $1
                 ORDER BY seen DESC, made DESC, hash LIMIT 100",
            )
            .bind(owner)
            .fetch_all(c)
            .await?);
        let session = |(hash, owner, made, seen, source, agent): Row| Session {
            hash,
            owner,
            made,
            seen,
            source,
            agent,
        };
        Ok(rows.into_iter().map(session).collect())
    }

    /// Ends a session.
    pub async fn end_session(&self, hash: &str) -> Result<()> {
        let mut writing = self.database.begin().await?;
        writing!(&mut writing, c =>
            sqlx::query("DELETE FROM sessions WHERE hash = $1").bind(hash).execute(c).await.map(drop)?);
        writing.commit().await
    }

    /// Ends all sessions of a user; gives how many there were.
    pub async fn end_sessions(&self, owner: &str) -> Result<u64> {
        let mut writing = self.database.begin().await?;
        let ended = writing!(&mut writing, c =>
            sqlx::query("DELETE FROM sessions WHERE owner = $1").bind(owner).execute(c).await?.rows_affected());
        writing.commit().await?;
        Ok(ended)
    }
}
