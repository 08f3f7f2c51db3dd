//! Settings, in two types: as written ([`written::Written`]) and as resolved ([`Resolved`]), checked whole.
//!
//! [`keys::KEYS`] is the one table of settings; [`load`] finds and reads them; [`Live`] is what the running server
//! shares and a reload swaps.

use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};

mod database;
pub(crate) mod key_files;
pub mod keys;
pub mod kind;
mod load;
mod menu_line;
pub mod page;
mod range;
mod resolve;
mod resolved;
pub mod sources;
pub mod written;

pub use database::Database;
pub use key_files::{Keys, KeysError};
pub use load::{Error, Found, Source, load, load_from};
pub use menu_line::MenuLine;
pub use range::Range;
pub use resolved::{
    Admin, Limits, Links, Listen, Listener, Log, LogFormat, Newcomers, Onboarding, Provisioning, Resolved,
    Services, Tftp, Timeline, Trust, Unknown,
};
pub use wire::signature::{Digest, Version};

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
