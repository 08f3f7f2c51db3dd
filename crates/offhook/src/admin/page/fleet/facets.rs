//! What the filters offer, with counts: kept for a moment, because counting a hundred thousand phones four times over would be
//! most of what the page costs.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use provision::inventory::GroupKind;
use store::Store;

/// Phones come to wait without the inventory's number moving; this is how long a count may be behind.
const FRESH: Duration = Duration::from_secs(5);

/// What there is to choose from, each with how many phones have it.
#[derive(Clone, Debug, Default)]
pub(super) struct Facets(Arc<Choices>);

#[derive(Debug, Default)]
pub(super) struct Choices {
    pub(super) states: Vec<(String, u64)>,
    pub(super) models: Vec<(String, u64)>,
    pub(super) sites: Vec<(String, u64)>,
    pub(super) profiles: Vec<(String, u64)>,
    pub(super) firmware: Vec<String>,
    pub(super) all: u64,
}

impl std::ops::Deref for Facets {
    type Target = Choices;

    fn deref(&self) -> &Choices {
        &self.0
    }
}

/// What was counted last. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Counted(Arc<Mutex<Option<(u64, Instant, Facets)>>>);

impl Counted {
    /// The facets of the inventory as it is now, or was a moment ago.
    pub(super) async fn facets(&self, store: &Store) -> store::Result<Facets> {
        let generation = store.current_generation().await?;
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((of, at, facets)) = kept
            && of == generation
            && at.elapsed() < FRESH
        {
            return Ok(facets);
        }
        let facets = count(store).await?;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((generation, Instant::now(), facets.clone()));
        Ok(facets)
    }
}

async fn count(store: &Store) -> store::Result<Facets> {
    let states = store.phones_by_state().await?;
    let models = store.phones_by_model().await?;
    let firmware = store.firmware_said().await?;
    let choices = Choices {
        all: states.values().sum(),
        states: states.into_iter().collect(),
        models: models.into_iter().filter(|(model, _)| !model.is_empty()).collect(),
        sites: groups(store, GroupKind::Site).await?,
        profiles: groups(store, GroupKind::Profile).await?,
        firmware,
    };
    Ok(Facets(Arc::new(choices)))
}

/// Groups without phones, too: phones can be put into them.
async fn groups(store: &Store, kind: GroupKind) -> store::Result<Vec<(String, u64)>> {
    let mut counts = store.phones_by_group(kind).await?;
    for group in store.groups(kind).await? {
        counts.entry(group.name).or_default();
    }
    Ok(counts.into_iter().collect())
}
