//! Starting, reloading and stopping: one object for all of it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Whether all listeners accept; cheap to share.
#[derive(Clone, Debug, Default)]
pub struct Readiness(Arc<AtomicBool>);

impl Readiness {
    /// Says so, or takes it back.
    pub fn set(&self, ready: bool) {
        self.0.store(ready, Ordering::Release);
    }

    /// Whether it was said.
    #[must_use]
    pub fn get(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}
