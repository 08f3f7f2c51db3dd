//! Soft keys, dial templates and feature policies that somebody wrote, taken over as documents.

use crate::inventory::Document;

/// The document, if it can be read so that the same is written again; else it is better left the file that it is.
#[must_use]
pub fn document(name: &str, bytes: &[u8]) -> Option<Document> {
    let _ = (name, bytes);
    None
}
