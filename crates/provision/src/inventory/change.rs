//! Changes to the inventory: what commands, imports and adoption come down to.

use super::{Contact, Document, Group, GroupKind, Line, Number, Phone};
use crate::mac::Mac;

/// One change. Several are made together or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The phone is as given from now on, whether it was there or not.
    PutPhone(Phone),
    /// The phone is gone; its lines stay.
    RemovePhone(Mac),
    /// The line is as given from now on.
    PutLine(Line),
    /// The line is gone.
    RemoveLine(Number),
    /// The group is as given from now on.
    PutGroup(Group),
    /// The group is gone.
    RemoveGroup(GroupKind, String),
    /// The document is as given from now on.
    PutDocument(Document),
    /// The document is gone.
    RemoveDocument(String),
    /// The contact is as given from now on; a new one when its id is 0.
    PutContact(Contact),
    /// The contact is gone.
    RemoveContact(i64),
}
