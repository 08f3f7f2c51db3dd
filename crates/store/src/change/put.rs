//! Writing what shall be there, many rows a statement.

use provision::inventory::{Contact, Document, Group, Layer, Line, Phone};
use sqlx::{QueryBuilder, Row};

use super::effect::{Effect, contact_name};
use crate::contacts::{digits, keypad, words};
use crate::database::Writing;
use crate::{Error, Result, json};

/// Rows of one statement: 400 times the nine columns of a phone is far below the 32,766 values that SQLite takes.
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
    phones(writing, &there(&effect.phones), now).await?;
    documents(writing, &there(&effect.documents)).await?;
    contacts(writing, &effect.new_contacts, &there(&effect.contacts)).await
}

fn there<K, T: Copy>(map: &std::collections::BTreeMap<K, Option<T>>) -> Vec<T> {
    map.values().filter_map(|value| *value).collect()
}

async fn groups(writing: &mut Writing, groups: &[&Group]) -> Result<()> {
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

async fn lines(writing: &mut Writing, lines: &[&Line]) -> Result<()> {
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

async fn phones(writing: &mut Writing, phones: &[&Phone], now: i64) -> Result<()> {
    insert!(
        writing,
        "INSERT INTO phones (mac, model, series, site, profile, state, description, changed, search) ",
        phones,
        |row, phone| row
            .push_bind(phone.mac.to_string())
            .push_bind(phone.model.map(|model| model.name))
            .push_bind(phone.model.map(|model| model.series))
            .push_bind(phone.site.as_deref())
            .push_bind(phone.profile.as_deref())
            .push_bind(phone.state.word())
            .push_bind(phone.description.as_str())
            .push_bind(now)
            .push_bind(phone_search(phone)),
        " ON CONFLICT (mac) DO UPDATE SET model = excluded.model, series = excluded.series, site = excluded.site,
          profile = excluded.profile, state = excluded.state, description = excluded.description,
          changed = excluded.changed, search = excluded.search"
    );
    insert!(
        writing,
        "INSERT INTO phone_layers (mac, notes, layer) ",
        phones,
        |row, phone| row
            .push_bind(phone.mac.to_string())
            .push_bind(phone.notes.as_str())
            .push_bind(json::text(&phone.layer)),
        " ON CONFLICT (mac) DO UPDATE SET notes = excluded.notes, layer = excluded.layer"
    );
    let owners: Vec<_> = phones.iter().map(|phone| ("phone", phone.mac.to_string(), &phone.layer)).collect();
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

async fn documents(writing: &mut Writing, documents: &[&Document]) -> Result<()> {
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
    let mut kept: Vec<(i64, &Contact)> = Vec::with_capacity(new.len() + known.len());
    for contact in new {
        let id: i64 = writing!(writing, c =>
            sqlx::query(
                "INSERT INTO contacts (book, owner, name, organisation, numbers, sort)
                 VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
            )
            .bind(contact.book.as_str())
            .bind(contact.owner.map(|owner| owner.to_string()))
            .bind(contact.name.as_str())
            .bind(contact.organisation.as_str())
            .bind(json::text(&contact.numbers))
            .bind(sort(contact))
            .fetch_one(c)
            .await?
            .try_get(0)?);
        kept.push((id, contact));
    }
    for contact in known {
        let rows = writing!(writing, c => {
            sqlx::query("DELETE FROM contact_words WHERE contact = $1").bind(contact.id).execute(&mut *c).await?;
            sqlx::query("DELETE FROM contact_digits WHERE contact = $1").bind(contact.id).execute(&mut *c).await?;
            sqlx::query(
                "UPDATE contacts SET book = $1, owner = $2, name = $3, organisation = $4, numbers = $5, sort = $6
                 WHERE id = $7",
            )
            .bind(contact.book.as_str())
            .bind(contact.owner.map(|owner| owner.to_string()))
            .bind(contact.name.as_str())
            .bind(contact.organisation.as_str())
            .bind(json::text(&contact.numbers))
            .bind(sort(contact))
            .bind(contact.id)
            .execute(c)
            .await?
            .rows_affected()
        });
        if rows == 0 {
            return Err(Error::NoSuch(contact_name(contact)));
        }
        kept.push((contact.id, contact));
    }
    found_by(writing, &kept).await
}

/// What contacts are found by.
async fn found_by(writing: &mut Writing, contacts: &[(i64, &Contact)]) -> Result<()> {
    let mut by_word = Vec::new();
    let mut by_digits = Vec::new();
    for (id, contact) in contacts {
        let mut all = words(&contact.name);
        all.extend(words(&contact.organisation));
        all.sort();
        all.dedup();
        by_word.extend(all.into_iter().map(|word| (*id, keypad(&word), word)));
        let numbers = contact.numbers.iter().map(|number| digits(&number.number));
        by_digits.extend(numbers.filter(|digits| !digits.is_empty()).map(|digits| (*id, digits)));
    }
    insert!(
        writing,
        "INSERT INTO contact_words (contact, word, keypad) ",
        by_word,
        |row, (id, keypad, word)| row.push_bind(*id).push_bind(word.as_str()).push_bind(keypad.as_str()),
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
