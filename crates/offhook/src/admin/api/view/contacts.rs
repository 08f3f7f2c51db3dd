//! Contacts as the API shows them.

use provision::inventory::{Contact, ContactNumber};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::edit;

/// Somebody to be called.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct ContactView {
    /// Its number.
    id: i64,
    /// The book it stands in.
    book: String,
    /// The phone whose user keeps it for themselves.
    owner: Option<String>,
    /// The name.
    name: String,
    /// The firm or department.
    organisation: String,
    /// Numbers, the first first.
    numbers: Vec<NumberView>,
}

impl ContactView {
    pub(in super::super) fn new(contact: &Contact) -> Self {
        let number = |one: &ContactNumber| NumberView {
            kind: edit::word_of_number(one.kind).to_owned(),
            number: one.number.clone(),
        };
        Self {
            id: contact.id,
            book: contact.book.clone(),
            owner: contact.owner.map(|mac| mac.device_name()),
            name: contact.name.clone(),
            organisation: contact.organisation.clone(),
            numbers: contact.numbers.iter().map(number).collect(),
        }
    }
}

/// A number of somebody.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct NumberView {
    /// `work`, `mobile`, `home` or `other`.
    #[serde(default = "work")]
    #[schema(default = "work", example = "mobile")]
    pub(in super::super) kind: String,
    /// As it is dialled.
    #[schema(example = "+49 30 1234567")]
    pub(in super::super) number: String,
}

fn work() -> String {
    "work".to_owned()
}
