//! Who may use the page: names, roles, hashes of passwords, and links by which somebody chooses a password.

use std::fmt;

use crate::database::Writing;
use crate::store::Store;
use crate::{Error, Result};

/// A person who may use the page.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// What they log in with, in small letters.
    pub name: String,
    /// `viewer`, `operator` or `administrator`.
    pub role: String,
    /// The hash of the password; empty until one was chosen.
    pub password: String,
    /// Since when there is this user, in seconds since 1970.
    pub made: i64,
    /// When they logged in last.
    pub last: Option<i64>,
}

/// Name, role, hash, made, last.
pub(crate) type Row = (String, String, String, i64, Option<i64>);

/// The role that must not die out: somebody has to make users.
const ADMINISTRATOR: &str = "administrator";

impl Store {
    /// All users, by name.
    pub async fn users(&self) -> Result<Vec<User>> {
        let rows: Vec<Row> = reading!(&self.database, c =>
            sqlx::query_as("SELECT name, role, password, made, last FROM users ORDER BY name")
                .fetch_all(c)
                .await?);
        Ok(rows.into_iter().map(user).collect())
    }

    /// The user of that name.
    pub async fn user(&self, name: &str) -> Result<Option<User>> {
        let row: Option<Row> = reading!(&self.database, c =>
            sqlx::query_as("SELECT name, role, password, made, last FROM users WHERE name = $1")
                .bind(name)
                .fetch_optional(c)
                .await?);
        Ok(row.map(user))
    }

    /// Whether anybody can log in: whether some user has a password.
    pub async fn has_users(&self) -> Result<bool> {
        Ok(reading!(&self.database, c =>
            sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM users WHERE password <> '')").fetch_one(c).await?))
    }

    /// Adds a user; a name that is taken is refused.
    pub async fn add_user(&self, user: &User) -> Result<()> {
        let mut writing = self.database.begin().await?;
        lock(&mut writing).await?;
        insert(&mut writing, user).await?;
        let role = [("role", None, Some(user.role.as_str()))];
        self.noted(&mut writing, "added", &subject(&user.name), &role).await?;
        writing.commit().await
    }

    /// Gives a user another role. The last administrator with a password stays one.
    pub async fn set_role(&self, name: &str, role: &str) -> Result<()> {
        let mut writing = self.database.begin().await?;
        lock(&mut writing).await?;
        let before = need(&mut writing, name).await?;
        writing!(&mut writing, c =>
            sqlx::query("UPDATE users SET role = $1 WHERE name = $2").bind(role).bind(name).execute(c).await.map(drop)?);
        somebody_is_left(&mut writing, &before).await?;
        let changed = [("role", Some(before.role.as_str()), Some(role))];
        self.noted(&mut writing, "changed", &subject(name), &changed).await?;
        writing.commit().await
    }

    /// Gives a user another password, as a hash. Whoever is logged in under the name is no longer, and links to choose one
    /// are void.
    pub async fn set_password(&self, name: &str, hash: &str) -> Result<()> {
        let mut writing = self.database.begin().await?;
        lock(&mut writing).await?;
        need(&mut writing, name).await?;
        self.put_password(&mut writing, name, hash).await?;
        writing.commit().await
    }

    async fn put_password(&self, writing: &mut Writing, name: &str, hash: &str) -> Result<()> {
        writing!(&mut *writing, c => {
            sqlx::query("UPDATE users SET password = $1 WHERE name = $2").bind(hash).bind(name).execute(&mut *c).await?;
            sqlx::query("DELETE FROM sessions WHERE owner = $1").bind(name).execute(&mut *c).await?;
            sqlx::query("DELETE FROM links WHERE owner = $1").bind(name).execute(c).await?;
        });
        self.noted(writing, "changed", &subject(name), &[("password", None, None)]).await
    }

    /// Removes a user, and logs them out everywhere. The last administrator with a password stays.
    pub async fn remove_user(&self, name: &str) -> Result<()> {
        let mut writing = self.database.begin().await?;
        lock(&mut writing).await?;
        let before = need(&mut writing, name).await?;
        writing!(&mut writing, c =>
            sqlx::query("DELETE FROM users WHERE name = $1").bind(name).execute(c).await.map(drop)?);
        somebody_is_left(&mut writing, &before).await?;
        let gone = [("role", Some(before.role.as_str()), None)];
        self.noted(&mut writing, "removed", &subject(name), &gone).await?;
        writing.commit().await
    }

    /// Lets whoever shows the secret of that hash choose the password of `owner`, or be the first administrator. The only
    /// such link: older ones of the same owner are void.
    pub async fn make_link(&self, hash: &str, owner: Option<&str>, until: i64) -> Result<()> {
        let mut writing = self.database.begin().await?;
        lock(&mut writing).await?;
        if let Some(owner) = owner {
            need(&mut writing, owner).await?;
        }
        writing!(&mut writing, c => {
            sqlx::query("DELETE FROM links WHERE owner = $1 OR ($1 IS NULL AND owner IS NULL)")
                .bind(owner)
                .execute(&mut *c)
                .await?;
            sqlx::query("INSERT INTO links (hash, owner, until) VALUES ($1, $2, $3)")
                .bind(hash)
                .bind(owner)
                .bind(until)
                .execute(c)
                .await?;
        });
        writing.commit().await
    }

    /// Whose password a link lets choose: `Some(None)` is the first administrator's. `None`: there is no such link, or no
    /// longer.
    pub async fn link(&self, hash: &str, now: i64) -> Result<Option<Option<String>>> {
        let found: Option<(Option<String>,)> = reading!(&self.database, c =>
            sqlx::query_as("SELECT owner FROM links WHERE hash = $1 AND until > $2")
                .bind(hash)
                .bind(now)
                .fetch_optional(c)
                .await?);
        let found = found.map(|(owner,)| owner);
        // A link for the first is void as soon as there is one.
        Ok(match found {
            Some(None) if self.has_users().await? => None,
            found => found,
        })
    }

    /// Uses a link up: its owner has that password hash from now on. For the first administrator, `name` is who that is. Of
    /// two who use it at once, one is refused.
    pub async fn use_link(&self, hash: &str, name: &str, password: &str, now: i64) -> Result<()> {
        let mut writing = self.database.begin().await?;
        lock(&mut writing).await?;
        let owner: Option<Option<String>> = writing!(&mut writing, c =>
            sqlx::query_scalar("DELETE FROM links WHERE hash = $1 AND until > $2 RETURNING owner")
                .bind(hash)
                .bind(now)
                .fetch_optional(c)
                .await?);
        match owner {
            None => return Err(Error::NoSuch("link: it was used already, or it is too old".into())),
            Some(Some(owner)) => self.put_password(&mut writing, &owner, password).await?,
            Some(None) => {
                let some: bool = writing!(&mut writing, c =>
                    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM users WHERE password <> '')")
                        .fetch_one(c)
                        .await?);
                if some {
                    return Err(Error::NoSuch("first user to make: there is one".into()));
                }
                let (name, role, password) = (name.to_owned(), ADMINISTRATOR.to_owned(), password.to_owned());
                // Somebody may have been added who has not chosen a password yet.
                let made = writing!(&mut writing, c =>
                    sqlx::query("DELETE FROM users WHERE name = $1").bind(&name).execute(c).await.map(drop));
                made?;
                insert(&mut writing, &User { name: name.clone(), role, password, made: now, last: None })
                    .await?;
                let role = [("role", None, Some(ADMINISTRATOR))];
                self.noted(&mut writing, "added", &subject(&name), &role).await?;
            }
        }
        writing.commit().await
    }
}

