//! The listeners: one file each, all of the shape `bind(&Resolved, ..) -> Bound`, `Bound::local_addrs()`,
//! `Bound::serve(app, shutdown)`.

use std::fmt;
use std::sync::Arc;

use crate::artifact::Artifacts;
use crate::asterisk::Asterisk;
use crate::config::{Listen, Listener, Live};
use crate::directory::Directory;
use crate::lifecycle::Readiness;
use crate::metrics::Metrics;
use crate::services::Services;
use crate::timeline::Timeline;

pub mod accept;
pub mod access;
pub mod admin;
pub mod all;
pub mod bind;
pub mod capf;
mod handshake;
pub mod local;
pub mod occupant;
pub mod permits;
pub mod provisioning;
pub mod secure_provisioning;
pub mod secure_services;
pub mod services;
pub mod tftp;
pub mod tvs;

/// What every listener is handed when it begins to serve; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct App {
    /// The settings in force; load them at each accept so that a reload is seen.
    pub config: Live,
    /// Where files come from.
    pub artifacts: Artifacts,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Whether the whole process is ready.
    pub readiness: Readiness,
    /// What the XML services share.
    pub services: Services,
    /// The PBX, to ask about calls.
    pub asterisk: Asterisk,
    /// Who can be called.
    pub directory: Directory,
    /// What phones did.
    pub timeline: Timeline,
    /// Where the listeners really are.
    pub bound: all::Addresses,
}

/// Which listener; its name is also its key in `[listen]` and `[access]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Name {
    /// Files over TFTP.
    Tftp,
    /// Files over HTTP.
    Provisioning,
    /// Files over HTTPS.
    SecureProvisioning,
    /// XML services over HTTP.
    Services,
    /// XML services over HTTPS.
    SecureServices,
    /// The Trust Verification Service.
    Tvs,
    /// Certificate enrolment.
    Capf,
    /// Metrics and health.
    Admin,
}

impl Name {
    /// All listeners, in the order people read them.
    pub const ALL: [Self; 8] = [
        Self::Tftp,
        Self::Provisioning,
        Self::SecureProvisioning,
        Self::Services,
        Self::SecureServices,
        Self::Tvs,
        Self::Capf,
        Self::Admin,
    ];

    /// As written in the configuration, in metrics and in logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tftp => "tftp",
            Self::Provisioning => "provisioning",
            Self::SecureProvisioning => "secure_provisioning",
            Self::Services => "services",
            Self::SecureServices => "secure_services",
            Self::Tvs => "tvs",
            Self::Capf => "capf",
            Self::Admin => "admin",
        }
    }

    /// What it is for, in the words of the start table.
    #[must_use]
    pub fn purpose(self) -> &'static str {
        match self {
            Self::Tftp => "every file over TFTP: old phones, and the fallback of all others",
            Self::Provisioning => "every file over HTTP: what phones ask first",
            Self::SecureProvisioning => "phone configurations over HTTPS, once a phone trusts this server",
            Self::Services => "what the keys services, directories and information show",
            Self::SecureServices => "the same over HTTPS",
            Self::Capf => "gives phones certificates of their own",
            Self::Tvs => "vouches for certificates that a phone's trust list does not hold",
            Self::Admin => "the page, the API, metrics and health: for you, not for phones",
        }
    }

    /// Whether it listens for datagrams rather than connections.
    #[must_use]
    pub fn is_udp(self) -> bool {
        self == Self::Tftp
    }

    /// Its part of `listen`.
    #[must_use]
    pub fn of(self, listen: &Listen) -> Option<&Listener> {
        match self {
            Self::Tftp => listen.tftp.as_ref(),
            Self::Provisioning => listen.provisioning.as_ref(),
            Self::SecureProvisioning => listen.secure_provisioning.as_ref(),
            Self::Services => listen.services.as_ref(),
            Self::SecureServices => listen.secure_services.as_ref(),
            Self::Tvs => listen.tvs.as_ref(),
            Self::Capf => listen.capf.as_ref(),
            Self::Admin => listen.admin.as_ref(),
        }
    }

    /// Its part of `listen`, to change.
    pub fn of_mut(self, listen: &mut Listen) -> &mut Option<Listener> {
        match self {
            Self::Tftp => &mut listen.tftp,
            Self::Provisioning => &mut listen.provisioning,
            Self::SecureProvisioning => &mut listen.secure_provisioning,
            Self::Services => &mut listen.services,
            Self::SecureServices => &mut listen.secure_services,
            Self::Tvs => &mut listen.tvs,
            Self::Capf => &mut listen.capf,
            Self::Admin => &mut listen.admin,
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
