//! Who can be called: contacts of the inventory, mailboxes of Asterisk, and whatever other source is configured.
//!
//! All sources are asked at one time. One that is slow or away gives what it said last, marked, and stops nobody.

mod snapshot;

use std::sync::Arc;

use provision::inventory::{ContactNumber, NumberKind};
use provision::keypad::Spelling;
use provision::mac::Mac;
use store::{ContactQuery, Page};

use crate::asterisk::{Asterisk, Trouble};
use crate::inventory::Inventory;
use snapshot::Snapshot;

/// More than this nobody leafs through; they search again with a letter more.
pub const MOST_FOUND: u32 = 320;

/// The way to all sources. Clones share everything.
#[derive(Clone, Debug, Default)]
pub struct Directory(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    inventory: Option<Inventory>,
    asterisk: Asterisk,
    mailboxes: Snapshot<Named>,
}

/// Where entries come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// Contacts kept by offhook.
    Contacts,
    /// People with a voicemail box.
    Mailboxes,
}

/// Who is looked for. Whatever is empty lets everybody through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// Beginnings of words of the name, or digits of the number.
    pub text: String,
    /// Keys that spell a name.
    pub keys: String,
    /// The phone that asks: it sees its own contacts, too.
    pub phone: Option<Mac>,
    /// Only this source.
    pub source: Option<Source>,
}

/// Somebody to be called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The name, with the kind of number where there are several.
    pub name: String,
    /// What is dialled.
    pub number: String,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// By name.
    pub entries: Vec<Entry>,
    /// Sources that gave what they said a while ago.
    pub old: Vec<Source>,
    /// Sources that gave nothing, and why.
    pub away: Vec<(Source, String)>,
    /// There are more than are given.
    pub more: bool,
}

/// A mailbox, spelled once.
#[derive(Debug)]
struct Named {
    entry: Entry,
    words: String,
    spelling: Spelling,
}

impl Source {
    /// What phones call it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Contacts => "Contacts",
            Self::Mailboxes => "Mailboxes",
        }
    }

    /// The word in an address.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Contacts => "contacts",
            Self::Mailboxes => "mailboxes",
        }
    }
}

impl Directory {
    /// A directory of what there is.
    #[must_use]
    pub fn new(inventory: Option<Inventory>, asterisk: Asterisk) -> Self {
        Self(Arc::new(Shared { inventory, asterisk, mailboxes: Snapshot::default() }))
    }

    /// The sources there are.
    pub fn sources(&self) -> impl Iterator<Item = Source> {
        let contacts = self.0.inventory.is_some().then_some(Source::Contacts);
        let mailboxes = self.0.asterisk.is_configured().then_some(Source::Mailboxes);
        [contacts, mailboxes].into_iter().flatten()
    }

    /// Looks in every source.
    pub async fn search(&self, search: &Search) -> Found {
        let wanted = |source| search.source.is_none_or(|only| only == source);
        let has = |source| wanted(source) && self.sources().any(|there| there == source);
        let contacts =
            async { if has(Source::Contacts) { self.contacts(search).await } else { Ok(Part::default()) } };
        let mailboxes =
            async { if has(Source::Mailboxes) { self.mailboxes(search).await } else { Ok(Part::default()) } };
        let (contacts, mailboxes) = tokio::join!(contacts, mailboxes);
        let mut found = Found::default();
        for (source, part) in [(Source::Contacts, contacts), (Source::Mailboxes, mailboxes)] {
            match part {
                Ok(part) => {
                    found.entries.extend(part.entries);
                    found.more |= part.more;
                    if part.old {
                        found.old.push(source);
                    }
                }
                Err(why) => found.away.push((source, why)),
            }
        }
        found.entries.sort_by_cached_key(|entry| (entry.name.to_lowercase(), entry.number.clone()));
        found.entries.dedup();
        found.more |= found.entries.len() > MOST_FOUND as usize;
        found.entries.truncate(MOST_FOUND as usize);
        found
    }