fn subject(name: &str) -> String {
    format!("user {name}")
}

pub(crate) fn user((name, role, password, made, last): Row) -> User {
    User { name, role, password, made, last }
}

/// Users are changed one after another. SQLite does so from the beginning.
pub(crate) async fn lock(writing: &mut Writing) -> Result<()> {
    if let Writing::Postgres(transaction) = writing {
        // The number is ours: "users" in ASCII.
        sqlx::query("SELECT pg_advisory_xact_lock(504658620019)").execute(&mut **transaction).await?;
    }
    Ok(())
}

async fn need(writing: &mut Writing, name: &str) -> Result<User> {
    let row: Option<Row> = writing!(writing, c =>
        sqlx::query_as("SELECT name, role, password, made, last FROM users WHERE name = $1")
            .bind(name)
            .fetch_optional(c)
            .await?);
    row.map(user).ok_or_else(|| Error::NoSuch(format!("user {name}")))
}

/// Within a transaction.
pub(crate) async fn insert(writing: &mut Writing, user: &User) -> Result<()> {
    let rows = writing!(writing, c =>
        sqlx::query(
            "INSERT INTO users (name, role, password, made, last) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (name) DO NOTHING",
        )
        .bind(&user.name)
        .bind(&user.role)
        .bind(&user.password)
        .bind(user.made)
        .bind(user.last)
        .execute(c)
        .await?
        .rows_affected());
    if rows == 0 {
        return Err(Error::Value { thing: subject(&user.name), problem: "there is one of that name".into() });
    }
    Ok(())
}

/// Refuses to let go of the last administrator who can log in.
async fn somebody_is_left(writing: &mut Writing, before: &User) -> Result<()> {
    if before.role != ADMINISTRATOR || before.password.is_empty() {
        return Ok(());
    }
    let some: bool = writing!(writing, c =>
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM users WHERE role = 'administrator' AND password <> '')")
            .fetch_one(c)
            .await?);
    if some {
        return Ok(());
    }
    let problem = "this is the last administrator; make somebody else one first".into();
    Err(Error::Value { thing: subject(&before.name), problem })
}

/// Without the hash.
impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, role, password, made, last } = self;
        f.debug_struct("User")
            .field("name", name)
            .field("role", role)
            .field("has_password", &!password.is_empty())
            .field("made", made)
            .field("last", last)
            .finish()
    }
}
