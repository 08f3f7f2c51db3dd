//! Who changed what, and when: written in the same transaction as the change, by a [`Store`] that knows its author.

mod difference;

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use sqlx::QueryBuilder;

use crate::change::effect::Effect;
use crate::database::Writing;
use crate::store::Store;
use crate::{Listed, Page, Result, json};

/// As many are kept; beyond it the oldest go. About a hundred megabytes at the very most, years for most.
const MOST: i64 = 200_000;
/// A change of more things than this is one row: nobody reads ten thousand of an import.
const EACH: usize = 500;
/// Rows of one statement: seven values each.
const AT_ONCE: usize = 200;
/// Longer values are cut: the audit tells what changed, it is no backup.
const LONGEST: usize = 500;

/// Something that somebody did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audited {
    /// Its number; later ones have higher ones.
    pub id: i64,
    /// When, in seconds since 1970.
    pub at: i64,
    /// Who: a user's name, `token NAME`, `command line (NAME)`.
    pub author: String,
    /// What was done: `added`, `changed`, `removed`, `logged in`.
    pub action: String,
    /// To what: `phone SEP001122334455`.
    pub subject: String,
    /// What is otherwise now.
    pub fields: Vec<Altered>,
}

/// One value before and after. Of secrets both are missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Altered {
    /// What: `site`, `key 3`.
    pub field: String,
    /// What it was; missing when there was nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// What it is; missing when there is nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// It is nobody's business what it was and is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub secret: bool,
}

/// Which of them. What is left out lets all through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// Somewhere in author, action, subject or the names of fields; case does not matter.
    pub text: Option<String>,
    /// By exactly this author.
    pub author: Option<String>,
    /// To exactly this.
    pub subject: Option<String>,
    /// At this moment or later.
    pub since: Option<i64>,
    /// Before this moment.
    pub until: Option<i64>,
}

/// Number, time, author, action, subject, fields.
pub(crate) type Row = (i64, i64, String, String, String, String);

/// What is known of something before it gets its number.
pub(crate) struct Entry {
    pub(crate) action: &'static str,
    pub(crate) subject: String,
    pub(crate) fields: Vec<Altered>,
}

macro_rules! filter {
    ($sql:ident, $query:ident, $finds:ident) => {
        if let Some(author) = &$query.author {
            $sql.push(" AND author = ").push_bind(author.as_str());
        }
        if let Some(subject) = &$query.subject {
            $sql.push(" AND subject = ").push_bind(subject.as_str());
        }
        if let Some(since) = $query.since {
            $sql.push(" AND at >= ").push_bind(since);
        }
        if let Some(until) = $query.until {
            $sql.push(" AND at < ").push_bind(until);
        }
        if let Some(text) = &$query.text {
            $sql.push(" AND ").push($finds).push("(search, ");
            $sql.push_bind(text.trim().to_lowercase()).push(") > 0");
        }
    };
}

impl Store {
    /// The same store, whose changes are written down as this author's.
    #[must_use]
    pub fn by(&self, author: &str) -> Self {
        Self { author: Some(author.into()), ..self.clone() }
    }

    /// Who changes something through this one, if anybody said so.
    #[must_use]
    pub fn author(&self) -> Option<&str> {
        self.author.as_deref()
    }

    /// Writes down something that is no change of the inventory: a log-in, a new trust list. Each field has a value before and
    /// after; without either it is a secret. Does nothing without an author.
    pub async fn note(
        &self,
        action: &'static str,
        subject: &str,
        fields: &[(&str, Option<&str>, Option<&str>)],
    ) -> Result<()> {
        let mut writing = self.database.begin().await?;
        self.noted(&mut writing, action, subject, fields).await?;
        writing.commit().await
    }

    /// As [`Store::note`], within a transaction.
    pub(crate) async fn noted(
        &self,
        writing: &mut Writing,
        action: &'static str,
        subject: &str,
        fields: &[(&str, Option<&str>, Option<&str>)],
    ) -> Result<()> {
        let altered = |(field, before, after): &(&str, Option<&str>, Option<&str>)| Altered {
            field: (*field).to_owned(),
            before: before.map(cut),
            after: after.map(cut),
            secret: before.is_none() && after.is_none(),
        };
        let fields = fields.iter().map(altered).collect();
        self.write_down(writing, vec![Entry { action, subject: subject.to_owned(), fields }]).await
    }

