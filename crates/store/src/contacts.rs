//! Contacts: one, all, and those that somebody searches for.

use provision::inventory::Contact;
use provision::keypad::Spelling;
use provision::mac::Mac;
use sqlx::QueryBuilder;

use crate::page::{Listed, Page};
use crate::phones::mac;
use crate::store::Store;
use crate::{Result, json};

/// Which contacts. What is left out lets all through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContactQuery {
    /// Words that name or organisation begin with, or digits somewhere in a number; case does not matter.
    pub text: Option<String>,
    /// Digits that spell the beginning of a word on a telephone's keys: 6 2 9 finds May. 0 begins another word.
    pub keypad: Option<String>,
    /// Only these books.
    pub books: Option<Vec<String>>,
    /// Whose own contacts are let through, beside those that are everybody's.
    pub owner: Option<Mac>,
    /// Everybody's and every owner's, for administrators.
    pub any_owner: bool,
    /// Of everybody's contacts only those in these books; an owner's own are let through whatever book they are in.
    pub seen: Option<Vec<String>>,
    /// Only what this owner keeps.
    pub only_of: Option<Mac>,
}

/// Id, book, owner, name, organisation, numbers.
pub(crate) type Row = (i64, String, Option<String>, String, String, String);
/// The same, and how many there are in all.
type Found = (i64, String, Option<String>, String, String, String, i64);

/// Adds to the statement what the question lets through.
macro_rules! filter {
    ($sql:ident, $query:ident, $finds:ident) => {
        if let Some(books) = &$query.books {
            // PostgreSQL takes no empty list; no book is called nothing.
            $sql.push(" AND book IN (''");
            for book in books {
                $sql.push(", ").push_bind(book.as_str());
            }
            $sql.push(")");
        }
        if let Some(books) = &$query.seen {
            $sql.push(" AND (owner IS NOT NULL OR book IN (''");
            for book in books {
                $sql.push(", ").push_bind(book.as_str());
            }
            $sql.push("))");
        }
        if let Some(owner) = $query.only_of {
            $sql.push(" AND owner = ").push_bind(owner.to_string());
        }
        match $query.owner {
            _ if $query.any_owner || $query.only_of.is_some() => {}
            None => {
                $sql.push(" AND owner IS NULL");
            }
            Some(owner) => {
                $sql.push(" AND (owner IS NULL OR owner = ").push_bind(owner.to_string()).push(")");
            }
        }
        for word in words($query.text.as_deref().unwrap_or_default()) {
            let digits = digits(&word);
            $sql.push(" AND (id IN (SELECT contact FROM contact_words WHERE word >= ")
                .push_bind(word.clone());
            $sql.push(" AND word < ").push_bind(behind(&word)).push(")");
            if !digits.is_empty() {
                $sql.push(" OR id IN (SELECT contact FROM contact_digits WHERE ").push($finds);
                $sql.push("(digits, ").push_bind(digits).push(") > 0)");
            }
            $sql.push(")");
        }
        // 0 and 1 carry no letters: they begin the next word.
        let letters = |c: char| matches!(c, '2'..='9');
        let keys = $query.keypad.as_deref().unwrap_or_default();
        for keys in keys.split(|c| !letters(c)).filter(|keys| !keys.is_empty()) {
            $sql.push(" AND id IN (SELECT contact FROM contact_keys WHERE keypad >= ").push_bind(keys);
            $sql.push(" AND keypad < ").push_bind(behind(keys)).push(")");
        }
    };
}

impl Store {
    /// The contact of that number.
    pub async fn contact(&self, id: i64) -> Result<Option<Contact>> {
        let row: Option<Row> = reading!(&self.database, c =>
            sqlx::query_as("SELECT id, book, owner, name, organisation, numbers FROM contacts WHERE id = $1")
                .bind(id)
                .fetch_optional(c)
                .await?);
        row.map(contact).transpose()
    }

