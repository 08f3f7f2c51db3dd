//! Sites, series and profiles.

use std::collections::BTreeMap;

use provision::inventory::{Group, GroupKind};

use crate::store::Store;
use crate::{Error, Result, json};

/// Kind, name, description, layer.
pub(crate) type Row = (String, String, String, String);

impl Store {
    /// The group of that kind and name.
    pub async fn group(&self, kind: GroupKind, name: &str) -> Result<Option<Group>> {
        let row: Option<Row> = reading!(&self.database, c =>
            sqlx::query_as("SELECT kind, name, description, layer FROM groups WHERE kind = $1 AND name = $2")
                .bind(kind.word())
                .bind(name)
                .fetch_optional(c)
                .await?);
        row.map(group).transpose()
    }

    /// All groups of that kind, by name.
    pub async fn groups(&self, kind: GroupKind) -> Result<Vec<Group>> {
        let rows: Vec<Row> = reading!(&self.database, c =>
            sqlx::query_as("SELECT kind, name, description, layer FROM groups WHERE kind = $1 ORDER BY name")
                .bind(kind.word())
                .fetch_all(c)
                .await?);
        rows.into_iter().map(group).collect()
    }

    /// How many phones are in the group.
    pub async fn phones_in(&self, kind: GroupKind, name: &str) -> Result<u64> {
        let sql = match kind {
            GroupKind::Site => "SELECT count(*) FROM phones WHERE site = $1",
            GroupKind::Series => "SELECT count(*) FROM phones WHERE series = $1",
            GroupKind::Profile => "SELECT count(*) FROM phones WHERE profile = $1",
        };
        let count: i64 =
            reading!(&self.database, c => sqlx::query_scalar(sql).bind(name).fetch_one(c).await?);
        Ok(count.cast_unsigned())
    }

    /// How many phones are in each group of that kind that has any.
    pub async fn phones_by_group(&self, kind: GroupKind) -> Result<BTreeMap<String, u64>> {
        let sql = match kind {
            GroupKind::Site => "SELECT site, count(*) FROM phones WHERE site IS NOT NULL GROUP BY site",
            GroupKind::Series => {
                "SELECT series, count(*) FROM phones WHERE series IS NOT NULL GROUP BY series"
            }
            GroupKind::Profile => {
                "SELECT profile, count(*) FROM phones WHERE profile IS NOT NULL GROUP BY profile"
            }
        };
        let counts: Vec<(String, i64)> =
            reading!(&self.database, c => sqlx::query_as(sql).fetch_all(c).await?);
        Ok(counts.into_iter().map(|(name, count)| (name, count.cast_unsigned())).collect())
    }
}

pub(crate) fn group((kind, name, description, layer): Row) -> Result<Group> {
    let thing = || format!("{kind} {name}");
    let word = kind.parse().map_err(|problem| Error::Unreadable { thing: thing(), problem })?;
    let layer = json::read(&layer, thing)?;
    Ok(Group { kind: word, name, description, layer })
}