    /// What the changes are going to do, by what is there now: to be asked before they are made.
    pub(crate) async fn foresee(&self, writing: &mut Writing, effect: &Effect<'_>) -> Result<Vec<Entry>> {
        if self.author.is_none() {
            return Ok(Vec::new());
        }
        if effect.len() > EACH {
            return Ok(vec![difference::summary(effect)]);
        }
        difference::entries(writing, effect).await
    }

    /// Gives the entries their numbers and keeps them.
    pub(crate) async fn write_down(&self, writing: &mut Writing, entries: Vec<Entry>) -> Result<()> {
        let Some(author) = &self.author else { return Ok(()) };
        if entries.is_empty() {
            return Ok(());
        }
        if let Writing::Postgres(transaction) = &mut *writing {
            // Two servers must not take the same number. This one is ours: "audit" in ASCII.
            sqlx::query("SELECT pg_advisory_xact_lock(418514234740)").execute(&mut **transaction).await?;
        }
        let last: i64 = writing!(&mut *writing, c =>
            sqlx::query_scalar("SELECT coalesce(max(id), 0) FROM audit").fetch_one(c).await?);
        let at = now();
        let audited = |(id, entry): (i64, Entry)| Audited {
            id,
            at,
            author: author.to_string(),
            action: entry.action.to_owned(),
            subject: entry.subject,
            fields: entry.fields,
        };
        let rows: Vec<Audited> = (last + 1..).zip(entries).map(audited).collect();
        put(writing, &rows.iter().collect::<Vec<_>>()).await?;
        let newest = rows.last().map_or(last, |row| row.id);
        writing!(writing, c =>
            sqlx::query("DELETE FROM audit WHERE id <= $1").bind(newest - MOST).execute(c).await.map(drop)?);
        Ok(())
    }

    /// What was done, the newest first.
    pub async fn audit(&self, query: &AuditQuery, page: &Page<i64>) -> Result<Listed<Audited>> {
        let finds = self.database.finds();
        let (rows, total): (Vec<Row>, i64) = reading!(&self.database, c => {
            let mut sql = QueryBuilder::new("SELECT id, at, author, action, subject, fields FROM audit WHERE true");
            filter!(sql, query, finds);
            if let Some(after) = page.after {
                sql.push(" AND id < ").push_bind(after);
            }
            sql.push(" ORDER BY id DESC LIMIT ").push_bind(i64::from(page.limit));
            sql.push(" OFFSET ").push_bind(page.skip());
            let rows = sql.build_query_as().fetch_all(c).await?;
            let mut sql = QueryBuilder::new("SELECT count(*) FROM audit WHERE true");
            filter!(sql, query, finds);
            (rows, sql.build_query_scalar().fetch_one(c).await?)
        });
        let rows = rows.into_iter().map(audited).collect::<Result<_>>()?;
        Ok(Listed { rows, total: total.cast_unsigned() })
    }
}

pub(crate) fn audited((id, at, author, action, subject, fields): Row) -> Result<Audited> {
    let fields = json::read(&fields, || format!("audit {id}"))?;
    Ok(Audited { id, at, author, action, subject, fields })
}

/// Within a transaction, under the numbers that they have.
pub(crate) async fn put(writing: &mut Writing, rows: &[&Audited]) -> Result<()> {
    for some in rows.chunks(AT_ONCE) {
        writing!(&mut *writing, c => {
            let mut sql =
                QueryBuilder::new("INSERT INTO audit (id, at, author, action, subject, fields, search) ");
            sql.push_values(some, |mut row, audited| {
                row.push_bind(audited.id)
                    .push_bind(audited.at)
                    .push_bind(audited.author.as_str())
                    .push_bind(audited.action.as_str())
                    .push_bind(audited.subject.as_str())
                    .push_bind(json::text(&audited.fields))
                    .push_bind(search(audited));
            });
            sql.build().persistent(some.len() == 1).execute(c).await?;
        });
    }
    Ok(())
}

fn search(audited: &Audited) -> String {
    let mut text = format!("{} {} {}", audited.author, audited.action, audited.subject);
    for altered in &audited.fields {
        text.push(' ');
        text.push_str(&altered.field);
    }
    text.to_lowercase()
}

/// A value as long as anybody reads it.
fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
