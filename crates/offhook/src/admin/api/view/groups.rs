//! Profiles, sites and series as the API shows them.

use provision::inventory::{Group, GroupKind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::LayerView;

/// What several phones share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = GroupKind)]
pub(in super::super) enum Kind {
    /// What phones are for.
    Profile,
    /// Where phones stand.
    Site,
    /// All phones of a series.
    Series,
}

impl From<Kind> for GroupKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Profile => Self::Profile,
            Kind::Site => Self::Site,
            Kind::Series => Self::Series,
        }
    }
}

/// A profile, a site or a series.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct GroupView {
    /// `profile`, `site` or `series`.
    kind: &'static str,
    /// Its name.
    name: String,
    /// What it is for.
    description: String,
    /// How many phones are in it.
    phones: u64,
    #[serde(flatten)]
    layer: LayerView,
}

impl GroupView {
    pub(in super::super) fn new(group: &Group, phones: u64) -> Self {
        Self {
            kind: group.kind.word(),
            name: group.name.clone(),
            description: group.description.clone(),
            phones,
            layer: LayerView::new(&group.layer),
        }
    }
}
