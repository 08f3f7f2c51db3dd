//! What lists of phones can be narrowed by, each with how many phones have it.

use std::collections::BTreeMap;
use std::sync::Arc;

use provision::inventory::{Group, GroupKind};

use super::sheet::{Id, Sheet};
use crate::Result;
use crate::store::Store;

/// What there is to choose from. Groups without phones are there, too: phones can be put into them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facets {
    /// All phones.
    pub all: u64,
    /// By state, if any phone is in it.
    pub states: BTreeMap<String, u64>,
    /// By model, where that is known.
    pub models: BTreeMap<String, u64>,
    /// By site.
    pub sites: BTreeMap<String, u64>,
    /// By profile.
    pub profiles: BTreeMap<String, u64>,
    /// By the firmware they are told: by themselves, else by a group.
    pub firmware: BTreeMap<String, u64>,
}

/// Firmware of its own, profile, series, site, and how many phones are like that.
type Alike = (Option<String>, Option<String>, Option<String>, Option<String>, i64);

impl Store {
    /// What phones can be chosen by, when that is in memory.
    pub async fn facets_at_hand(&self) -> Result<Option<Arc<Facets>>> {
        Ok(self.sheet().await?.map(|sheet| sheet.facets()))
    }

    /// What phones can be chosen by: from memory, or counted, which takes a while when there are many.
    pub async fn facets(&self) -> Result<Arc<Facets>> {
        match self.facets_at_hand().await? {
            Some(facets) => Ok(facets),
            None => self.count_facets().await.map(Arc::new),
        }
    }

    async fn count_facets(&self) -> Result<Facets> {
        let states = self.phones_by_state().await?;
        let mut models = self.phones_by_model().await?;
        models.remove("");
        let mut groups = Vec::new();
        for kind in GroupKind::ALL {
            groups.extend(self.groups(kind).await?);
        }
        Ok(Facets {
            all: states.values().sum(),
            states,
            models,
            sites: self.phones_of_groups(GroupKind::Site, &groups).await?,
            profiles: self.phones_of_groups(GroupKind::Profile, &groups).await?,
            firmware: self.phones_by_firmware(&groups).await?,
        })
    }

    async fn phones_of_groups(&self, kind: GroupKind, groups: &[Group]) -> Result<BTreeMap<String, u64>> {
        let mut counts = self.phones_by_group(kind).await?;
        for group in groups.iter().filter(|group| group.kind == kind) {
            counts.entry(group.name.clone()).or_default();
        }
        Ok(counts)
    }

    async fn phones_by_firmware(&self, groups: &[Group]) -> Result<BTreeMap<String, u64>> {
        let said: Vec<(GroupKind, &str, &str)> = groups
            .iter()
            .filter_map(|group| Some((group.kind, group.name.as_str(), group.layer.settings.of("firmware")?)))
            .collect();
        let mut counts: BTreeMap<String, u64> =
            said.iter().map(|(_, _, firmware)| ((*firmware).to_owned(), 0)).collect();
        let sql = if said.is_empty() {
            // Then the index of those that say it themselves tells.
            "SELECT firmware, NULL, NULL, NULL, count(*) FROM phones WHERE firmware IS NOT NULL GROUP BY firmware"
        } else {
            "SELECT firmware, profile, series, site, count(*) FROM phones GROUP BY firmware, profile, series, site"
        };
        let alike: Vec<Alike> = reading!(&self.database, c => sqlx::query_as(sql).fetch_all(c).await?);
        for (own, profile, series, site, count) in alike {
            let of = |kind: GroupKind, name: &Option<String>| {
                let name = name.as_deref()?;
                said.iter()
                    .find(|(of, named, _)| *of == kind && *named == name)
                    .map(|(_, _, firmware)| *firmware)
            };
            let firmware = own
                .as_deref()
                .or_else(|| of(GroupKind::Profile, &profile))
                .or_else(|| of(GroupKind::Series, &series))
                .or_else(|| of(GroupKind::Site, &site));
            if let Some(firmware) = firmware {
                *counts.entry(firmware.to_owned()).or_default() += count.cast_unsigned();
            }
        }
        Ok(counts)
    }
}

impl Sheet {
    /// Counted once.
    pub(super) fn facets(&self) -> Arc<Facets> {
        self.facets.get_or_init(|| Arc::new(self.count())).clone()
    }

    fn count(&self) -> Facets {
        let mut facets = Facets { all: self.phones.len() as u64, ..Facets::default() };
        for state in provision::inventory::State::ALL {
            let count = self.phones.iter().filter(|entry| entry.state == state).count();
            if count > 0 {
                facets.states.insert(state.word().to_owned(), count as u64);
            }
        }
        facets.models = self.count_by(|entry| entry.model);
        facets.sites = self.count_by(|entry| entry.site);
        facets.profiles = self.count_by(|entry| entry.profile);
        facets.firmware = self.count_by(|entry| self.firmware_of(entry));
        for (kind, name) in &self.groups {
            match kind {
                GroupKind::Site => facets.sites.entry(name.clone()).or_default(),
                GroupKind::Profile => facets.profiles.entry(name.clone()).or_default(),
                GroupKind::Series => continue,
            };
        }
        for said in self.firmware_of_groups() {
            facets.firmware.entry(said.to_owned()).or_default();
        }
        facets
    }

    fn count_by(&self, id: impl Fn(&super::sheet::Entry) -> Id) -> BTreeMap<String, u64> {
        let mut counts = vec![0_u64; self.names.len()];
        self.phones.iter().for_each(|entry| counts[id(entry) as usize] += 1);
        let named = (0..).zip(counts).filter(|(_, count)| *count > 0);
        named.filter_map(|(id, count)| Some((self.names.get(id)?.to_owned(), count))).collect()
    }
}
