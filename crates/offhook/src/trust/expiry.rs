//! What ends when: the certificates of the store, and those of manufacturers.

use super::certificates::Certificates;
use super::renewal::BEFORE;
use crate::enrol::Maker;

/// Whose certificate it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// One of the store that is in use.
    Store,
    /// One of before, which is only vouched for; that it ends is as it should be.
    Before,
    /// A manufacturer of phones.
    Manufacturer,
}

/// One certificate, and when it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Whose it is.
    pub owner: Owner,
    /// Its name.
    pub name: String,
    /// When, in Unix seconds.
    pub ends: i64,
}

impl Owner {
    /// A word for metrics.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Before => "before",
            Self::Manufacturer => "manufacturer",
        }
    }
}

/// All of them, the next to end first.
#[must_use]
pub fn calendar(certificates: &Certificates, makers: &[Maker]) -> Vec<Ending> {
    let stored = certificates.iter().map(|stored| Ending {
        owner: if stored.name.ends_with(BEFORE) { Owner::Before } else { Owner::Store },
        name: stored.name.clone(),
        ends: stored.certificate.not_after(),
    });
    let makers = makers.iter().map(|maker| Ending {
        owner: Owner::Manufacturer,
        name: maker.name.clone(),
        ends: maker.manufacturer.certificate.not_after(),
    });
    let mut all: Vec<Ending> = stored.chain(makers).collect();
    all.sort_by(|one, other| (one.ends, &one.name).cmp(&(other.ends, &other.name)));
    all
}
