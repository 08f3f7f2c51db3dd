//! Changes to the inventory as people and programs ask for them: checked, with an answer that says what would be right.
//!
//! The commands, the API and the page all change phones, lines, keys, groups, documents and contacts through an
//! [`Editor`]: it reads at one moment and keeps what was changed only if nobody else was faster. What is wrong is an
//! [`Error`] that names the field.

pub mod bulk;
mod contacts;
pub mod difference;
mod documents;
mod editor;
pub mod effective;
mod error;
mod groups;
mod holder;
mod keys;
mod lines;
mod made;
mod named;
mod overrides;
mod password;
mod phone_fields;
mod phones;
mod settings;
pub mod standing;
mod wanted;

pub use contacts::{BOOK, NUMBER_KINDS, kind_of_number, person, word_of_number};
pub use documents::{Whose, made_document, made_names, setting_of};
pub use editor::Editor;
pub use error::{Error, Problem};
pub use holder::Holder;
pub use keys::{Aim, aim, button, feature, new_key};
pub use lines::LeftOut;
pub use made::Made;
pub use named::{model, series};
pub use overrides::{drop_override, put_override};
pub use password::made_up;
pub use phone_fields::{FIELDS, plain};
pub use phones::{NewPhone, Placement};
pub use settings::{Assignment, Scope, names, take};
pub use wanted::{Placed, Wanted};

/// What everything here gives.
pub type Result<T, E = Error> = std::result::Result<T, E>;
