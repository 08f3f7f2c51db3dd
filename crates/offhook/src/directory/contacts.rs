//! Contacts of the inventory: all of them in memory, read again when one changed; until that is done, the database is asked.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use provision::dialled::{Dialled, Same};
use provision::inventory::{Contact, NumberKind};
use provision::mac::Mac;
use store::{ContactQuery, Page, Store};

use super::index::{Index, Person};
use super::{MOST_FOUND, Part, Search};
use crate::asterisk::PATIENCE;
use crate::inventory::Inventory;

/// Contacts of one question.
const AT_ONCE: u32 = 5000;
/// Whoever keeps more of them in one inventory is served by the database, and more slowly.
const MOST: usize = 300_000;
/// More people than have one number.
const MOST_KNOWN: u32 = 50;

#[derive(Clone, Debug)]
pub(super) struct Contacts(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    inventory: Inventory,
    kept: Mutex<Option<Kept>>,
    reading: AtomicBool,
}

#[derive(Clone, Debug)]
struct Kept {
    /// The number of the inventory at which this was right.
    generation: u64,
    /// The number that only contacts move.
    changes: i64,
    index: Arc<Index>,
}

impl Contacts {
    pub(super) fn new(inventory: Inventory) -> Self {
        Self(Arc::new(Shared { inventory, kept: Mutex::default(), reading: AtomicBool::new(false) }))
    }

    /// Those who fit, by name.
    pub(super) async fn find(&self, search: &Search) -> Result<Part, String> {
        match self.current().await {
            Some(index) => Ok(index.find(search)),
            None => self.ask(search).await,
        }
    }

    /// Who has that number.
    pub(super) async fn known_by(&self, number: &Dialled) -> Result<Vec<(Same, Person)>, String> {
        if let Some(index) = self.current().await {
            return Ok(index.known_by(number).map(|(same, one)| (same, one.clone())).collect());
        }
        let digits = number.digits();
        let tail = digits.get(digits.len().saturating_sub(7)..).unwrap_or(digits);
        let query = ContactQuery { text: Some(tail.to_owned()), ..ContactQuery::default() };
        let found = self.listed(&query, MOST_KNOWN).await?;
        let people = found.rows.iter().flat_map(people);
        Ok(people.filter_map(|one| Some((Dialled::parse(&one.number)?.same(number)?, one))).collect())
    }

    /// All contacts as they are now, if they are at hand.
    async fn current(&self) -> Option<Arc<Index>> {
        let generation = self.0.inventory.current_generation().await;
        let kept = self.0.kept.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(kept) = kept.as_ref().filter(|kept| kept.generation == generation) {
            return Some(kept.index.clone());
        }
        if !self.0.reading.swap(true, Ordering::AcqRel) {
            let this = self.clone();
            tokio::spawn(async move {
                let read = this.read(generation, kept).await;
                this.0.reading.store(false, Ordering::Release);
                if let Err(problem) = read {
                    tracing::debug!(%problem, "contacts could not be read; the database is asked for each search");
                }
            });
        }
        None
    }

    async fn read(&self, generation: u64, kept: Option<Kept>) -> Result<(), String> {
        let store = self.0.inventory.store();
        let changes = store.contact_changes().await.map_err(|error| error.to_string())?;
        let index = match kept.filter(|kept| kept.changes == changes) {
            Some(kept) => kept.index,
            None => {
                let people = all(store).await?;
                let index = tokio::task::spawn_blocking(|| Index::of(people)).await;
                Arc::new(index.map_err(|error| error.to_string())?)
            }
        };
        let kept = Kept { generation, changes, index };
        *self.0.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
        Ok(())
    }

    async fn ask(&self, search: &Search) -> Result<Part, String> {
        let said = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
        let query = ContactQuery {
            text: said(&search.text),
            keypad: said(&search.keys),
            owner: search.phone,
            seen: search.books.clone(),
            ..ContactQuery::default()
        };
        let found = self.listed(&query, MOST_FOUND).await?;
        let more = found.total > found.rows.len() as u64;
        Ok(Part {
            entries: found.rows.iter().flat_map(people).map(|one| one.entry()).collect(),
            more,
            old: false,
        })
    }

    async fn listed(&self, query: &ContactQuery, most: u32) -> Result<store::Listed<Contact>, String> {
        let page = Page::first(most);
        let asked = self.0.inventory.store().contacts(query, &page);
        let listed = tokio::time::timeout(PATIENCE, asked).await;
        listed
            .map_err(|_| "the database does not answer in time".to_owned())?
            .map_err(|error| error.to_string())
    }
}

async fn all(store: &Store) -> Result<Vec<Person>, String> {
    let (mut found, mut last) = (Vec::new(), 0);
    loop {
        let some = store.contacts_after(last, AT_ONCE).await.map_err(|error| error.to_string())?;
        let Some(behind) = some.last() else { return Ok(found) };
        last = behind.id;
        found.extend(some.iter().flat_map(people));
        if found.len() > MOST {
            return Err(format!("there are more than {MOST} numbers"));
        }
    }
}

/// One for each number; the kind is told where there is a choice.
pub(super) fn people(contact: &Contact) -> impl Iterator<Item = Person> + '_ {
    let several = contact.numbers.len() > 1;
    let book: Option<Arc<str>> = (!contact.book.is_empty()).then(|| contact.book.as_str().into());
    contact.numbers.iter().map(move |number| Person {
        name: contact.name.clone(),
        organisation: contact.organisation.clone(),
        number: number.number.clone(),
        kind: several.then(|| kind(number.kind).into()),
        owner: contact.owner,
        book: book.clone(),
        card: 0,
    })
}

fn kind(kind: NumberKind) -> &'static str {
    match kind {
        NumberKind::Work => "work",
        NumberKind::Mobile => "mobile",
        NumberKind::Home => "home",
        NumberKind::Other => "other",
    }
}

/// Whose contacts they are and in which book does not matter to a source that is nobody's in particular.
pub(super) fn everybodys(contact: Contact) -> Contact {
    Contact { owner: None::<Mac>, book: String::new(), ..contact }
}
