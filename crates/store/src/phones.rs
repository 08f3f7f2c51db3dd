//! Phones: one, and lists of them.

use std::collections::{BTreeMap, BTreeSet};

use provision::inventory::{GroupKind, Number, Phone, State};
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
    /// The firmware that it is told, by itself or by a group, as that is written.
    pub firmware: Option<String>,
    /// Only phones of these.
    pub among: Option<Vec<Mac>>,
    /// What the list is ordered by.
    pub order: Order,
    /// The last comes first.
    pub backward: bool,
}

/// What lists of phones are ordered by; what is alike is ordered by address. Going on behind a phone is for [`Order::Address`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Order {
    #[default]
    Address,
    Description,
    Model,
    Site,
    Profile,
    /// When it was changed last.
    Changed,
}

impl Order {
    /// The column.
    fn column(self) -> &'static str {
        match self {
            Self::Address => "mac",
            Self::Description => "description",
            Self::Model => "model",
            Self::Site => "site",
            Self::Profile => "profile",
            Self::Changed => "changed",
        }
    }
}

/// Which groups say which firmware: those that say the one that is asked for, and those that say any.
#[derive(Debug, Default)]
struct Firmware {
    asked: [Vec<String>; 3],
    any: [Vec<String>; 3],
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
    ($sql:ident, $query:ident, $finds:ident, $firmware:ident) => {
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
        if let Some(among) = &$query.among {
            among_these(&mut $sql, among, $finds);
        }
        if let Some(firmware) = &$query.firmware {
            $sql.push(" AND (firmware = ").push_bind(firmware.as_str()).push(" OR (firmware IS NULL AND ");
            said_by_groups(&mut $sql, &$firmware);
            $sql.push("))");
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
        match self.phones_at_hand(query, page).await? {
            Some(listed) => Ok(listed),
            None => self.phones_asked_for(query, page).await,
        }
    }

    /// The same, from the database.
    async fn phones_asked_for(&self, query: &PhoneQuery, page: &Page<Mac>) -> Result<Listed<PhoneRow>> {
        let plain = PhoneQuery { order: query.order, backward: query.backward, ..PhoneQuery::default() };
        let ordered = query.order != Order::Address || query.backward;
        let (rows, total) = if *query == plain {
            let total: i64 = reading!(&self.database, c =>
                sqlx::query_scalar("SELECT phones FROM inventory").fetch_one(c).await?);
            match ordered {
                true => (self.page_in_order(query, page).await?, total),
                false => (self.page_of_all(page, total).await?, total),
            }
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

    /// All of them in another order, along its index.
    async fn page_in_order(&self, query: &PhoneQuery, page: &Page<Mac>) -> Result<Vec<Listing>> {
        Ok(reading!(&self.database, c => {
            let mut sql = QueryBuilder::new(
                "SELECT mac, model, description, site, profile, state, changed
                 FROM phones JOIN (SELECT mac FROM phones ORDER BY ",
            );
            sql.push(order(query, "")).push(" LIMIT ").push_bind(i64::from(page.limit));
            sql.push(" OFFSET ").push_bind(page.skip());
            sql.push(") AS part USING (mac) ORDER BY ").push(order(query, ""));
            sql.build_query_as().fetch_all(c).await?
        }))
    }

    /// Which groups say which firmware.
    async fn firmware_of_groups(&self, asked: &str) -> Result<Firmware> {
        let mut found = Firmware::default();
        for (place, kind) in GroupKind::ALL.into_iter().enumerate() {
            for group in self.groups(kind).await? {
                let Some(said) = group.layer.settings.of("firmware") else { continue };
                if said == asked {
                    found.asked[place].push(group.name.clone());
                }
                found.any[place].push(group.name);
            }
        }
        Ok(found)
    }

    /// Every firmware that a phone or a group says, in order.
    pub async fn firmware_said(&self) -> Result<Vec<String>> {
        let mut all: BTreeSet<String> = reading!(&self.database, c =>
            sqlx::query_scalar("SELECT DISTINCT firmware FROM phones WHERE firmware IS NOT NULL LIMIT 1000")
                .fetch_all(c)
                .await?)
        .into_iter()
        .collect();
        for kind in GroupKind::ALL {
            let groups = self.groups(kind).await?;
            all.extend(
                groups.iter().filter_map(|group| group.layer.settings.of("firmware").map(str::to_owned)),
            );
        }
        Ok(all.into_iter().collect())
    }

    /// How many phones there are of each model; those of which nobody knows it under an empty name.
    pub async fn phones_by_model(&self) -> Result<BTreeMap<String, u64>> {
        self.counted("SELECT coalesce(model, ''), count(*) FROM phones GROUP BY model").await
    }

    /// How many phones there are in each state.
    pub async fn phones_by_state(&self) -> Result<BTreeMap<String, u64>> {
        self.counted("SELECT state, count(*) FROM phones GROUP BY state").await
    }

    async fn counted(&self, sql: &'static str) -> Result<BTreeMap<String, u64>> {
        let counts: Vec<(String, i64)> =
            reading!(&self.database, c => sqlx::query_as(sql).fetch_all(c).await?);
        Ok(counts.into_iter().map(|(name, count)| (name, count.cast_unsigned())).collect())
    }

    /// What the question lets through is found once, for the page and for the count.
    async fn page_of_some(&self, query: &PhoneQuery, page: &Page<Mac>) -> Result<(Vec<Listing>, i64)> {
        let finds = self.database.finds();
        let firmware = self.asked_firmware(query).await?;
        let after = page.after.map(|mac| mac.to_string()).unwrap_or_default();
        let rows: Vec<Found> = reading!(&self.database, c => {
            // Nothing but what the list is ordered by: addresses alone are found in an index.
            let mut sql = QueryBuilder::new("WITH found AS (SELECT mac");
            if query.order != Order::Address {
                sql.push(", ").push(query.order.column());
            }
            sql.push(" FROM phones WHERE true");
            filter!(sql, query, finds, firmware);
            sql.push(
                "), part AS (SELECT mac, (SELECT count(*) FROM found) AS total FROM found WHERE mac > ",
            );
            sql.push_bind(after).push(" ORDER BY ").push(order(query, "")).push(" LIMIT ").push_bind(i64::from(page.limit));
            sql.push(" OFFSET ").push_bind(page.skip());
            sql.push(
                ") SELECT mac, model, description, site, profile, state, changed, total
                 FROM phones JOIN part USING (mac) ORDER BY ",
            );
            sql.push(order(query, "phones."));
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

    async fn asked_firmware(&self, query: &PhoneQuery) -> Result<Firmware> {
        match &query.firmware {
            Some(firmware) => self.firmware_of_groups(firmware).await,
            None => Ok(Firmware::default()),
        }
    }

    /// How many phones the question lets through, when no row tells.
    async fn count(&self, query: &PhoneQuery) -> Result<i64> {
        let finds = self.database.finds();
        let firmware = self.asked_firmware(query).await?;
        Ok(reading!(&self.database, c => {
            let mut sql = QueryBuilder::new("SELECT count(*) FROM phones WHERE true");
            filter!(sql, query, finds, firmware);
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

/// The order of a list, to the last column.
fn order(query: &PhoneQuery, table: &str) -> String {
    let (column, way) = (query.order.column(), if query.backward { " DESC" } else { "" });
    if query.order == Order::Address {
        return format!("mac{way}");
    }
    format!("{table}{column}{way}, mac{way}")
}

/// Addresses are in one value, however many there are.
fn among_these<DB: sqlx::Database>(sql: &mut QueryBuilder<DB>, macs: &[Mac], finds: &str)
where
    String: sqlx::Type<DB> + for<'q> sqlx::Encode<'q, DB>,
{
    let list: Vec<String> = macs.iter().map(ToString::to_string).collect();
    // Each database has its own way to take a text to pieces.
    let (before, behind) = match finds {
        "instr" => (" AND mac IN (SELECT value FROM json_each(", "))"),
        _ => (" AND mac IN (SELECT json_array_elements_text(", "::json))"),
    };
    sql.push(before).push_bind(json::text(&list)).push(behind);
}

/// Whether the group that decides says the firmware that is asked for: the profile, else the series, else the site.
fn said_by_groups<DB: sqlx::Database>(sql: &mut QueryBuilder<DB>, firmware: &Firmware)
where
    String: sqlx::Type<DB> + for<'q> sqlx::Encode<'q, DB>,
{
    let columns = GroupKind::ALL.map(GroupKind::word);
    let mut open = 0;
    for place in (0..columns.len()).rev() {
        sql.push("(");
        is_one_of(sql, columns[place], &firmware.asked[place]);
        sql.push(" OR (NOT ");
        is_one_of(sql, columns[place], &firmware.any[place]);
        sql.push(" AND ");
        open += 2;
    }
    sql.push("1 = 0").push(")".repeat(open));
}

/// A comparison that is never unknown.
fn is_one_of<DB: sqlx::Database>(sql: &mut QueryBuilder<DB>, column: &str, names: &[String])
where
    String: sqlx::Type<DB> + for<'q> sqlx::Encode<'q, DB>,
{
    sql.push("(").push(column).push(" IS NOT NULL AND ").push(column).push(" IN (''");
    for name in names {
        sql.push(", ").push_bind(name.clone());
    }
    sql.push("))");
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
