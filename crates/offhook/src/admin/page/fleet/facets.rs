//! What the filters offer, with counts. A server has them in memory; until that is read they are counted, and kept for a
//! moment.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use store::{Facets, Store};

/// How long what was counted may be behind.
const FRESH: Duration = Duration::from_secs(5);
/// Names that a list to choose from has at most: with more it would be most of the page. Others can be typed.
pub(super) const OFFERED: usize = 60;

/// What was counted last. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Counted(Arc<Mutex<Option<Last>>>);

/// Of which generation, when, and what.
type Last = (u64, Instant, Arc<Facets>);

impl Counted {
    /// The facets of the inventory as it is now, or was a moment ago.
    pub(super) async fn facets(&self, store: &Store) -> store::Result<Arc<Facets>> {
        if let Some(facets) = store.facets_at_hand().await? {
            return Ok(facets);
        }
        let generation = store.current_generation().await?;
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((of, at, facets)) = kept
            && of == generation
            && at.elapsed() < FRESH
        {
            return Ok(facets);
        }
        let facets = store.facets().await?;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((generation, Instant::now(), facets.clone()));
        Ok(facets)
    }
}
