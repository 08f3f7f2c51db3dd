//! Whose layer is changed: a phone's own, or that of a profile, a site or a series.

use provision::inventory::{Change, Group, GroupKind, Layer, Phone};

use super::Scope;

/// Whose layer is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A phone.
    Phone(Phone),
    /// A profile, site or series.
    Group(Group),
}

impl Holder {
    /// What it says.
    #[must_use]
    pub fn layer(&self) -> &Layer {
        match self {
            Self::Phone(phone) => &phone.layer,
            Self::Group(group) => &group.layer,
        }
    }

    /// What it says, to change.
    pub fn layer_mut(&mut self) -> &mut Layer {
        match self {
            Self::Phone(phone) => &mut phone.layer,
            Self::Group(group) => &mut group.layer,
        }
    }

    /// For which phones its values must be right.
    #[must_use]
    pub fn scope(&self) -> Scope {
        match self {
            Self::Phone(phone) => Scope::of(phone.model),
            Self::Group(group) if group.kind == GroupKind::Series => Scope::series(&group.name),
            Self::Group(_) => Scope::all(),
        }
    }

    /// `SEP001122334455`, `profile reception`.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Phone(phone) => phone.mac.device_name(),
            Self::Group(group) => format!("{} {}", group.kind, group.name),
        }
    }

    /// What keeps it as it is now.
    #[must_use]
    pub fn put(self) -> Change {
        match self {
            Self::Phone(phone) => Change::PutPhone(phone),
            Self::Group(group) => Change::PutGroup(group),
        }
    }
}
