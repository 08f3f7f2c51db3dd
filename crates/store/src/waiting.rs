//! Phones that came by themselves: those that wait with a code to be claimed by, and those that are taken in at once.

use std::collections::HashSet;

use provision::inventory::{Change, Key, Line, Number, Phone, State};
use provision::mac::Mac;
use sqlx::QueryBuilder;

use crate::change::{step, tell};
use crate::database::Writing;
use crate::phones::mac;
use crate::roster::moves;
use crate::store::Store;
use crate::{Error, Result};

/// How often a code is drawn before something must be wrong with the dice.
const DRAWS: usize = 32;
/// A phone that waits may ask every few seconds; that it does is written down once in so many.
const SEEN_EVERY: i64 = 60;

/// A phone that waits to be claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its address.
    pub mac: Mac,
    /// What it is claimed by.
    pub code: String,
    /// When it asked first, in seconds since 1970.
    pub since: i64,
    /// When it asked last, to the minute.
    pub seen: i64,
    /// The address it asked from last.
    pub source: String,
}

/// A phone that nobody knows, asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Newcomer<'a> {
    /// Its address.
    pub mac: Mac,
    /// The address it asks from.
    pub source: &'a str,
    /// Now, in seconds since 1970.
    pub now: i64,
}

/// Numbers to give out: from the first to the last, with so many digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbers {
    /// The first.
    pub first: u64,
    /// The last; it may be given out, too.
    pub last: u64,
    /// How many digits each has.
    pub digits: usize,
}

/// Address, code, since, seen, source.
pub(crate) type Row = (String, String, i64, i64, String);

impl Store {
    /// Lets the phone wait, under a code that `draw` gives and no other has. Of more than `most` that wait, those that
    /// asked the longest ago are dropped. `None` when the phone is kept already, and not as waiting.
    ///
    /// The generation does not move: nothing that was made for others rests on it.
    pub async fn park(
        &self,
        newcomer: Newcomer<'_>,
        most: usize,
        mut draw: impl FnMut() -> String,
    ) -> Result<Option<Waiting>> {
        if let Some(waiting) = self.waiting(newcomer.mac).await? {
            return self.seen(waiting, newcomer).await.map(Some);
        }
        let mut writing = self.database.begin().await?;
        lock(&mut writing).await?;
        let Newcomer { mac, source, now } = newcomer;
        match state(&mut writing, mac).await?.as_deref() {
            None => {
                let phone = Phone { state: State::Waiting, ..Phone::new(mac, None) };
                self.make(&mut writing, &[Change::PutPhone(phone)]).await?;
            }
            // Somebody made it wait by hand, or another server let it in a moment ago.
            Some(word) if word == State::Waiting.word() => {
                if let Some(waiting) = already(&mut writing, mac).await? {
                    return Ok(Some(waiting));
                }
            }
            Some(_) => return Ok(None),
        }
        let code = free_code(&mut writing, &mut draw).await?;
        let waiting = Waiting { mac, code, since: now, seen: now, source: source.to_owned() };
        writing!(&mut writing, c =>
            sqlx::query("INSERT INTO waiting (mac, code, since, seen, source) VALUES ($1, $2, $3, $4, $5)")
                .bind(mac.to_string())
                .bind(waiting.code.as_str())
                .bind(now)
                .bind(now)
                .bind(source)
                .execute(c)
                .await
                .map(drop)?);
        drop_oldest(&mut writing, most).await?;
        writing.commit().await?;
        Ok(Some(waiting))
    }

    /// The waiting phone of that address.
    pub async fn waiting(&self, mac: Mac) -> Result<Option<Waiting>> {
        self.one_waiting(
            "SELECT mac, code, since, seen, source FROM waiting JOIN phones USING (mac)
             WHERE state = 'waiting' AND mac = $1",
            &mac.to_string(),
        )
        .await
    }

