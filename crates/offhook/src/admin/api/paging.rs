//! Lists part by part: how many things are asked for, behind which, and how to ask for more.

use std::str::FromStr;

use serde::Serialize;
use store::{Listed, Page};
use utoipa::ToSchema;

use super::problem::{Kind, Problem};

/// Part of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Listing<T> {
    /// The part.
    pub(super) items: Vec<T>,
    /// How many there are in all that were asked for.
    pub(super) total: u64,
    /// What to give as `cursor` to see more; null at the end.
    pub(super) next: Option<String>,
}

impl<T> Listing<T> {
    /// What is shown of the rows of a page, and behind what the next one begins.
    pub(super) fn new<R, K>(
        listed: &Listed<R>,
        page: &Page<K>,
        cursor: impl Fn(&R) -> String,
        items: Vec<T>,
    ) -> Self {
        let is_full = listed.rows.len() == page.limit as usize;
        let next = listed.rows.last().filter(|_| is_full).map(cursor);
        Self { items, total: listed.total, next }
    }

    /// The same, one thing for each row.
    pub(super) fn of<R, K>(
        listed: &Listed<R>,
        page: &Page<K>,
        cursor: impl Fn(&R) -> String,
        item: impl Fn(&R) -> T,
    ) -> Self {
        let items = listed.rows.iter().map(item).collect();
        Self::new(listed, page, cursor, items)
    }
}

/// The page that a program asks for.
pub(super) fn page<K: FromStr>(asked: Option<u32>, cursor: Option<&str>) -> Result<Page<K>, Problem> {
    let after = cursor.map(|cursor| cursor.parse().map_err(|_| wrong_cursor())).transpose()?;
    Ok(Page { after, ..Page::first(limit(asked)?) })
}

/// How long a part of a list may be.
pub(super) fn limit(asked: Option<u32>) -> Result<u32, Problem> {
    match asked {
        None => Ok(50),
        Some(limit @ 1..=1000) => Ok(limit),
        Some(_) => Err(Problem::new(Kind::Invalid, "limit is 1 to 1000")),
    }
}

/// A cursor that no part before gave.
pub(super) fn wrong_cursor() -> Problem {
    Problem::new(Kind::Invalid, "that is no cursor: give what the part before gave as next")
}

/// The phone that a part of a query names.
pub(super) fn phone(text: Option<&str>) -> Result<Option<provision::mac::Mac>, Problem> {
    let wrong = |error| Problem::new(Kind::Invalid, format!("that is no phone: {error}"));
    text.map(str::parse).transpose().map_err(wrong)
}
