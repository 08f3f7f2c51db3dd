//! Contacts of the directory.

use serde::{Deserialize, Serialize};

use crate::mac::Mac;

/// Somebody to be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// The number of the row; 0 before it is kept.
    pub id: i64,
    /// The book it stands in; profiles choose which books their phones see.
    pub book: String,
    /// The phone whose user keeps it for themselves.
    pub owner: Option<Mac>,
    /// The name.
    pub name: String,
    /// The firm or department.
    pub organisation: String,
    /// Numbers, the first first.
    pub numbers: Vec<ContactNumber>,
}

/// One number of a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactNumber {
    /// What kind.
    pub kind: NumberKind,
    /// As it is dialled.
    pub number: String,
}

/// What a number is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum NumberKind {
    #[default]
    Work,
    Mobile,
    Home,
    Other,
}
