//! What a batch of changes comes down to.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use provision::inventory::{Change, Contact, Document, Group, GroupKind, Line, Number, Phone};
use provision::mac::Mac;

use super::values;
use crate::{Error, Result};

/// What shall hold in the end: `Some` is there as given, `None` is gone.
#[derive(Default)]
pub(crate) struct Effect<'a> {
    pub(crate) groups: BTreeMap<(GroupKind, &'a str), Option<&'a Group>>,
    pub(crate) lines: BTreeMap<&'a Number, Option<&'a Line>>,
    pub(crate) phones: BTreeMap<Mac, Option<&'a Phone>>,
    pub(crate) documents: BTreeMap<&'a str, Option<&'a Document>>,
    pub(crate) contacts: BTreeMap<i64, Option<&'a Contact>>,
    pub(crate) new_contacts: Vec<&'a Contact>,
}

impl<'a> Effect<'a> {
    /// Folds the changes; saying two things about the same is refused.
    pub(crate) fn of(changes: &'a [Change]) -> Result<Self> {
        let mut effect = Self::default();
        for change in changes {
            match change {
                Change::PutPhone(phone) => values::phone(phone)?,
                Change::PutLine(line) => values::line(line)?,
                Change::PutGroup(group) => values::group(group)?,
                Change::PutDocument(document) => values::document(document)?,
                Change::PutContact(contact) => values::contact(contact)?,
                _ => {}
            }
            effect.add(change)?;
        }
        Ok(effect)
    }

    /// How many things are put or removed.
    pub(crate) fn len(&self) -> usize {
        let contacts = self.contacts.len() + self.new_contacts.len();
        self.groups.len() + self.lines.len() + self.phones.len() + self.documents.len() + contacts
    }

    fn add(&mut self, change: &'a Change) -> Result<()> {
        match change {
            Change::PutPhone(phone) => {
                set(&mut self.phones, phone.mac, Some(phone), || phone_name(phone.mac))
            }
            Change::RemovePhone(mac) => set(&mut self.phones, *mac, None, || phone_name(*mac)),
            Change::PutLine(line) => {
                set(&mut self.lines, &line.number, Some(line), || line_name(&line.number))
            }
            Change::RemoveLine(number) => set(&mut self.lines, number, None, || line_name(number)),
            Change::PutGroup(group) => {
                let key = (group.kind, group.name.as_str());
                set(&mut self.groups, key, Some(group), || group_name(key))
            }
            Change::RemoveGroup(kind, name) => {
                let key = (*kind, name.as_str());
                set(&mut self.groups, key, None, || group_name(key))
            }
            Change::PutDocument(document) => {
                set(&mut self.documents, document.name.as_str(), Some(document), || {
                    document_name(&document.name)
                })
            }
            Change::RemoveDocument(name) => {
                set(&mut self.documents, name.as_str(), None, || document_name(name))
            }
            Change::PutContact(contact) if contact.id == 0 => {
                self.new_contacts.push(contact);
                Ok(())
            }
            Change::PutContact(contact) => {
                set(&mut self.contacts, contact.id, Some(contact), || contact_name(contact))
            }
            Change::RemoveContact(id) => set(&mut self.contacts, *id, None, || contact_number(*id)),
        }
    }
}

/// The same said twice is once; anything else about the same is a mistake of whoever made the batch.
fn set<K: Ord, T: PartialEq>(
    map: &mut BTreeMap<K, Option<T>>,
    key: K,
    value: Option<T>,
    name: impl FnOnce() -> String,
) -> Result<()> {
    match map.entry(key) {
        Entry::Vacant(place) => {
            place.insert(value);
            Ok(())
        }
        Entry::Occupied(place) if *place.get() == value => Ok(()),
        Entry::Occupied(_) => Err(Error::Twice(name())),
    }
}

pub(crate) fn group_name((kind, name): (GroupKind, &str)) -> String {
    format!("{kind} {name}")
}

pub(crate) fn phone_name(mac: Mac) -> String {
    format!("phone {}", mac.device_name())
}

pub(crate) fn line_name(number: &Number) -> String {
    format!("line {number}")
}

pub(crate) fn document_name(name: &str) -> String {
    format!("document {name}")
}

pub(crate) fn contact_name(contact: &Contact) -> String {
    match contact.id {
        0 => format!("contact {:?}", contact.name.chars().take(40).collect::<String>()),
        id => contact_number(id),
    }
}

pub(crate) fn contact_number(id: i64) -> String {
    format!("contact {id}")
}
