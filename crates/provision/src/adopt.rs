//! Configurations that somebody wrote, taken over into the inventory.
//!
//! [`Reading::of`] takes a `SEP<MAC>.cnf.xml` apart: settings by their words, keys, lines. [`fleet`](fn@fleet) then finds what phones
//! share, and what is left over becomes overrides, so that every phone gets a document equal to the one it had: order,
//! white space and the version stamp aside. Equality is not hoped for: each document is rendered and compared.

mod difference;
mod document;
mod encoding;
mod fleet;
mod model;
mod prune;
mod read;
mod shared;

#[cfg(test)]
mod tests;

pub use document::document;
pub use encoding::utf8;
pub use fleet::{Adopted, Around, Fleet, Wanted, fleet};
pub use model::{Told, model_of};
pub use read::Reading;

use crate::tree::{Element, TreeError};

/// Why a file is no configuration that could be taken over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It cannot be read.
    #[error(transparent)]
    Broken(#[from] TreeError),
    /// Another kind of document.
    #[error("it begins with <{0}>, and a phone's configuration with <device>")]
    Root(String),
    /// Characters that cannot be told.
    #[error("it says that it is written in {0}, which is not read here; save it as UTF-8")]
    Encoding(String),
    /// What the inventory renders is not what the file says, whatever is overridden.
    #[error("no overrides make its document again: {0} differs")]
    Unequal(String),
}

/// A configuration as elements, whatever characters it is written in.
///
/// # Errors
/// When it is broken, or no configuration.
pub fn parse(bytes: &[u8]) -> Result<Element, Refused> {
    let root = Element::parse(&utf8(bytes)?)?;
    if root.name == "device" { Ok(root) } else { Err(Refused::Root(root.name.chars().take(60).collect())) }
}

/// Whether both give a phone the same: order, white space and the version stamp aside.
#[must_use]
pub fn equal(one: &Element, other: &Element) -> bool {
    without_stamp(one).same(&without_stamp(other))
}

fn without_stamp(root: &Element) -> Element {
    let mut root = root.clone();
    root.children.retain(|child| child.name != "versionStamp");
    root
}
