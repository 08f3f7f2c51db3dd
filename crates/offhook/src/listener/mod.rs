//! The listeners: one file each, all of the shape `bind(&Resolved, ..) -> Bound`, `Bound::local_addrs()`,
//! `Bound::serve(app, shutdown)`.

use std::sync::Arc;

use crate::{artifact::Artifacts, config::Live, metrics::Metrics};

pub mod access;
pub mod admin;
pub mod permits;
pub mod provisioning;
pub mod secure_provisioning;
pub mod tftp;

/// What every listener is handed when it begins to serve; cheap to clone.
#[derive(Clone, Debug)]
pub struct App {
    /// The settings in force; load them at each accept so that a reload is seen.
    pub config: Live,
    /// Where files come from.
    pub artifacts: Artifacts,
    /// What is counted.
    pub metrics: Arc<Metrics>,
}
