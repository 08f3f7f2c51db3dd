//! Who can be called: contacts of the inventory, mailboxes of Asterisk, people of a directory service, and whatever other
//! sources are configured.
//!
//! All sources are asked at one time. One that is slow or away gives what it said last, marked, and stops nobody. What they
//! said is kept in an `index`, so that a search takes less than a millisecond.

mod carddav;
mod contacts;
mod files;
mod index;
mod ldap;
mod settings;
mod snapshot;
mod source;
mod together;
mod who;

use std::sync::Arc;
use std::time::Duration;

use provision::mac::Mac;

use crate::asterisk::{Asterisk, PATIENCE};
use crate::config::Resolved;
use crate::inventory::Inventory;
use source::{Kept, Way};

pub use ldap::Service;
pub use settings::{Origin, SourceSettings, Url};
pub use source::Source;
pub use who::{Known, Who};

/// More than this nobody leafs through; they search again with a letter more.
pub const MOST_FOUND: u32 = 320;

/// The way to all sources. Clones share everything.
#[derive(Clone, Debug)]
pub struct Directory(Arc<Shared>);

#[derive(Clone, Debug)]
struct Shared {
    inventory: Option<Inventory>,
    /// In the order of the menu.
    sources: Vec<Kept>,
    /// How long the first answer of a source is waited for.
    patience: Duration,
}

/// Who is looked for. Whatever is empty lets everybody through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// Beginnings of words of the name, or digits of the number.
    pub text: String,
    /// Keys that spell a name.
    pub keys: String,
    /// The phone that asks: it sees its own contacts, and the sources of its profile.
    pub phone: Option<Mac>,
    /// Only this source.
    pub source: Option<Source>,
    /// Of everybody's contacts only those in these books; `None` is all.
    pub books: Option<Vec<String>>,
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

impl Directory {
    /// A directory of what there is.
    #[must_use]
    pub fn new(inventory: Option<Inventory>, asterisk: Asterisk, ldap: Option<Service>) -> Self {
        let contacts = inventory.clone().map(Kept::contacts);
        let company = ldap.map(Kept::ldap);
        let mailboxes = asterisk.is_configured().then(|| Kept::mailboxes(asterisk));
        let sources = contacts.into_iter().chain(company).chain(mailboxes).collect();
        Self(Arc::new(Shared { inventory, sources, patience: PATIENCE }))
    }

    /// The directory of an installation.
    #[must_use]
    pub fn of(resolved: &Resolved, inventory: Option<Inventory>, asterisk: Asterisk) -> Self {
        let ldap = Some(resolved.ldap.clone()).filter(|ldap| !ldap.url.is_empty());
        Self::new(inventory, asterisk, ldap).with(&resolved.sources)
    }

    /// The same with more sources.
    #[must_use]
    pub fn with(&self, sources: &[SourceSettings]) -> Self {
        let mut shared = (*self.0).clone();
        shared.sources.extend(sources.iter().map(Kept::configured));
        shared.sources.sort_by(|one, other| one.place().cmp(&other.place()));
        Self(Arc::new(shared))
    }

    /// The same, waiting longer for sources that have not answered yet: for those who ask once and are no phone.
    #[must_use]
    pub fn patient(&self, patience: Duration) -> Self {
        Self(Arc::new(Shared { patience, ..(*self.0).clone() }))
    }

    /// The sources that this phone sees, in the order of the menu.
    pub async fn sources(&self, phone: Option<Mac>) -> Vec<Source> {
        self.seen_by(phone).await.into_iter().map(|kept| kept.source.clone()).collect()
    }

    /// The source of that word.
    #[must_use]
    pub fn source(&self, word: &str) -> Option<Source> {
        self.0.sources.iter().find(|kept| kept.source.word() == word).map(|kept| kept.source.clone())
    }

    /// Looks in every source.
    pub async fn search(&self, search: &Search) -> Found {
        let is_wanted = |kept: &&Kept| search.source.as_ref().is_none_or(|only| *only == kept.source);
        let kept: Vec<&Kept> = self.seen_by(search.phone).await.into_iter().filter(is_wanted).collect();
        let asked = kept.iter().map(|kept| kept.way.find(search, self.0.patience)).collect();
        let parts = together::all(asked).await;
        let mut found = Found::default();
        for (kept, part) in kept.into_iter().zip(parts) {
            match part {
                Ok(part) => {
                    found.entries.extend(part.entries);
                    found.more |= part.more;
                    if part.old {
                        found.old.push(kept.source.clone());
                    }
                }
                Err(why) => found.away.push((kept.source.clone(), why)),
            }
        }
        // Each source gives its own in order, which this sort makes use of.
        found.entries.sort_by(|one, other| {
            small(&one.name).cmp(small(&other.name)).then_with(|| one.number.cmp(&other.number))
        });
        found.entries.dedup();
        found.more |= found.entries.len() > MOST_FOUND as usize;
        found.entries.truncate(MOST_FOUND as usize);
        found
    }

    /// Those that everybody sees, and those of the phone's profile.
    async fn seen_by(&self, phone: Option<Mac>) -> Vec<&Kept> {
        let is_open = |kept: &Kept| kept.profiles.is_empty();
        let profile = match phone {
            // Nobody is asked where it makes no difference.
            Some(mac) if !self.0.sources.iter().all(is_open) => self.profile(mac).await,
            _ => None,
        };
        let is_seen =
            |kept: &&Kept| is_open(kept) || profile.as_ref().is_some_and(|name| kept.profiles.contains(name));
        self.0.sources.iter().filter(is_seen).collect()
    }

    async fn profile(&self, mac: Mac) -> Option<String> {
        let inventory = self.0.inventory.as_ref()?;
        let phone = inventory.ask(|store| async move { store.phone(mac).await }).await;
        phone.ok().flatten()?.profile
    }

    fn ways(&self) -> impl Iterator<Item = (&Source, &Way)> {
        self.0.sources.iter().map(|kept| (&kept.source, &kept.way))
    }
}

/// A name as lists are ordered by.
fn small(name: &str) -> impl Iterator<Item = char> + '_ {
    name.chars().flat_map(char::to_lowercase)
}

impl Default for Directory {
    fn default() -> Self {
        Self::new(None, Asterisk::default(), None)
    }
}

/// What one source gives to a search.
#[derive(Debug, Default)]
struct Part {
    entries: Vec<Entry>,
    more: bool,
    old: bool,
}
