//! Writing what shall be there, many rows a statement.

use std::collections::BTreeSet;

use provision::inventory::{Contact, Document, Group, Layer, Line, Phone};
use sqlx::QueryBuilder;

use super::effect::{Effect, contact_name};
use crate::contacts::{digits, keypads, words};
use crate::database::Writing;
use crate::{Error, Result, json};

/// Rows of one statement: 400 times the ten columns of a phone is far below the 32,766 values that SQLite takes.
const AT_ONCE: usize = 400;

/// One `INSERT` of many rows, as often as it takes.
macro_rules! insert {
    ($writing:expr, $head:expr, $items:expr, |$row:ident, $item:pat_param| $bind:expr, $tail:expr) => {
        for some in $items.chunks(AT_ONCE) {
            writing!($writing, c => {
                let mut sql = QueryBuilder::new($head);
                sql.push_values(some, |mut $row, $item| { $bind; });
                sql.push($tail);
                // Statements of odd lengths would push the common ones out of the cache.
                let common = some.len() == 1 || some.len() == AT_ONCE;
                sql.build().persistent(common).execute(c).await?;
            });
        }
    };
}

pub(super) async fn all(writing: &mut Writing, effect: &Effect<'_>, now: i64) -> Result<()> {
    groups(writing, &there(&effect.groups)).await?;
    lines(writing, &there(&effect.lines)).await?;
    let phones_now: Vec<_> = there(&effect.phones).into_iter().map(|phone| (phone, now)).collect();
    phones(writing, &phones_now).await?;
    documents(writing, &there(&effect.documents)).await?;
    contacts(writing, &effect.new_contacts, &there(&effect.contacts)).await
}

fn there<K, T: Copy>(map: &std::collections::BTreeMap<K, Option<T>>) -> Vec<T> {
    map.values().filter_map(|value| *value).collect()
}

pub(crate) async fn groups(writing: &mut Writing, groups: &[&Group]) -> Result<()> {
    insert!(
        writing,
        "INSERT INTO groups (kind, name, description, layer) ",
        groups,
        |row, group| row
            .push_bind(group.kind.word())
            .push_bind(group.name.as_str())
            .push_bind(group.description.as_str())
            .push_bind(json::text(&group.layer)),
        " ON CONFLICT (kind, name) DO UPDATE SET description = excluded.description, layer = excluded.layer"
    );
    let owners: Vec<_> =
        groups.iter().map(|group| (group.kind.word(), group.name.clone(), &group.layer)).collect();
    keys(writing, &owners).await
}

pub(crate) async fn lines(writing: &mut Writing, lines: &[&Line]) -> Result<()> {
    insert!(
        writing,
        "INSERT INTO lines (number, settings, search) ",
        lines,
        |row, line| row
            .push_bind(line.number.as_str())
            .push_bind(json::text(&line.settings))
            .push_bind(line_search(line)),
        " ON CONFLICT (number) DO UPDATE SET settings = excluded.settings, search = excluded.search"
    );
    Ok(())
}

/// Phones, and when each was changed.
pub(crate) async fn phones(writing: &mut Writing, phones: &[(&Phone, i64)]) -> Result<()> {
    insert!(
        writing,
        "INSERT INTO phones (mac, model, series, site, profile, state, description, changed, search, firmware) ",
        phones,
        |row, (phone, changed)| row
            .push_bind(phone.mac.to_string())
            .push_bind(phone.model.map(|model| model.name))
            .push_bind(phone.model.map(|model| model.series))
            .push_bind(phone.site.as_deref())
            .push_bind(phone.profile.as_deref())
            .push_bind(phone.state.word())
            .push_bind(phone.description.as_str())
            .push_bind(*changed)
            .push_bind(phone_search(phone))
            .push_bind(phone.layer.settings.of("firmware")),
        " ON CONFLICT (mac) DO UPDATE SET model = excluded.model, series = excluded.series, site = excluded.site,
          profile = excluded.profile, state = excluded.state, description = excluded.description,
          changed = excluded.changed, search = excluded.search, firmware = excluded.firmware"
    );
    insert!(
        writing,
        "INSERT INTO phone_layers (mac, notes, layer) ",
        phones,
        |row, (phone, _)| row
            .push_bind(phone.mac.to_string())
            .push_bind(phone.notes.as_str())
            .push_bind(json::text(&phone.layer)),
        " ON CONFLICT (mac) DO UPDATE SET notes = excluded.notes, layer = excluded.layer"
    );
    let owners: Vec<_> =
        phones.iter().map(|(phone, _)| ("phone", phone.mac.to_string(), &phone.layer)).collect();
    keys(writing, &owners).await
}