    async fn contacts(&self, search: &Search) -> Result<Part, String> {
        let Some(inventory) = &self.0.inventory else { return Ok(Part::default()) };
        let said = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
        let query = ContactQuery {
            text: said(&search.text),
            keypad: said(&search.keys),
            owner: search.phone,
            ..ContactQuery::default()
        };
        let first = Page::first(MOST_FOUND);
        let asked = inventory.store().contacts(&query, &first);
        let listed = tokio::time::timeout(crate::asterisk::PATIENCE, asked).await;
        let listed = listed.map_err(|_| "the database does not answer in time".to_owned())?;
        let listed = listed.map_err(|error| error.to_string())?;
        let more = listed.total > listed.rows.len() as u64;
        let entries =
            listed.rows.into_iter().flat_map(|contact| numbers(&contact.name, &contact.numbers)).collect();
        Ok(Part { entries, more, old: false })
    }

    async fn mailboxes(&self, search: &Search) -> Result<Part, String> {
        let asterisk = self.0.asterisk.clone();
        let ask = async move {
            let boxes = asterisk.mailboxes().await?;
            Ok::<_, Trouble>(
                boxes.into_iter().map(|mailbox| Named::new(mailbox.name, mailbox.number)).collect(),
            )
        };
        let given = self.0.mailboxes.get(ask).await.map_err(|trouble| trouble.to_string())?;
        let fitting = given.all.iter().filter(|named| named.fits(search));
        Ok(Part { entries: fitting.map(|named| named.entry.clone()).collect(), more: false, old: given.old })
    }
}

/// What one source gives to a search.
#[derive(Debug, Default)]
struct Part {
    entries: Vec<Entry>,
    more: bool,
    old: bool,
}

impl Named {
    fn new(name: String, number: String) -> Self {
        // A box without a name is still somebody.
        let name = if name.is_empty() { number.clone() } else { name };
        Self { words: name.to_lowercase(), spelling: Spelling::of(&name), entry: Entry { name, number } }
    }

    fn fits(&self, search: &Search) -> bool {
        let text = search.text.to_lowercase();
        let mut wanted = text.split_whitespace();
        let begins = |wanted: &str| {
            let mut words = self.words.split(|c: char| !c.is_alphanumeric());
            words.any(|word| word.starts_with(wanted)) || self.entry.number.starts_with(wanted)
        };
        let keys = search.keys.trim();
        wanted.all(begins) && (keys.is_empty() || self.spelling.fit(keys).is_some())
    }
}

/// An entry for each number; the kind is told where there is a choice.
fn numbers(name: &str, numbers: &[ContactNumber]) -> Vec<Entry> {
    let told = |number: &ContactNumber| match numbers.len() {
        1 => name.to_owned(),
        _ => format!("{name} ({})", kind(number.kind)),
    };
    numbers.iter().map(|number| Entry { name: told(number), number: number.number.clone() }).collect()
}

fn kind(kind: NumberKind) -> &'static str {
    match kind {
        NumberKind::Work => "work",
        NumberKind::Mobile => "mobile",
        NumberKind::Home => "home",
        NumberKind::Other => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mailboxes_are_found_by_words_digits_and_keys() {
        let named = Named::new("Anna-Lena Müller".to_owned(), "4711".to_owned());
        let fits = |text: &str, keys: &str| {
            named.fits(&Search { text: text.to_owned(), keys: keys.to_owned(), ..Search::default() })
        };
        assert!(
            fits("", "") && fits("mül", "") && fits("LENA anna", "") && fits("47", "") && fits("", "685")
        );
        assert!(!fits("ller", "") && !fits("anna x", "") && !fits("11", "") && !fits("mül", "99"));
        assert_eq!(Named::new(String::new(), "104".to_owned()).entry.name, "104");
    }
}
