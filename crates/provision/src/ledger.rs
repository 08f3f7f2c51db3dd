//! The ledger of trust: which list a phone holds, as far as its requests tell, and what it would do with another one.
//!
//! A phone never says which list it took. What it asks for says it: a phone that was given a list and then asks for its
//! configuration signed holds a list, and whether that is the new one or the one of before follows from who signed the
//! new one. All of it is decided here, and nothing is read or written.

mod entry;
mod erase;
mod foreign;
mod judge;
mod list;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use entry::{Asked, Entry, Event, Fetch, Held};
pub use erase::{Erasing, erasing, takes_lists};
pub use foreign::{Behaviour, ForeignTrust, foreign_trust};
pub use judge::{Doubt, Next, Plan, Standing, Totals, Verdict, Way, Why, judge, standing};
pub use list::{CERTIFICATES, Difference, Full, LONGEST, Listed, difference, fits};

/// What of a trust list decides about the next one. Certificates are named by the SHA-256 of their DER form, in
/// hexadecimal digits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contents {
    /// SHA-256 of the file, in hexadecimal digits; empty while it is not signed yet.
    pub digest: String,
    /// Who signed it; empty if it is none of its own SASTs.
    pub signer: String,
    /// The certificates that may sign the next list.
    pub sasts: Vec<String>,
    /// The certificates that a Trust Verification Service may show.
    pub tvs: Vec<String>,
    /// Whether anybody may sign files or serve configurations by it.
    pub vouches_for_files: bool,
}

impl Contents {
    /// Whether a phone that holds it follows anybody: nobody signs files by it, and nobody can be asked.
    #[must_use]
    pub fn releases(&self) -> bool {
        !self.vouches_for_files && self.tvs.is_empty()
    }
}