    /// Contacts by name.
    pub async fn contacts(&self, query: &ContactQuery, page: &Page<i64>) -> Result<Listed<Contact>> {
        let finds = self.database.finds();
        let rows: Vec<Found> = reading!(&self.database, c => {
            // Found once, for the page and for the count.
            let mut sql = QueryBuilder::new("WITH found AS (SELECT id, sort FROM contacts WHERE true");
            filter!(sql, query, finds);
            sql.push("), part AS (SELECT id, sort, (SELECT count(*) FROM found) AS total FROM found");
            if let Some(after) = page.after {
                sql.push(" WHERE (sort, id) > (SELECT sort, id FROM contacts WHERE id = ");
                sql.push_bind(after).push(")");
            }
            sql.push(" ORDER BY sort, id LIMIT ").push_bind(i64::from(page.limit));
            sql.push(" OFFSET ").push_bind(page.skip());
            sql.push(
                ") SELECT contacts.id, book, owner, name, organisation, numbers, total
                 FROM contacts JOIN part ON part.id = contacts.id ORDER BY part.sort, part.id",
            );
            sql.build_query_as().fetch_all(c).await?
        });
        let total = match rows.first() {
            Some(row) => row.6,
            None if page.offset == 0 && page.after.is_none() && page.limit > 0 => 0,
            None => self.count_contacts(query).await?,
        };
        let row = |(id, book, owner, name, organisation, numbers, _): Found| {
            contact((id, book, owner, name, organisation, numbers))
        };
        let rows = rows.into_iter().map(row).collect::<Result<_>>()?;
        Ok(Listed { rows, total: total.cast_unsigned() })
    }

    /// Contacts by number, whoever's they are.
    pub async fn contacts_after(&self, after: i64, limit: u32) -> Result<Vec<Contact>> {
        let rows: Vec<Row> = reading!(&self.database, c =>
            sqlx::query_as(
                "SELECT id, book, owner, name, organisation, numbers FROM contacts
                 WHERE id > $1 ORDER BY id LIMIT $2",
            )
            .bind(after)
            .bind(i64::from(limit))
            .fetch_all(c)
            .await?);
        rows.into_iter().map(contact).collect()
    }

    /// A number that moves when any contact does, and with nothing else.
    pub async fn contact_changes(&self) -> Result<i64> {
        Ok(reading!(&self.database, c =>
            sqlx::query_scalar("SELECT contact_changes FROM inventory").fetch_one(c).await?))
    }

    /// How many contacts the question lets through, when no row tells.
    async fn count_contacts(&self, query: &ContactQuery) -> Result<i64> {
        let finds = self.database.finds();
        Ok(reading!(&self.database, c => {
            let mut sql = QueryBuilder::new("SELECT count(*) FROM contacts WHERE true");
            filter!(sql, query, finds);
            sql.build_query_scalar().fetch_one(c).await?
        }))
    }

    /// All books that have contacts, by name.
    pub async fn books(&self) -> Result<Vec<String>> {
        Ok(reading!(&self.database, c =>
            sqlx::query_scalar("SELECT DISTINCT book FROM contacts ORDER BY book").fetch_all(c).await?))
    }
}

pub(crate) fn contact((id, book, owner, name, organisation, numbers): Row) -> Result<Contact> {
    let owner = owner.as_deref().map(mac).transpose()?;
    let numbers = json::read(&numbers, || format!("contact {id}"))?;
    Ok(Contact { id, book, owner, name, organisation, numbers })
}

/// The words of a text in small letters. No word is longer than an index takes.
pub(crate) fn words(text: &str) -> Vec<String> {
    let small = text.to_lowercase();
    let words = small.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| word.chars().take(60).collect()).collect()
}

/// The digits of a number, as many as an index takes.
pub(crate) fn digits(number: &str) -> String {
    number.chars().filter(char::is_ascii_digit).take(60).collect()
}

/// The keys that spell the words of a text on a telephone, each way that it is spelled.
pub(crate) fn keypads(text: &str) -> Vec<String> {
    let spelling = Spelling::of(text);
    let words = spelling.as_str().split(['|', ' ']).filter(|word| !word.is_empty());
    words.map(|word| word.chars().take(60).collect()).collect()
}

/// What sorts behind everything that begins so.
fn behind(prefix: &str) -> String {
    format!("{prefix}\u{10FFFF}")
}
