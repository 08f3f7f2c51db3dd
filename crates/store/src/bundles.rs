//! All that rendering phones needs, in few questions.

use std::collections::{BTreeMap, BTreeSet};

use provision::inventory::{Bundle, Group, GroupKind, Line, Number, Phone};
use provision::mac::Mac;
use sqlx::QueryBuilder;

use crate::store::Store;
use crate::{Result, groups, lines, phones};

/// How many values one question names: SQLite takes 32,766, PostgreSQL 65,535; a plan for fewer is made faster.
const AT_ONCE: usize = 1000;

/// One phone, its groups in the order in which they win, and the lines of all their keys. The columns are those of the phone:
/// of a group kind, name (as model), description and layer are used, of a line number and settings.
const ONE: &str = "
    SELECT 0 AS part, mac, model, description, site, profile, state, notes, layer
    FROM phones JOIN phone_layers USING (mac) WHERE mac = $1
    UNION ALL
    SELECT 1, kind, name, g.description, NULL, NULL, NULL, NULL, layer
    FROM phones JOIN groups AS g ON kind = 'site' AND name = site WHERE mac = $1
    UNION ALL
    SELECT 2, kind, name, g.description, NULL, NULL, NULL, NULL, layer
    FROM phones JOIN groups AS g ON kind = 'series' AND name = series WHERE mac = $1
    UNION ALL
    SELECT 3, kind, name, g.description, NULL, NULL, NULL, NULL, layer
    FROM phones JOIN groups AS g ON kind = 'profile' AND name = profile WHERE mac = $1
    UNION ALL
    SELECT 4, number, NULL, NULL, NULL, NULL, NULL, NULL, settings
    FROM lines WHERE number IN (
        SELECT line FROM keys WHERE owner = 'phone' AND name = $1
        UNION ALL SELECT line FROM phones JOIN keys ON owner = 'site' AND name = site WHERE mac = $1
        UNION ALL SELECT line FROM phones JOIN keys ON owner = 'series' AND name = series WHERE mac = $1
        UNION ALL SELECT line FROM phones JOIN keys ON owner = 'profile' AND name = profile WHERE mac = $1
    )
    ORDER BY 1";

/// A row of that.
type Part = (
    i32,
    String,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    String,
);

impl Store {
    /// The phone of that address with its groups and lines. One question: this is what a phone that boots waits for.
    pub async fn bundle(&self, mac: Mac) -> Result<Option<Bundle>> {
        let rows: Vec<Part> = reading!(&self.database, c =>
            sqlx::query_as(ONE).bind(mac.to_string()).fetch_all(c).await?);
        let mut bundle = None;
        for (part, name, model, description, site, profile, state, notes, last) in rows {
            let said = description.unwrap_or_default();
            match (&mut bundle, part) {
                (None, 0) => {
                    let (state, notes) = (state.unwrap_or_default(), notes.unwrap_or_default());
                    let row = (name, model, said, site, profile, state, notes, last);
                    bundle = Some(Bundle::new(phones::phone(row)?));
                }
                (Some(bundle), 4) => {
                    let line = lines::line((name, last))?;
                    bundle.lines.insert(line.number.clone(), line);
                }
                (Some(bundle), _) => {
                    bundle.groups.push(groups::group((name, model.unwrap_or_default(), said, last))?);
                }
                (None, _) => break,
            }
        }
        Ok(bundle)
    }

    /// A phone with its groups and lines; the phone itself need not be kept.
    pub async fn bundle_of(&self, phone: Phone) -> Result<Bundle> {
        let bundles = self.bundles_of(vec![phone]).await?;
        Ok(bundles.into_iter().next().expect("as many bundles as phones"))
    }

    /// Phones by address with their groups and lines, for whole fleets: begin with `None`, go on behind the last.
    pub async fn bundles(&self, after: Option<Mac>, limit: u32) -> Result<Vec<Bundle>> {
        let phones = self.phones_after(after, limit).await?;
        self.bundles_of(phones).await
    }

    async fn bundles_of(&self, phones: Vec<Phone>) -> Result<Vec<Bundle>> {
        let names: BTreeSet<(GroupKind, &str)> = phones.iter().flat_map(group_names).collect();
        let groups = self.groups_of(&names).await?;
        let with_groups = |phone: Phone| {
            let groups = group_names(&phone)
                .filter_map(|(kind, name)| groups.get(&(kind, name.to_owned())).cloned())
                .collect();
            Bundle { groups, ..Bundle::new(phone) }
        };
        let mut bundles: Vec<Bundle> = phones.into_iter().map(with_groups).collect();
        let wanted: BTreeSet<&Number> = bundles.iter().flat_map(numbers).collect();
        let lines = self.lines_of_numbers(&wanted).await?;
        for bundle in &mut bundles {
            bundle.lines = numbers(bundle)
                .filter_map(|number| lines.get(number).map(|line| (number.clone(), line.clone())))
                .collect();
        }
        Ok(bundles)
    }

    async fn groups_of(
        &self,
        names: &BTreeSet<(GroupKind, &str)>,
    ) -> Result<BTreeMap<(GroupKind, String), Group>> {
        let names: Vec<_> = names.iter().collect();
        let mut found = BTreeMap::new();
        for some in names.chunks(AT_ONCE) {
            let rows: Vec<groups::Row> = reading!(&self.database, c => {
                let mut sql = QueryBuilder::new(
                    "SELECT kind, name, description, layer FROM groups WHERE (kind, name) IN (",
                );
                sql.push_values(some, |mut row, (kind, name)| {
                    row.push_bind(kind.word()).push_bind(*name);
                });
                sql.push(")").build_query_as().fetch_all(c).await?
            });
            for row in rows {
                let group = groups::group(row)?;
                found.insert((group.kind, group.name.clone()), group);
            }
        }
        Ok(found)
    }

    async fn lines_of_numbers(&self, numbers: &BTreeSet<&Number>) -> Result<BTreeMap<Number, Line>> {
        let numbers: Vec<_> = numbers.iter().collect();
        let mut found = BTreeMap::new();
        for some in numbers.chunks(AT_ONCE) {
            let rows: Vec<lines::Row> = reading!(&self.database, c => {
                let mut sql = QueryBuilder::new("SELECT number, settings FROM lines WHERE number IN (");
                let mut list = sql.separated(", ");
                some.iter().for_each(|number| { list.push_bind(number.as_str()); });
                sql.push(")").build_query_as().fetch_all(c).await?
            });
            for row in rows {
                let line = lines::line(row)?;
                found.insert(line.number.clone(), line);
            }
        }
        Ok(found)
    }
}

/// The groups that the phone belongs to, in the order in which they win.
fn group_names(phone: &Phone) -> impl Iterator<Item = (GroupKind, &str)> {
    let named = [
        (GroupKind::Site, phone.site.as_deref()),
        (GroupKind::Series, phone.model.map(|model| model.series)),
        (GroupKind::Profile, phone.profile.as_deref()),
    ];
    named.into_iter().filter_map(|(kind, name)| Some((kind, name?)))
}

/// The lines that any key of the bundle is for.
fn numbers(bundle: &Bundle) -> impl Iterator<Item = &Number> {
    bundle.layers().flat_map(|layer| layer.keys.values().flatten()).filter_map(|key| key.line.as_ref())
}
