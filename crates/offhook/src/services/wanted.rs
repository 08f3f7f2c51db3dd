//! What the inventory says of the phone that asks: its menu, its books, the notice for its user. Asked once for each change of
//! the inventory, and remembered.

use std::sync::Arc;

use provision::inventory::State;
use provision::mac::Mac;
use provision::own::{Notice, Own};
use quick_cache::sync::Cache;

use super::Ask;
use crate::trust::calendar;

/// Phones of a large site; what is said of one takes some hundred bytes.
const MOST_KEPT: usize = 20_000;

/// What was said of phones, and at which number of the inventory.
pub(super) struct Wanted(Cache<Mac, (u64, Arc<Own>)>);

impl Default for Wanted {
    fn default() -> Self {
        Self(Cache::new(MOST_KEPT))
    }
}

impl std::fmt::Debug for Wanted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Wanted({})", self.0.len())
    }
}

impl Ask {
    /// What the layers of this phone say; nothing of one that nobody knows. While the database is away, what they said last.
    pub(super) async fn own(&self) -> Arc<Own> {
        let (Some(mac), Some(inventory)) = (self.asker.device, self.app.artifacts.inventory()) else {
            return Arc::default();
        };
        let services = self.app.services.clone();
        let cache = &services.wanted().0;
        let generation = inventory.current_generation().await;
        let kept = cache.get(&mac);
        if let Some((_, own)) = kept.as_ref().filter(|(at, _)| *at == generation) {
            return own.clone();
        }
        match inventory.ask(|store| async move { store.bundle(mac).await }).await {
            Ok(bundle) => {
                let served = bundle.filter(|bundle| bundle.phone.state == State::Active);
                let own = Arc::new(served.as_ref().map(Own::of).unwrap_or_default());
                cache.insert(mac, (generation, own.clone()));
                own
            }
            Err(_) => kept.map(|(_, own)| own).unwrap_or_default(),
        }
    }
}

/// The notice of these layers, while it tells something.
pub(super) fn notice(own: &Own) -> Option<&Notice> {
    own.notice.as_ref().filter(|notice| notice.holds(calendar::now()))
}
