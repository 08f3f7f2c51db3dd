//! What can be kept at all, the same on both databases.

use provision::inventory::{Contact, Document, Group, Line, Phone};

use super::effect::{contact_name, document_name, group_name, line_name};
use crate::{Error, Result, json};

/// The longest name: an index of PostgreSQL takes 2,704 bytes, and nobody types that much.
const LONGEST_NAME: usize = 200;
/// The longest of anything else: what a phone downloads is far shorter.
const LONGEST: usize = 4 << 20;

/// Looks at texts that belong to one thing.
struct Look<F> {
    thing: F,
}

impl<F: Fn() -> String> Look<F> {
    fn refuse(&self, problem: String) -> Error {
        Error::Value { thing: (self.thing)(), problem }
    }

    fn name(&self, field: &str, text: &str) -> Result<&Self> {
        if text.is_empty() || text.len() > LONGEST_NAME || text.chars().any(char::is_control) {
            let problem = format!("{field} has 1 to {LONGEST_NAME} bytes and nothing that cannot be seen");
            return Err(self.refuse(problem));
        }
        Ok(self)
    }

    fn text(&self, field: &str, text: &str) -> Result<&Self> {
        if text.contains('\0') {
            return Err(self.refuse(format!("{field} holds the character NUL, which no document can hold")));
        }
        self.length(field, text)
    }

    /// JSON writes NUL as six characters.
    fn json(&self, field: &str, text: &str) -> Result<&Self> {
        let escaped = |(at, _): (usize, &str)| {
            let before = text[..at].bytes().rev().take_while(|byte| *byte == b'\\').count();
            before % 2 == 0
        };
        if text.match_indices(r"\u0000").any(escaped) {
            return Err(self.refuse(format!("{field} hold the character NUL, which no document can hold")));
        }
        self.length(field, text)
    }

    fn length(&self, field: &str, text: &str) -> Result<&Self> {
        if text.len() > LONGEST {
            let problem = format!("{field}: {} bytes are more than the {LONGEST} that are kept", text.len());
            return Err(self.refuse(problem));
        }
        Ok(self)
    }
}

pub(crate) fn group(group: &Group) -> Result<()> {
    let look = Look { thing: || group_name((group.kind, &group.name.chars().take(40).collect::<String>())) };
    look.name("the name", &group.name)?
        .text("the description", &group.description)?
        .json("settings", &json::text(&group.layer))?;
    Ok(())
}

pub(crate) fn line(line: &Line) -> Result<()> {
    Look { thing: || line_name(&line.number) }.json("settings", &json::text(&line.settings))?;
    Ok(())
}

pub(crate) fn phone(phone: &Phone) -> Result<()> {
    Look { thing: || phone.mac.device_name() }
        .text("the description", &phone.description)?
        .text("notes", &phone.notes)?
        .json("settings", &json::text(&phone.layer))?;
    Ok(())
}

pub(crate) fn document(document: &Document) -> Result<()> {
    Look { thing: || document_name(&document.name.chars().take(40).collect::<String>()) }
        .name("the name", &document.name)?
        .json("contents", &json::text(&document.content))?;
    Ok(())
}

pub(crate) fn contact(contact: &Contact) -> Result<()> {
    Look { thing: || contact_name(contact) }
        .name("the book", &contact.book)?
        .text("the name", &contact.name)?
        .text("the organisation", &contact.organisation)?
        .json("numbers", &json::text(&contact.numbers))?;
    Ok(())
}
