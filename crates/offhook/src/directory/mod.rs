//! Who can be called: contacts of the inventory, mailboxes of Asterisk, and whatever other source is configured.
//!
//! All sources are asked at one time. One that is slow or away gives what it said last, marked, and stops nobody.

mod ldap;
mod named;
mod snapshot;

use std::sync::Arc;
use std::time::Duration;

use provision::inventory::{ContactNumber, NumberKind};
use provision::mac::Mac;
use store::{ContactQuery, Page};

use crate::asterisk::Asterisk;
use crate::inventory::Inventory;
use ldap::Ldap;
use named::Named;
use snapshot::Snapshot;

pub use ldap::Service;

/// More than this nobody leafs through; they search again with a letter more.
pub const MOST_FOUND: u32 = 320;
/// How long mailboxes are not asked for again.
const MAILBOXES: Duration = Duration::from_secs(30);
/// How long a directory service is not asked again: its people change by the day.
const SERVICE: Duration = Duration::from_secs(300);

/// The way to all sources. Clones share everything.
#[derive(Clone, Debug)]
pub struct Directory(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    inventory: Option<Inventory>,
    asterisk: Asterisk,
    mailboxes: Snapshot<Named>,
    ldap: Option<(Ldap, Snapshot<Named>)>,
}

/// Where entries come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// Contacts kept by offhook.
    Contacts,
    /// A directory service over LDAP.
    Ldap,
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

impl Source {
    /// What phones call it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Contacts => "Contacts",
            Self::Ldap => "Company",
            Self::Mailboxes => "Mailboxes",
        }
    }

    /// The word in an address.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Contacts => "contacts",
            Self::Ldap => "company",
            Self::Mailboxes => "mailboxes",
        }
    }
}

impl Directory {
    /// A directory of what there is.
    #[must_use]
    pub fn new(inventory: Option<Inventory>, asterisk: Asterisk, ldap: Option<Service>) -> Self {
        Self(Arc::new(Shared {
            inventory,
            asterisk,
            mailboxes: Snapshot::fresh_for(MAILBOXES),
            ldap: ldap.map(|service| (Ldap::new(service), Snapshot::fresh_for(SERVICE))),
        }))
    }

    /// The sources there are, in the order of the menu.
    pub fn sources(&self) -> impl Iterator<Item = Source> {
        let there = |source: &Source| match source {
            Source::Contacts => self.0.inventory.is_some(),
            Source::Ldap => self.0.ldap.is_some(),
            Source::Mailboxes => self.0.asterisk.is_configured(),
        };
        [Source::Contacts, Source::Ldap, Source::Mailboxes].into_iter().filter(there)
    }

    /// Looks in every source.
    pub async fn search(&self, search: &Search) -> Found {
        let ask = async |source: Source| {
            let there =
                search.source.is_none_or(|only| only == source) && self.sources().any(|one| one == source);
            if there { self.ask(source, search).await } else { Ok(Part::default()) }
        };
        let parts = tokio::join!(ask(Source::Contacts), ask(Source::Ldap), ask(Source::Mailboxes));
        let mut found = Found::default();
        let sources = [Source::Contacts, Source::Ldap, Source::Mailboxes];
        for (source, part) in sources.into_iter().zip([parts.0, parts.1, parts.2]) {
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

    async fn ask(&self, source: Source, search: &Search) -> Result<Part, String> {
        match source {
            Source::Contacts => self.contacts(search).await,
            Source::Ldap => self.ldap(search).await,
            Source::Mailboxes => self.mailboxes(search).await,
        }
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

    async fn ldap(&self, search: &Search) -> Result<Part, String> {
        let Some((ldap, snapshot)) = &self.0.ldap else { return Ok(Part::default()) };
        let ldap = ldap.clone();
        snapshot
            .get(async move { ldap.all().await.map_err(|error| error.to_string()) })
            .await
            .map(|given| given.part(search))
    }

    async fn mailboxes(&self, search: &Search) -> Result<Part, String> {
        let asterisk = self.0.asterisk.clone();
        let ask = async move {
            let boxes = asterisk.mailboxes().await.map_err(|trouble| trouble.to_string())?;
            Ok(boxes.into_iter().map(|mailbox| Named::new(mailbox.name, mailbox.number)).collect())
        };
        self.0.mailboxes.get(ask).await.map(|given| given.part(search))
    }
}

impl Default for Directory {
    fn default() -> Self {
        Self::new(None, Asterisk::default(), None)
    }
}

impl snapshot::Given<Named> {
    fn part(&self, search: &Search) -> Part {
        let mut fitting = self.all.iter().filter(|named| named.fits(search));
        let entries = fitting.by_ref().take(MOST_FOUND as usize).map(|named| named.entry.clone()).collect();
        Part { entries, more: fitting.next().is_some(), old: self.old }
    }
}

/// What one source gives to a search.
#[derive(Debug, Default)]
struct Part {
    entries: Vec<Entry>,
    more: bool,
    old: bool,
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
