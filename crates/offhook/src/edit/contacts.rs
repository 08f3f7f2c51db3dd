//! Contacts of the directories: added, changed, removed.

use provision::inventory::{Change, Contact, NumberKind};
use store::{ContactQuery, Page};

use super::{Editor, Error, Result};

/// The book of contacts that name none.
pub const BOOK: &str = "all";

/// The kinds of numbers and their words.
pub const NUMBER_KINDS: [(NumberKind, &str); 4] = [
    (NumberKind::Work, "work"),
    (NumberKind::Mobile, "mobile"),
    (NumberKind::Home, "home"),
    (NumberKind::Other, "other"),
];

/// The kind that a word names.
pub fn kind_of_number(word: &str) -> Result<NumberKind, String> {
    let found = NUMBER_KINDS.into_iter().find(|(_, known)| *known == word);
    found
        .map(|(kind, _)| kind)
        .ok_or_else(|| format!("{word:?} is no kind of number; there are work, mobile, home and other"))
}

/// The word for a kind.
#[must_use]
pub fn word_of_number(kind: NumberKind) -> &'static str {
    NUMBER_KINDS.into_iter().find(|(known, _)| *known == kind).map_or("other", |(_, word)| word)
}

/// A name is what a contact is found by.
pub fn person(name: &str) -> Result<String> {
    let name = name.trim();
    if name.is_empty() { Err(Error::wrong("name", "a contact needs a name")) } else { Ok(name.to_owned()) }
}

impl Editor {
    /// The contact of that number.
    pub async fn contact(&self, id: i64) -> Result<Contact> {
        self.store.contact(id).await?.ok_or_else(|| {
            let hint = "; `offhook contact list` shows those there are";
            Error::no_such("id", format!("there is no contact {id}"), hint)
        })
    }

    /// Adds a contact; gives it with its number.
    pub async fn add_contact(&self, contact: Contact) -> Result<Contact> {
        self.change(&[Change::PutContact(contact.clone())]).await?;
        // The last of its name is the one that came now.
        let query = ContactQuery {
            text: Some(contact.name.clone()),
            books: Some(vec![contact.book.clone()]),
            any_owner: true,
            ..ContactQuery::default()
        };
        let found = self.store.contacts(&query, &Page::first(10_000)).await?;
        let same =
            found.rows.into_iter().filter(|one| one.name == contact.name && one.owner == contact.owner);
        Ok(same.max_by_key(|one| one.id).unwrap_or(contact))
    }

    /// Removes contacts, all of them or none. Gives their names.
    pub async fn remove_contacts(&self, ids: &[i64]) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for id in ids {
            names.push(self.contact(*id).await?.name);
        }
        let changes: Vec<Change> = ids.iter().map(|id| Change::RemoveContact(*id)).collect();
        self.change(&changes).await?;
        Ok(names)
    }
}
