//! Phones: one, and lists of them.

use std::collections::BTreeMap;

use provision::inventory::{Number, Phone, State};
use provision::mac::Mac;
use provision::models::{self, Model};
use sqlx::QueryBuilder;

use crate::page::{Listed, Page};
use crate::store::Store;
use crate::{Error, Result, json};

/// Which phones. What is left out lets all through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PhoneQuery {
    /// Somewhere in the address, model, description or notes, or in number, name or label of a line; case does not
    /// matter.
    pub text: Option<String>,
    /// The model's name.
    pub model: Option<String>,
    /// The site.
    pub site: Option<String>,
    /// The profile.
    pub profile: Option<String>,
    /// Whether it is served.
    pub state: Option<State>,
    /// A line that it has a key for itself.
    pub line: Option<Number>,
}

/// A phone as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneRow {
    /// Its address.
    pub mac: Mac,
    /// What it is, where that is known.
    pub model: Option<&'static Model>,
    /// What people call it.
    pub description: String,
    /// Where it stands.
    pub site: Option<String>,
    /// What it takes after.
    pub profile: Option<String>,
    /// Whether it is served.
    pub state: State,
    /// The lines of its own keys, by button.
    pub lines: Vec<Number>,
    /// When it was changed last, in seconds since 1970.
    pub changed: i64,
}

/// Address, model, description, site, profile, state, when it was changed.
type Listing = (String, Option<String>, String, Option<String>, Option<String>, String, i64);
/// The same, and how many there are in all.
type Found = (String, Option<String>, String, Option<String>, Option<String>, String, i64, i64);
/// Address, model, description, site, profile, state, notes, layer.
pub(crate) type Row =
    (String, Option<String>, String, Option<String>, Option<String>, String, String, String);

/// Adds to the statement what the question lets through.
macro_rules! filter {
    ($sql:ident, $query:ident, $finds:ident) => {
        let equal = [
            (" AND model = ", $query.model.as_deref()),
            (" AND site = ", $query.site.as_deref()),
            (" AND profile = ", $query.profile.as_deref()),
            (" AND state = ", $query.state.map(State::word)),
        ];
        for (column, value) in equal {
            if let Some(value) = value {
                $sql.push(column).push_bind(value);
            }
        }
        if let Some(number) = &$query.line {
            $sql.push(" AND mac IN (SELECT name FROM keys WHERE owner = 'phone' AND line = ");
            $sql.push_bind(number.as_str()).push(")");
        }
        if let Some(text) = &$query.text {
            let text = text.trim().to_lowercase();
            $sql.push(" AND (").push($finds).push("(search, ").push_bind(text.clone()).push(") > 0");
            // `CROSS` has SQLite look through the lines first: few of them fit, and each knows its keys.
            $sql.push(
                " OR mac IN (SELECT name FROM lines CROSS JOIN keys WHERE line = number AND owner = 'phone' AND ",
            );
            $sql.push($finds).push("(lines.search, ").push_bind(text).push(") > 0))");
        }
    };
}

impl Store {
    /// The phone of that address.
    pub async fn phone(&self, mac: Mac) -> Result<Option<Phone>> {
        let row: Option<Row> = reading!(&self.database, c =>
            sqlx::query_as(
                "SELECT mac, model, description, site, profile, state, notes, layer
                 FROM phones JOIN phone_layers USING (mac) WHERE mac = $1",
            )
            .bind(mac.to_string())
            .fetch_optional(c)
            .await?);
        row.map(phone).transpose()
    }

    /// Whole phones by address.
    pub async fn phones_after(&self, after: Option<Mac>, limit: u32) -> Result<Vec<Phone>> {
        let rows: Vec<Row> = reading!(&self.database, c =>
            sqlx::query_as(
                "SELECT mac, model, description, site, profile, state, notes, layer
                 FROM phones JOIN phone_layers USING (mac) WHERE mac > $1 ORDER BY mac LIMIT $2",
            )
            .bind(after.map(|mac| mac.to_string()).unwrap_or_default())
            .bind(i64::from(limit))
            .fetch_all(c)
            .await?);
        rows.into_iter().map(phone).collect()
    }

    /// Phones as lists show them, by address.
    pub async fn phones(&self, query: &PhoneQuery, page: &Page<Mac>) -> Result<Listed<PhoneRow>> {
        let (rows, total) = if *query == PhoneQuery::default() {
            let total: i64 = reading!(&self.database, c =>
                sqlx::query_scalar("SELECT phones FROM inventory").fetch_one(c).await?);
            (self.page_of_all(page, total).await?, total)
        } else {
            self.page_of_some(query, page).await?
        };
        let macs: Vec<&str> = rows.iter().map(|row| row.0.as_str()).collect();
        let mut lines = self.lines_of(&macs).await?;
        let rows = rows.into_iter().map(|row| listed(row, &mut lines)).collect::<Result<_>>()?;
        Ok(Listed { rows, total: total.cast_unsigned() })
    }

