//! Soft keys, dial templates, feature policies and lists that somebody wrote, taken over as documents.

use super::utf8;
use crate::inventory::{Content, Document};
use crate::render;
use crate::tree::Element;

/// Configurations and what servers make: no documents of the inventory.
const OTHERS: [&str; 4] = ["sep", "ctlsep", "itlsep", "xmldefault"];

/// The document, if it can be read so that the same is written again; else it is better left the file that it is.
#[must_use]
pub fn document(name: &str, bytes: &[u8]) -> Option<Document> {
    let small = name.to_ascii_lowercase();
    if !small.ends_with(".xml") || OTHERS.iter().any(|start| small.starts_with(start)) {
        return None;
    }
    let bytes = utf8(bytes).ok()?;
    let document = Document::read(name, &bytes).ok().filter(|document| document.check().is_ok())?;
    let there = Element::parse(&bytes).ok()?;
    let made = render::document(&document);
    let same = match document.content {
        // Every attribute was understood, or it would not have been read; case and a time left out mean nothing to phones.
        Content::DialTemplate(_) => {
            let plain = there.children.iter().all(|rule| rule.name == "TEMPLATE" && rule.children.is_empty());
            plain && Document::read(name, made.as_bytes()).as_ref() == Ok(&document)
        }
        _ => there.same(&Element::parse(made.as_bytes()).ok()?),
    };
    same.then_some(document)
}