/// The index of keys follows the layers.
async fn keys(writing: &mut Writing, owners: &[(&'static str, String, &Layer)]) -> Result<()> {
    for some in owners.chunks(AT_ONCE) {
        writing!(writing, c => {
            let mut sql = QueryBuilder::new("DELETE FROM keys WHERE (owner, name) IN (");
            sql.push_values(some, |mut row, (owner, name, _)| {
                row.push_bind(*owner).push_bind(name.as_str());
            });
            sql.push(")");
            sql.build().persistent(some.len() == 1 || some.len() == AT_ONCE).execute(c).await?;
        });
    }
    let mut rows = Vec::new();
    for (owner, name, layer) in owners {
        for (button, key) in &layer.keys {
            if let Some(line) = key.as_ref().and_then(|key| key.line.as_ref()) {
                rows.push((*owner, name.as_str(), i32::from(*button), line.as_str()));
            }
        }
    }
    insert!(
        writing,
        "INSERT INTO keys (owner, name, button, line) ",
        rows,
        |row, (owner, name, button, line)| row
            .push_bind(*owner)
            .push_bind(*name)
            .push_bind(*button)
            .push_bind(*line),
        ""
    );
    Ok(())
}

pub(crate) async fn documents(writing: &mut Writing, documents: &[&Document]) -> Result<()> {
    insert!(
        writing,
        "INSERT INTO documents (name, content) ",
        documents,
        |row, document| row.push_bind(document.name.as_str()).push_bind(json::text(&document.content)),
        " ON CONFLICT (name) DO UPDATE SET content = excluded.content"
    );
    Ok(())
}

async fn contacts(writing: &mut Writing, new: &[&Contact], known: &[&Contact]) -> Result<()> {
    for contact in known {
        // Written anew below, with all that it is found by.
        let rows = writing!(writing, c =>
            sqlx::query("DELETE FROM contacts WHERE id = $1").bind(contact.id).execute(c).await?.rows_affected());
        if rows == 0 {
            return Err(Error::NoSuch(contact_name(contact)));
        }
    }
    let known = known.iter().map(|contact| (contact.id, *contact));
    if new.is_empty() {
        return insert_contacts(writing, &known.collect::<Vec<_>>()).await;
    }
    let count = i64::try_from(new.len()).unwrap_or(i64::MAX);
    let last: i64 = writing!(writing, c =>
        sqlx::query_scalar("UPDATE inventory SET contacts = contacts + $1 RETURNING contacts")
            .bind(count)
            .fetch_one(c)
            .await?);
    let new = (last - count + 1..).zip(new.iter().copied());
    insert_contacts(writing, &known.chain(new).collect::<Vec<_>>()).await
}

/// Contacts under these numbers, with what they are found by.
pub(crate) async fn insert_contacts(writing: &mut Writing, contacts: &[(i64, &Contact)]) -> Result<()> {
    insert!(
        writing,
        "INSERT INTO contacts (id, book, owner, name, organisation, numbers, sort) ",
        contacts,
        |row, (id, contact)| row
            .push_bind(*id)
            .push_bind(contact.book.as_str())
            .push_bind(contact.owner.map(|owner| owner.to_string()))
            .push_bind(contact.name.as_str())
            .push_bind(contact.organisation.as_str())
            .push_bind(json::text(&contact.numbers))
            .push_bind(sort(contact)),
        ""
    );
    let text = |contact: &Contact| format!("{} {}", contact.name, contact.organisation);
    let each = |of: &dyn Fn(&Contact) -> Vec<String>| {
        let mut rows: Vec<(i64, String)> = Vec::new();
        for (id, contact) in contacts {
            rows.extend(of(contact).into_iter().collect::<BTreeSet<_>>().into_iter().map(|text| (*id, text)));
        }
        rows
    };
    let by_word = each(&|contact| words(&text(contact)));
    let by_keys = each(&|contact| keypads(&text(contact)));
    let by_digits = each(&|contact| {
        let numbers = contact.numbers.iter().map(|number| digits(&number.number));
        numbers.filter(|digits| !digits.is_empty()).collect()
    });
    insert!(
        writing,
        "INSERT INTO contact_words (contact, word) ",
        by_word,
        |row, (id, word)| row.push_bind(*id).push_bind(word.as_str()),
        ""
    );
    insert!(
        writing,
        "INSERT INTO contact_keys (contact, keypad) ",
        by_keys,
        |row, (id, keypad)| row.push_bind(*id).push_bind(keypad.as_str()),
        ""
    );
    insert!(
        writing,
        "INSERT INTO contact_digits (contact, digits) ",
        by_digits,
        |row, (id, digits)| row.push_bind(*id).push_bind(digits.as_str()),
        ""
    );
    Ok(())
}

/// What contacts are ordered by, as long as an index takes.
fn sort(contact: &Contact) -> String {
    contact.name.to_lowercase().chars().take(100).collect()
}

fn phone_search(phone: &Phone) -> String {
    let model = phone.model.map_or("", |model| model.name);
    format!("{} {model} {} {}", phone.mac.device_name(), phone.description, phone.notes).to_lowercase()
}

fn line_search(line: &Line) -> String {
    let said = |key| line.settings.of(key).unwrap_or_default();
    format!("{} {} {}", line.number, said("display_name"), said("label")).to_lowercase()
}
