//! What stands in a list: its certificates, what differs from another one, and whether it is one that phones take.

use serde::{Deserialize, Serialize};

/// Phones no longer register with a list of more certificates.
pub const CERTIFICATES: usize = 39;
/// A list must stay below this many bytes.
pub const LONGEST: usize = 64 << 10;

/// A certificate in one of its roles.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// What people call it.
    pub name: String,
    /// Its role, as a word.
    pub role: String,
    /// SHA-256 of the certificate, in hexadecimal digits.
    pub sha256: String,
}

/// What differs between two lists.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What is new.
    pub added: Vec<Listed>,
    /// What is gone.
    pub removed: Vec<Listed>,
}

/// Why a list is too large for phones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Full {
    /// Too many records.
    #[error(
        "the list would have {0} certificates (each counts once for each of its roles), and phones register with up to 39: take some out with `offhook trust roles NAME --none`"
    )]
    Certificates(usize),
    /// Too many bytes.
    #[error(
        "the list would have {0} bytes, and phones take less than 65536: take certificates out with `offhook trust roles NAME --none`"
    )]
    Bytes(usize),
}

impl Difference {
    /// Whether both lists have the same certificates in the same roles.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }
}

/// What differs from `before` to `after`. A certificate that was only given another name does not.
#[must_use]
pub fn difference(before: &[Listed], after: &[Listed]) -> Difference {
    let is_in = |one: &Listed, all: &[Listed]| {
        all.iter().any(|other| other.role == one.role && other.sha256 == one.sha256)
    };
    let only = |one: &[Listed], other: &[Listed]| {
        one.iter().filter(|listed| !is_in(listed, other)).cloned().collect()
    };
    Difference { added: only(after, before), removed: only(before, after) }
}

/// Whether phones take a list of so many certificates and bytes.
pub fn fits(certificates: usize, bytes: usize) -> Result<(), Full> {
    match (certificates, bytes) {
        (certificates, _) if certificates > CERTIFICATES => Err(Full::Certificates(certificates)),
        (_, bytes) if bytes >= LONGEST => Err(Full::Bytes(bytes)),
        _ => Ok(()),
    }
}
