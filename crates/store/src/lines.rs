//! Lines, and the phones that have keys for them.

use std::collections::BTreeMap;

use provision::inventory::{GroupKind, Line, Number};
use provision::mac::Mac;
use sqlx::QueryBuilder;

use crate::page::{Listed, Page};
use crate::phones::mac;
use crate::store::Store;
use crate::{Error, Result, json};

/// Lines of one question.
const AT_ONCE: usize = 1000;

/// Number and settings.
pub(crate) type Row = (String, String);

impl Store {
    /// The line of that number.
    pub async fn line(&self, number: &Number) -> Result<Option<Line>> {
        let row: Option<Row> = reading!(&self.database, c =>
            sqlx::query_as("SELECT number, settings FROM lines WHERE number = $1")
                .bind(number.as_str())
                .fetch_optional(c)
                .await?);
        row.map(line).transpose()
    }

    /// Lines by number; with `text`, those whose number, name or label has it somewhere.
    pub async fn lines(&self, text: Option<&str>, page: &Page<Number>) -> Result<Listed<Line>> {
        let (text, finds) = (text.map(|text| text.trim().to_lowercase()), self.database.finds());
        let after = page.after.as_ref().map(Number::as_str);
        let total: i64 = reading!(&self.database, c => match &text {
            None => sqlx::query_scalar("SELECT lines FROM inventory").fetch_one(c).await?,
            Some(text) => {
                let mut sql = QueryBuilder::new("SELECT count(*) FROM lines WHERE ");
                sql.push(finds).push("(search, ").push_bind(text).push(") > 0");
                sql.build_query_scalar().fetch_one(c).await?
            }
        });
        let rows: Vec<Row> = reading!(&self.database, c => {
            // The numbers are found in an index alone; only what is shown is read.
            let mut sql = QueryBuilder::new(
                "SELECT number, settings FROM lines JOIN (SELECT number FROM lines WHERE number > ",
            );
            sql.push_bind(after.unwrap_or(""));
            if let Some(text) = &text {
                sql.push(" AND ").push(finds).push("(search, ").push_bind(text).push(") > 0");
            }
            sql.push(" ORDER BY number LIMIT ").push_bind(i64::from(page.limit));
            sql.push(" OFFSET ").push_bind(page.skip());
            sql.push(") AS part USING (number) ORDER BY number");
            sql.build_query_as().fetch_all(c).await?
        });
        let rows = rows.into_iter().map(line).collect::<Result<_>>()?;
        Ok(Listed { rows, total: total.cast_unsigned() })
    }

    /// Phones with a key for that line, on the phone itself or in one of its groups.
    pub async fn phones_with_line(&self, number: &Number) -> Result<Vec<Mac>> {
        let rows: Vec<String> = reading!(&self.database, c =>
            sqlx::query_scalar(
                "SELECT name FROM keys WHERE line = $1 AND owner = 'phone'
                 UNION SELECT mac FROM phones JOIN keys ON owner = 'site' AND name = site WHERE line = $1
                 UNION SELECT mac FROM phones JOIN keys ON owner = 'series' AND name = series WHERE line = $1
                 UNION SELECT mac FROM phones JOIN keys ON owner = 'profile' AND name = profile WHERE line = $1
                 ORDER BY 1",
            )
            .bind(number.as_str())
            .fetch_all(c)
            .await?);
        rows.iter().map(|text| mac(text)).collect()
    }

    /// Phones with a key for each of these lines, as [`Store::phones_with_line`], asked once for all.
    pub async fn phones_with_lines(&self, numbers: &[Number]) -> Result<BTreeMap<Number, Vec<Mac>>> {
        let mut found: BTreeMap<Number, Vec<Mac>> = BTreeMap::new();
        for numbers in numbers.chunks(AT_ONCE) {
            let rows: Vec<Row> = reading!(&self.database, c => {
                let mut sql = QueryBuilder::new("WITH wanted AS (SELECT line, owner, name FROM keys WHERE line IN (");
                let mut list = sql.separated(", ");
                for number in numbers {
                    list.push_bind(number.as_str());
                }
                sql.push(")) SELECT line, name FROM wanted WHERE owner = 'phone'");
                for kind in GroupKind::ALL {
                    let kind = kind.word();
                    sql.push(format!(
                        " UNION SELECT line, mac FROM phones JOIN wanted ON owner = '{kind}' AND name = {kind}"
                    ));
                }
                sql.push(" ORDER BY 1, 2");
                sql.build_query_as().persistent(false).fetch_all(c).await?
            });
            for (line, phone) in rows {
                let line: Number = line.parse().map_err(|problem| Error::Unreadable {
                    thing: format!("a key of line {line}"),
                    problem: format!("{problem}"),
                })?;
                found.entry(line).or_default().push(mac(&phone)?);
            }
        }
        Ok(found)
    }

    /// Groups with a key for that line.
    pub async fn groups_with_line(&self, number: &Number) -> Result<Vec<(GroupKind, String)>> {
        let rows: Vec<Row> = reading!(&self.database, c =>
            sqlx::query_as(
                "SELECT DISTINCT owner, name FROM keys WHERE line = $1 AND owner <> 'phone' ORDER BY owner, name",
            )
            .bind(number.as_str())
            .fetch_all(c)
            .await?);
        let kind = |word: &str| {
            word.parse().map_err(|problem| Error::Unreadable { thing: format!("keys of {number}"), problem })
        };
        rows.into_iter().map(|(owner, name)| Ok((kind(&owner)?, name))).collect()
    }
}

pub(crate) fn line((number, settings): Row) -> Result<Line> {
    let thing = || format!("line {number}");
    let settings = json::read(&settings, thing)?;
    let name = number
        .parse()
        .map_err(|problem| Error::Unreadable { thing: thing(), problem: format!("{problem}") })?;
    Ok(Line { number: name, settings })
}