    /// The addresses are found in an index alone, from the nearer end; only what is shown is read.
    async fn page_of_all(&self, page: &Page<Mac>, total: i64) -> Result<Vec<Listing>> {
        let (backward, skip, limit) = page.counted_from_the_nearer_end(total);
        Ok(reading!(&self.database, c => {
            let mut sql = QueryBuilder::new(
                "SELECT mac, model, description, site, profile, state, changed
                 FROM phones JOIN (SELECT mac FROM phones",
            );
            if let Some(after) = page.after {
                sql.push(" WHERE mac > ").push_bind(after.to_string());
            }
            sql.push(if backward { " ORDER BY mac DESC LIMIT " } else { " ORDER BY mac LIMIT " });
            sql.push_bind(limit).push(" OFFSET ").push_bind(skip);
            sql.push(") AS part USING (mac) ORDER BY mac");
            sql.build_query_as().fetch_all(c).await?
        }))
    }

    /// What the question lets through is found once, for the page and for the count.
    async fn page_of_some(&self, query: &PhoneQuery, page: &Page<Mac>) -> Result<(Vec<Listing>, i64)> {
        let finds = self.database.finds();
        let after = page.after.map(|mac| mac.to_string()).unwrap_or_default();
        let rows: Vec<Found> = reading!(&self.database, c => {
            let mut sql = QueryBuilder::new(
                "WITH found AS (SELECT mac FROM phones WHERE true",
            );
            filter!(sql, query, finds);
            sql.push(
                "), part AS (SELECT mac, (SELECT count(*) FROM found) AS total FROM found WHERE mac > ",
            );
            sql.push_bind(after).push(" ORDER BY mac LIMIT ").push_bind(i64::from(page.limit));
            sql.push(" OFFSET ").push_bind(page.skip());
            sql.push(
                ") SELECT mac, model, description, site, profile, state, changed, total
                 FROM phones JOIN part USING (mac) ORDER BY mac",
            );
            sql.build_query_as().fetch_all(c).await?
        });
        let total = match rows.first() {
            Some(row) => row.7,
            None if page.offset == 0 && page.after.is_none() && page.limit > 0 => 0,
            None => self.count(query).await?,
        };
        let listing = |(mac, model, description, site, profile, state, changed, _): Found| {
            (mac, model, description, site, profile, state, changed)
        };
        Ok((rows.into_iter().map(listing).collect(), total))
    }

    /// How many phones the question lets through, when no row tells.
    async fn count(&self, query: &PhoneQuery) -> Result<i64> {
        let finds = self.database.finds();
        Ok(reading!(&self.database, c => {
            let mut sql = QueryBuilder::new("SELECT count(*) FROM phones WHERE true");
            filter!(sql, query, finds);
            sql.build_query_scalar().fetch_one(c).await?
        }))
    }

    /// The lines of the phones' own keys, by address.
    async fn lines_of(&self, macs: &[&str]) -> Result<BTreeMap<String, Vec<Number>>> {
        let mut lines = BTreeMap::<String, Vec<Number>>::new();
        if macs.is_empty() {
            return Ok(lines);
        }
        let rows: Vec<(String, String)> = reading!(&self.database, c => {
            let mut sql = QueryBuilder::new("SELECT name, line FROM keys WHERE owner = 'phone' AND name IN (");
            let mut list = sql.separated(", ");
            macs.iter().for_each(|mac| { list.push_bind(*mac); });
            sql.push(") ORDER BY name, button");
            sql.build_query_as().fetch_all(c).await?
        });
        for (mac, line) in rows {
            let number = line.parse().map_err(|problem| Error::Unreadable {
                thing: format!("keys of SEP{mac}"),
                problem: format!("{problem}"),
            })?;
            lines.entry(mac).or_default().push(number);
        }
        Ok(lines)
    }
}

fn listed(row: Listing, lines: &mut BTreeMap<String, Vec<Number>>) -> Result<PhoneRow> {
    let (mac, model, description, site, profile, state, changed) = row;
    let lines = lines.remove(&mac).unwrap_or_default();
    let (mac, model, state) = head(&mac, model.as_deref(), &state)?;
    Ok(PhoneRow { mac, model, description, site, profile, state, lines, changed })
}

pub(crate) fn phone(row: Row) -> Result<Phone> {
    let (digits, model, description, site, profile, state, notes, layer) = row;
    let (mac, model, state) = head(&digits, model.as_deref(), &state)?;
    let layer = json::read(&layer, || mac.device_name())?;
    Ok(Phone { mac, model, description, site, profile, state, notes, layer })
}

fn head(digits: &str, model: Option<&str>, state: &str) -> Result<(Mac, Option<&'static Model>, State)> {
    let thing = || format!("SEP{digits}");
    let model = model.map(|name| {
        models::find(name).ok_or_else(|| Error::Unreadable {
            thing: thing(),
            problem: format!("this offhook knows no model {name:?}"),
        })
    });
    let state = state.parse().map_err(|problem| Error::Unreadable { thing: thing(), problem })?;
    Ok((mac(digits)?, model.transpose()?, state))
}

pub(crate) fn mac(digits: &str) -> Result<Mac> {
    Mac::from_digits(digits).ok_or_else(|| Error::Unreadable {
        thing: format!("phone {digits}"),
        problem: "an address has twelve digits".into(),
    })
}
