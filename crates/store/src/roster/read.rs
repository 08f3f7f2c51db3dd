//! Reading phones for a sheet, within one transaction, so that all are of one moment.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use provision::inventory::{Group, State};
use provision::mac::Mac;
use sqlx::QueryBuilder;

use super::moves::REMEMBERED;
use super::sheet::{Sheet, TooMuch};
use crate::database::Writing;
use crate::phones::mac;
use crate::{Error, Result, groups};

/// Phones read at a time.
const PORTION: i64 = 2000;
const PHONES: &str = "SELECT mac, model, series, site, profile, state, description, changed, search, firmware
    FROM phones WHERE mac ";
const KEYS: &str = "SELECT name, line, lines.search FROM keys JOIN lines ON number = line
    WHERE owner = 'phone' AND name ";
/// Phones of one statement that names them.
const AT_ONCE: usize = 250;

/// A phone as it is now.
pub(super) struct Fresh {
    pub(super) mac: Mac,
    pub(super) model: Option<String>,
    pub(super) series: Option<String>,
    pub(super) site: Option<String>,
    pub(super) profile: Option<String>,
    pub(super) state: State,
    pub(super) description: String,
    pub(super) changed: i64,
    pub(super) search: String,
    pub(super) firmware: Option<String>,
    /// The lines of its own keys by button, and the texts that they are found by.
    pub(super) lines: Vec<(String, String)>,
}

/// Address, model, series, site, profile, state, description, when it was changed, search, firmware.
type Row = (
    String,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    String,
    String,
    i64,
    String,
    Option<String>,
);
/// Address, number, search.
type Key = (String, String, String);

/// What became of an attempt to make a sheet.
pub(super) enum Made {
    Sheet(Arc<Sheet>),
    /// More moved than is written down: all has to be read.
    Anew,
    TooMuch,
}

/// The sheet that is kept, and what moved since.
pub(super) async fn since(reading: &mut Writing, kept: &Sheet) -> Result<Made> {
    let (moves, phones) = mark(reading).await?;
    if moves < kept.moves || moves - kept.moves > REMEMBERED {
        return Ok(Made::Anew);
    }
    let moved: BTreeSet<String> = writing!(&mut *reading, c =>
        sqlx::query_scalar::<_, String>("SELECT DISTINCT mac FROM phone_moves WHERE number > $1")
            .bind(kept.moves)
            .fetch_all(c)
            .await?)
    .into_iter()
    .collect();
    if moved.contains("") {
        return Ok(Made::Anew);
    }
    let mut fresh: BTreeMap<Mac, Option<Fresh>> =
        moved.iter().map(|digits| Ok((mac(digits)?, None))).collect::<Result<_>>()?;
    let moved: Vec<&str> = moved.iter().map(String::as_str).collect();
    for some in moved.chunks(AT_ONCE) {
        let rows: Vec<Row> = writing!(&mut *reading, c =>
            these(PHONES, some, "").build_query_as().persistent(false).fetch_all(c).await?);
        let keys: Vec<Key> = writing!(&mut *reading, c =>
            these(KEYS, some, " ORDER BY name, button").build_query_as().persistent(false).fetch_all(c).await?);
        fresh.extend(put_together(rows, keys)?.into_iter().map(|new| (new.mac, Some(new))));
    }
    let groups = groups(reading).await?;
    Ok(match kept.after(moves, &groups, &fresh) {
        Err(TooMuch) => Made::TooMuch,
        // Nobody changes phones and does not write it down; if somebody does, all is read.
        Ok(sheet) if sheet.phones.len() as i64 != phones => Made::Anew,
        Ok(sheet) => Made::Sheet(Arc::new(sheet)),
    })
}

/// Every phone.
pub(super) async fn all(reading: &mut Writing) -> Result<Made> {
    let (moves, _) = mark(reading).await?;
    let groups = groups(reading).await?;
    let mut sheet = Sheet::empty(moves, &groups);
    let mut after = String::new();
    loop {
        let rows: Vec<Row> = writing!(&mut *reading, c => {
            let mut sql = QueryBuilder::new(PHONES);
            sql.push("> ").push_bind(after.as_str()).push(" ORDER BY mac LIMIT ").push_bind(PORTION);
            sql.build_query_as().fetch_all(c).await?
        });
        let Some(last) = rows.last().map(|row| row.0.clone()) else { break };
        let keys: Vec<Key> = writing!(&mut *reading, c => {
            let mut sql = QueryBuilder::new(KEYS);
            sql.push("> ").push_bind(after.as_str()).push(" AND name <= ").push_bind(last.as_str());
            sql.push(" ORDER BY name, button").build_query_as().fetch_all(c).await?
        });
        for new in put_together(rows, keys)? {
            if sheet.push(&new).is_err() {
                return Ok(Made::TooMuch);
            }
        }
        after = last;
    }
    Ok(Made::Sheet(Arc::new(sheet)))
}

/// What moved until now, and how many phones there are.
async fn mark(reading: &mut Writing) -> Result<(i64, i64)> {
    Ok(writing!(reading, c =>
        sqlx::query_as("SELECT phone_moves, phones FROM inventory").fetch_one(c).await?))
}

async fn groups(reading: &mut Writing) -> Result<Vec<Group>> {
    let rows: Vec<groups::Row> = writing!(reading, c =>
        sqlx::query_as("SELECT kind, name, description, layer FROM groups ORDER BY kind, name")
            .fetch_all(c)
            .await?);
    rows.into_iter().map(groups::group).collect()
}

fn these<'q, DB: sqlx::Database>(
    before: &'static str,
    macs: &[&'q str],
    behind: &'static str,
) -> QueryBuilder<DB>
where
    &'q str: sqlx::Type<DB> + sqlx::Encode<'q, DB>,
{
    let mut sql = QueryBuilder::new(before);
    let mut list = sql.push("IN (").separated(", ");
    macs.iter().for_each(|mac| {
        list.push_bind(*mac);
    });
    sql.push(")").push(behind);
    sql
}

/// Phones with their keys, which are in order of phones and buttons.
fn put_together(rows: Vec<Row>, keys: Vec<Key>) -> Result<Vec<Fresh>> {
    let mut lines: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for (name, line, search) in keys {
        lines.entry(name).or_default().push((line, search));
    }
    let fresh = |row: Row| {
        let (digits, model, series, site, profile, state, description, changed, search, firmware) = row;
        let unreadable = |problem| Error::Unreadable { thing: format!("SEP{digits}"), problem };
        let lines = lines.remove(&digits).unwrap_or_default();
        Ok(Fresh {
            mac: mac(&digits)?,
            state: state.parse().map_err(unreadable)?,
            model,
            series,
            site,
            profile,
            description,
            changed,
            search,
            firmware,
            lines,
        })
    };
    rows.into_iter().map(fresh).collect()
}
