//! Settings, in two types: as written ([`written`]) and as resolved ([`Resolved`]), checked whole.

use std::path::Path;
use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};

pub mod keys;
pub mod load;
pub mod resolved;
pub mod written;

pub use resolved::{
    Digest, Limits, Links, Listen, Listener, Log, LogFormat, Onboarding, Provisioning, Resolved, Tftp, Trust,
    Version,
};

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {}

/// Finds the configuration, reads it, and checks it whole.
pub fn load(_file: Option<&Path>) -> Result<Resolved, Error> {
    Ok(Resolved::default())
}

/// The settings in force, shared by everybody and swapped whole on a reload.
#[derive(Clone, Debug, Default)]
pub struct Live(Arc<ArcSwap<Resolved>>);

impl Live {
    /// Shares `resolved`.
    #[must_use]
    pub fn new(resolved: Resolved) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(resolved)))
    }

    /// The settings of this moment; hold them for one request, not for longer.
    #[must_use]
    pub fn load(&self) -> Guard<Arc<Resolved>> {
        self.0.load()
    }

    /// The settings of this moment, to keep across an await.
    #[must_use]
    pub fn load_full(&self) -> Arc<Resolved> {
        self.0.load_full()
    }

    /// Puts new settings in force.
    pub fn store(&self, resolved: Resolved) {
        self.0.store(Arc::new(resolved));
    }
}