    /// The waiting phone with that code, however it is typed.
    pub async fn waiting_by_code(&self, code: &str) -> Result<Option<Waiting>> {
        self.one_waiting(
            "SELECT mac, code, since, seen, source FROM waiting JOIN phones USING (mac)
             WHERE state = 'waiting' AND code = $1",
            &normal(code),
        )
        .await
    }

    async fn one_waiting(&self, sql: &'static str, key: &str) -> Result<Option<Waiting>> {
        let row: Option<Row> =
            reading!(&self.database, c => sqlx::query_as(sql).bind(key).fetch_optional(c).await?);
        row.map(waiting).transpose()
    }

    /// The waiting phone that asked from that address last, if it is the only one.
    pub async fn waiting_from(&self, source: &str) -> Result<Option<Waiting>> {
        let mut rows: Vec<Row> = reading!(&self.database, c =>
            sqlx::query_as(
                "SELECT mac, code, since, seen, source FROM waiting JOIN phones USING (mac)
                 WHERE state = 'waiting' AND source = $1 LIMIT 2",
            )
            .bind(source)
            .fetch_all(c)
            .await?);
        let only = rows.pop().filter(|_| rows.is_empty());
        only.map(waiting).transpose()
    }

    /// The waiting phones among these, by address.
    pub async fn waiting_of(&self, macs: &[Mac]) -> Result<Vec<Waiting>> {
        if macs.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<Row> = reading!(&self.database, c => {
            let mut sql = QueryBuilder::new(
                "SELECT mac, code, since, seen, source FROM waiting JOIN phones USING (mac)
                 WHERE state = 'waiting' AND mac IN (",
            );
            let mut list = sql.separated(", ");
            macs.iter().for_each(|mac| { list.push_bind(mac.to_string()); });
            sql.push(") ORDER BY mac").build_query_as().fetch_all(c).await?
        });
        rows.into_iter().map(waiting).collect()
    }

    /// Makes the changes, of which one puts the phone that waits under that code. Of two who claim a phone at once, one
    /// is told that there is no such code.
    pub async fn claim(&self, code: &str, changes: &[Change]) -> Result<u64> {
        let code = normal(code);
        let mut writing = self.database.begin().await?;
        let generation = step(&mut writing).await?;
        let gone = writing!(&mut writing, c =>
            sqlx::query("DELETE FROM waiting WHERE code = $1").bind(&code).execute(c).await?.rows_affected());
        if gone == 0 {
            return Err(Error::NoSuch(format!("phone that waits under the code {code}")));
        }
        self.make(&mut writing, changes).await?;
        tell(&mut writing, generation).await?;
        writing.commit().await?;
        self.saw(generation.cast_unsigned());
        Ok(generation.cast_unsigned())
    }

    /// Takes the phone in, with the next free number on its first button. Gives the number; `None` when the phone is
    /// kept already.
    pub async fn register(&self, phone: &Phone, numbers: Numbers) -> Result<Option<Number>> {
        let mut writing = self.database.begin().await?;
        let generation = step(&mut writing).await?;
        if state(&mut writing, phone.mac).await?.is_some() {
            return Ok(None);
        }
        let number = free_number(&mut writing, numbers).await?;
        let mut phone = phone.clone();
        phone.layer.keys.insert(1, Some(Key::line(number.clone())));
        let changes = [Change::PutLine(Line::new(number.clone())), Change::PutPhone(phone)];
        self.make(&mut writing, &changes).await?;
        tell(&mut writing, generation).await?;
        writing.commit().await?;
        self.saw(generation.cast_unsigned());
        Ok(Some(number))
    }

    /// Notes that a waiting phone asked again.
    async fn seen(&self, waiting: Waiting, newcomer: Newcomer<'_>) -> Result<Waiting> {
        if newcomer.now - waiting.seen < SEEN_EVERY {
            return Ok(waiting);
        }
        let mut writing = self.database.begin().await?;
        writing!(&mut writing, c =>
            sqlx::query("UPDATE waiting SET seen = $1, source = $2 WHERE mac = $3")
                .bind(newcomer.now)
                .bind(newcomer.source)
                .bind(newcomer.mac.to_string())
                .execute(c)
                .await
                .map(drop)?);
        writing.commit().await?;
        Ok(Waiting { seen: newcomer.now, source: newcomer.source.to_owned(), ..waiting })
    }
}

/// A code as it is kept: capital letters and digits, nothing between them.
fn normal(code: &str) -> String {
    code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

/// Keeps every other change out, without being one. SQLite does so from the beginning.
async fn lock(writing: &mut Writing) -> Result<()> {
    if let Writing::Postgres(c) = writing {
        sqlx::query("SELECT generation FROM inventory FOR UPDATE").execute(&mut **c).await?;
    }
    Ok(())
}

/// The state of the phone, if it is kept.
async fn state(writing: &mut Writing, mac: Mac) -> Result<Option<String>> {
    Ok(writing!(writing, c =>
        sqlx::query_scalar("SELECT state FROM phones WHERE mac = $1")
            .bind(mac.to_string())
            .fetch_optional(c)
            .await?))
}

async fn already(writing: &mut Writing, mac: Mac) -> Result<Option<Waiting>> {
    let row: Option<Row> = writing!(writing, c =>
        sqlx::query_as("SELECT mac, code, since, seen, source FROM waiting WHERE mac = $1")
            .bind(mac.to_string())
            .fetch_optional(c)
            .await?);
    row.map(waiting).transpose()
}

async fn free_code(writing: &mut Writing, draw: &mut impl FnMut() -> String) -> Result<String> {
    for _ in 0..DRAWS {
        let code = normal(&draw());
        let taken: Option<i32> = writing!(&mut *writing, c =>
            sqlx::query_scalar("SELECT 1 FROM waiting WHERE code = $1").bind(&code).fetch_optional(c).await?);
        if taken.is_none() {
            return Ok(code);
        }
    }
    Err(Error::Value { thing: "claim code".into(), problem: "every one that was drawn is in use".into() })
}

async fn drop_oldest(writing: &mut Writing, most: usize) -> Result<()> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let gone: Vec<String> = writing!(&mut *writing, c =>
        sqlx::query_scalar(
            "DELETE FROM phones WHERE state = 'waiting' AND mac IN
             (SELECT mac FROM waiting JOIN phones USING (mac) WHERE state = 'waiting'
              ORDER BY seen DESC, since DESC, mac LIMIT 1000000 OFFSET $1)
             RETURNING mac",
        )
        .bind(most)
        .fetch_all(c)
        .await?);
    match gone.len() {
        0 => Ok(()),
        1..=1000 => moves::of_phones(writing, gone).await,
        _ => moves::of_all(writing).await,
    }
}

async fn free_number(writing: &mut Writing, numbers: Numbers) -> Result<Number> {
    let Numbers { first, last, digits } = numbers;
    let text = |number: u64| format!("{number:0digits$}");
    let taken: Vec<String> = writing!(writing, c =>
        sqlx::query_scalar("SELECT number FROM lines WHERE length(number) = $1 AND number >= $2 AND number <= $3")
            .bind(i32::try_from(digits).unwrap_or(i32::MAX))
            .bind(text(first))
            .bind(text(last))
            .fetch_all(c)
            .await?);
    let taken: HashSet<String> = taken.into_iter().collect();
    let free = (first..=last).map(text).find(|number| !taken.contains(number));
    let number =
        free.ok_or_else(|| Error::NoSuch(format!("free number from {} to {}", text(first), text(last))))?;
    number.parse().map_err(|problem| Error::Value { thing: number, problem: format!("{problem}") })
}

pub(crate) fn waiting((digits, code, since, seen, source): Row) -> Result<Waiting> {
    Ok(Waiting { mac: mac(&digits)?, code, since, seen, source })
}
