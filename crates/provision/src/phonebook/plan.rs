//! What a file of contacts changes.

use std::collections::{BTreeSet, HashMap};

use super::Sheet;
use crate::exchange::Faults;
use crate::inventory::{Change, Contact};

/// What is to be done so that a file holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The changes.
    pub changes: Vec<Change>,
    /// How many are new.
    pub added: usize,
    /// How many change.
    pub changed: usize,
    /// How many are as the file says already.
    pub same: usize,
    /// How many go, being in the books of the file and not in it.
    pub removed: usize,
}

/// Holds a sheet against the contacts that are there. A contact is the same by its number, else by book, owner and name. With
/// `replace` those go that are in one of the sheet's books and not in the sheet.
pub fn plan(sheet: &Sheet, known: &[Contact], replace: bool) -> Result<Plan, Faults> {
    let by_id: HashMap<i64, &Contact> = known.iter().map(|contact| (contact.id, contact)).collect();
    let mut by_name: HashMap<_, Vec<&Contact>> = HashMap::new();
    for contact in known.iter().rev() {
        by_name.entry((&contact.book, contact.owner, &contact.name)).or_default().push(contact);
    }
    let mut plan = Plan::default();
    let mut faults = Faults::default();
    let mut used = BTreeSet::new();
    for (place, contact) in &sheet.contacts {
        let there = match contact.id {
            0 => {
                let same = by_name.get_mut(&(&contact.book, contact.owner, &contact.name));
                // Two of one name are two people: each row takes another.
                same.and_then(|same| std::iter::from_fn(|| same.pop()).find(|one| !used.contains(&one.id)))
            }
            id => match by_id.get(&id) {
                Some(there) => Some(*there),
                None => {
                    faults.add(
                        place.at("id"),
                        format!("there is no contact {id}; leave it empty for a new one"),
                    );
                    continue;
                }
            },
        };
        let Some(there) = there else {
            plan.added += 1;
            plan.changes.push(Change::PutContact(contact.clone()));
            continue;
        };
        if !used.insert(there.id) {
            faults.add(place.clone(), format!("contact {} stands in the file twice", there.id));
            continue;
        }
        let wanted = Contact { id: there.id, ..contact.clone() };
        if wanted == *there {
            plan.same += 1;
        } else {
            plan.changed += 1;
            plan.changes.push(Change::PutContact(wanted));
        }
    }
    if replace {
        let books: BTreeSet<&str> = sheet.contacts.iter().map(|(_, contact)| contact.book.as_str()).collect();
        let gone = known.iter().filter(|one| books.contains(one.book.as_str()) && !used.contains(&one.id));
        for contact in gone {
            plan.removed += 1;
            plan.changes.push(Change::RemoveContact(contact.id));
        }
    }
    faults.or(plan)
}

/// Nobody yet.
pub(super) fn empty(book: &str) -> Contact {
    Contact {
        id: 0,
        book: book.to_owned(),
        owner: None,
        name: String::new(),
        organisation: String::new(),
        numbers: Vec::new(),
    }
}

/// A firm is called by its own name.
pub(super) fn name_by_organisation(contact: &mut Contact) {
    if contact.name.is_empty() {
        contact.name = std::mem::take(&mut contact.organisation);
    }
}
