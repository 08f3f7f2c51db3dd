//! Tokens by which programs use the API: names, scopes, and hashes of what is shown.

use std::fmt;

use crate::database::Writing;
use crate::store::Store;
use crate::{Error, Result};

/// That a token was used is written down once in so many seconds: programs ask often.
const USED_EVERY: i64 = 60;

/// A program that may use the API.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// What people call it.
    pub name: String,
    /// The hash of what it shows.
    pub hash: Vec<u8>,
    /// `read`, `operate` or `administer`.
    pub scope: String,
    /// Since when there is this token, in seconds since 1970.
    pub made: i64,
    /// Until when it holds; for ever without.
    pub expires: Option<i64>,
    /// When it was used last, to the minute.
    pub used: Option<i64>,
}

/// Name, hash, scope, made, expires, used.
pub(crate) type Row = (String, Vec<u8>, String, i64, Option<i64>, Option<i64>);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("name", &self.name).field("scope", &self.scope).finish_non_exhaustive()
    }
}

impl Store {
    /// All tokens, by name.
    pub async fn tokens(&self) -> Result<Vec<Token>> {
        let rows: Vec<Row> = reading!(&self.database, c =>
            sqlx::query_as("SELECT name, hash, scope, made, expires, used FROM tokens ORDER BY name")
                .fetch_all(c)
                .await?);
        Ok(rows.into_iter().map(token).collect())
    }

    /// The token of that hash, whether it still holds or not.
    pub async fn token(&self, hash: &[u8]) -> Result<Option<Token>> {
        let row: Option<Row> = reading!(&self.database, c =>
            sqlx::query_as("SELECT name, hash, scope, made, expires, used FROM tokens WHERE hash = $1")
                .bind(hash)
                .fetch_optional(c)
                .await?);
        Ok(row.map(token))
    }

    /// Adds a token; a name that is taken is refused.
    pub async fn add_token(&self, token: &Token) -> Result<()> {
        let mut writing = self.database.begin().await?;
        insert(&mut writing, token).await?;
        let scope = [("scope", None, Some(token.scope.as_str()))];
        self.noted(&mut writing, "added", &subject(&token.name), &scope).await?;
        writing.commit().await
    }

    /// Removes a token: whoever shows it is nobody any more.
    pub async fn remove_token(&self, name: &str) -> Result<()> {
        let mut writing = self.database.begin().await?;
        let scope: Option<String> = writing!(&mut writing, c =>
            sqlx::query_scalar("DELETE FROM tokens WHERE name = $1 RETURNING scope")
                .bind(name)
                .fetch_optional(c)
                .await?);
        let Some(scope) = scope else { return Err(Error::NoSuch(subject(name))) };
        self.noted(&mut writing, "removed", &subject(name), &[("scope", Some(scope.as_str()), None)]).await?;
        writing.commit().await
    }

    /// Writes down that a token was used, unless that is written for this minute already.
    pub async fn token_was_used(&self, token: &Token, now: i64) -> Result<()> {
        if token.used.is_some_and(|used| now - used < USED_EVERY) {
            return Ok(());
        }
        let mut writing = self.database.begin().await?;
        writing!(&mut writing, c =>
            sqlx::query("UPDATE tokens SET used = $1 WHERE name = $2 AND (used IS NULL OR used < $1)")
                .bind(now)
                .bind(&token.name)
                .execute(c)
                .await
                .map(drop)?);
        writing.commit().await
    }
}

fn subject(name: &str) -> String {
    format!("token {name}")
}

pub(crate) fn token((name, hash, scope, made, expires, used): Row) -> Token {
    Token { name, hash, scope, made, expires, used }
}

/// Within a transaction.
pub(crate) async fn insert(writing: &mut Writing, token: &Token) -> Result<()> {
    let rows = writing!(writing, c =>
        sqlx::query(
            "INSERT INTO tokens (name, hash, scope, made, expires, used) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT DO NOTHING",
        )
        .bind(&token.name)
        .bind(token.hash.as_slice())
        .bind(&token.scope)
        .bind(token.made)
        .bind(token.expires)
        .bind(token.used)
        .execute(c)
        .await?
        .rows_affected());
    if rows == 0 {
        return Err(Error::Value {
            thing: subject(&token.name),
            problem: "there is one of that name".into(),
        });
    }
    Ok(())
}
