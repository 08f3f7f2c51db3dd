//! The inventory as values: phones, lines, keys, layers of settings, documents, contacts.
//!
//! A phone's configuration is what five layers say: built-in → site → series → profile → phone, the later one wins. Nothing
//! here knows where it is kept; a [`Bundle`] is all that rendering one phone needs.

mod bundle;
mod change;
pub(crate) mod check;
mod contact;
mod document;
mod key;
mod layer;
mod line;
mod phone;
mod settings;

pub use bundle::Bundle;
pub use change::Change;
pub use check::{KeyError, check_key, check_setting};
pub use contact::{Contact, ContactNumber, NumberKind};
pub use document::{Background, Content, DialRule, Document, DocumentError, Ring, SoftKeySet, TemplateRule};
pub use key::Key;
pub use layer::{Group, GroupKind, Layer, Override, OverrideError, Replacement};
pub use line::{Line, Number, NumberError};
pub use phone::{Phone, State};
pub use settings::{Name, NameError, Settings};
