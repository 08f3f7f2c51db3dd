//! What a batch of changes makes different, field by field: what is there is read before it is written over.

use std::collections::{BTreeMap, BTreeSet};

use provision::inventory::{Contact, Document, Group, Key, Layer, Line, Phone, Replacement, Settings};
use provision::mac::Mac;
use sqlx::QueryBuilder;

use super::{Altered, Entry, cut};
use crate::change::effect::{Effect, contact_number, document_name, group_name, line_name, phone_name};
use crate::database::Writing;
use crate::{Result, contacts, documents, groups, json, lines, phones};

/// A value, and whether it is nobody's business.
type Fields = BTreeMap<String, (String, bool)>;

/// One row for very many changes.
pub(super) fn summary(effect: &Effect<'_>) -> Entry {
    let kinds = [
        ("phones", effect.phones.len(), effect.phones.values().filter(|put| put.is_none()).count()),
        ("lines", effect.lines.len(), effect.lines.values().filter(|put| put.is_none()).count()),
        ("groups", effect.groups.len(), effect.groups.values().filter(|put| put.is_none()).count()),
        ("documents", effect.documents.len(), effect.documents.values().filter(|put| put.is_none()).count()),
        (
            "contacts",
            effect.contacts.len() + effect.new_contacts.len(),
            effect.contacts.values().filter(|put| put.is_none()).count(),
        ),
    ];
    let mut fields = Vec::new();
    for (kind, all, removed) in kinds {
        for (what, count) in [("put", all - removed), ("removed", removed)] {
            if count > 0 {
                let after = Some(count.to_string());
                fields.push(Altered { field: format!("{kind} {what}"), before: None, after, secret: false });
            }
        }
    }
    Entry { action: "changed", subject: "many at once".into(), fields }
}

/// A row for each thing that will not be as it was.
pub(super) async fn entries(writing: &mut Writing, effect: &Effect<'_>) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    let before = groups_now(writing, effect).await?;
    for (key, after) in &effect.groups {
        add(&mut entries, group_name(*key), before.get(&group_name(*key)), after.map(of_group));
    }
    let before = lines_now(writing, effect).await?;
    for (number, after) in &effect.lines {
        add(&mut entries, line_name(number), before.get(number.as_str()), after.map(of_line));
    }
    let before = phones_now(writing, effect).await?;
    for (mac, after) in &effect.phones {
        add(&mut entries, phone_name(*mac), before.get(mac), after.map(of_phone));
    }
    let before = documents_now(writing, effect).await?;
    for (name, after) in &effect.documents {
        add(&mut entries, document_name(name), before.get(*name), after.map(of_document));
    }
    let before = contacts_now(writing, effect).await?;
    for (id, after) in &effect.contacts {
        add(&mut entries, contact_number(*id), before.get(id), after.map(of_contact));
    }
    for contact in &effect.new_contacts {
        add(&mut entries, format!("contact {}", cut(&contact.name)), None, Some(of_contact(contact)));
    }
    Ok(entries)
}

fn add(entries: &mut Vec<Entry>, subject: String, before: Option<&Fields>, after: Option<Fields>) {
    let action = match (before, &after) {
        (None, None) => return,
        (None, Some(_)) => "added",
        (Some(_), Some(_)) => "changed",
        (Some(_), None) => "removed",
    };
    let (none, gone) = (Fields::new(), after.is_none());
    let (before, after) = (before.unwrap_or(&none), after.unwrap_or_default());
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let mut fields = Vec::new();
    for name in names {
        let (was, is) = (before.get(name), after.get(name));
        if was == is {
            continue;
        }
        let secret = was.is_some_and(|(_, secret)| *secret) || is.is_some_and(|(_, secret)| *secret);
        let shown = |side: Option<&(String, bool)>| side.filter(|_| !secret).map(|(text, _)| cut(text));
        fields.push(Altered { field: name.clone(), before: shown(was), after: shown(is), secret });
    }
    // What was put as it is did not change anything.
    if !fields.is_empty() || action != "changed" || gone {
        entries.push(Entry { action, subject, fields });
    }
}

fn plain(fields: &mut Fields, name: &str, value: &str) {
    if !value.is_empty() {
        fields.insert(name.to_owned(), (value.to_owned(), false));
    }
}

fn of_settings(fields: &mut Fields, prefix: &str, settings: &Settings) {
    for (name, value) in settings.iter() {
        fields.insert(format!("{prefix}{name}"), (value.to_owned(), name.setting().is_secret()));
    }
}

fn of_layer(fields: &mut Fields, layer: &Layer) {
    of_settings(fields, "", &layer.settings);
    for (button, key) in &layer.keys {
        of_key(fields, *button, key.as_ref());
    }
    for one in &layer.overrides {
        let text = match &one.replacement {
            Replacement::Text(text) | Replacement::Fragment(text) => text.as_str(),
            Replacement::Nothing => "(nothing)",
        };
        fields.insert(format!("override {}", one.path), (text.to_owned(), one.is_secret()));
    }
}

fn of_key(fields: &mut Fields, button: u16, key: Option<&Key>) {
    let name = format!("key {button}");
    let Some(key) = key else { return plain(fields, &name, "(empty)") };
    let what = match &key.line {
        Some(line) => format!("{} {line}", key.feature.key),
        None => key.feature.key.to_owned(),
    };
    plain(fields, &name, &what);
    of_settings(fields, &format!("{name} "), &key.settings);
}

fn of_group(group: &Group) -> Fields {
    let mut fields = Fields::new();
    plain(&mut fields, "description", &group.description);
    of_layer(&mut fields, &group.layer);
    fields
}

fn of_line(line: &Line) -> Fields {
    let mut fields = Fields::new();
    of_settings(&mut fields, "", &line.settings);
    fields
}

fn of_phone(phone: &Phone) -> Fields {
    let mut fields = Fields::new();
    plain(&mut fields, "model", phone.model.map_or("", |model| model.name));
    plain(&mut fields, "description", &phone.description);
    plain(&mut fields, "site", phone.site.as_deref().unwrap_or_default());
    plain(&mut fields, "profile", phone.profile.as_deref().unwrap_or_default());
    plain(&mut fields, "state", phone.state.word());
    plain(&mut fields, "notes", &phone.notes);
    of_layer(&mut fields, &phone.layer);
    fields
}

fn of_document(document: &Document) -> Fields {
    let mut fields = Fields::new();
    plain(&mut fields, "content", &json::text(&document.content));
    fields
}

fn of_contact(contact: &Contact) -> Fields {
    let mut fields = Fields::new();
    plain(&mut fields, "name", &contact.name);
    plain(&mut fields, "book", &contact.book);
    plain(&mut fields, "organisation", &contact.organisation);
    plain(&mut fields, "owner", &contact.owner.map(Mac::device_name).unwrap_or_default());
    plain(&mut fields, "numbers", &json::text(&contact.numbers));
    fields
}

/// The rows among these keys; no statement without any, which PostgreSQL would refuse. There are never more than a few
/// hundred, far below what either database takes.
macro_rules! among {
    ($writing:expr, $sql:literal, $keys:expr) => {{
        let keys: Vec<_> = $keys.collect();
        if keys.is_empty() {
            Vec::new()
        } else {
            writing!($writing, c => {
                let mut sql = QueryBuilder::new(concat!($sql, " IN ("));
                let mut list = sql.separated(", ");
                for key in keys {
                    list.push_bind(key);
                }
                sql.push(")").build_query_as().persistent(false).fetch_all(c).await?
            })
        }
    }};
}

async fn groups_now(writing: &mut Writing, effect: &Effect<'_>) -> Result<BTreeMap<String, Fields>> {
    let rows: Vec<groups::Row> = among!(
        writing,
        "SELECT kind, name, description, layer FROM groups WHERE name",
        effect.groups.keys().map(|(_, name)| (*name).to_owned())
    );
    let one = |row| groups::group(row).map(|group| (group_name((group.kind, &group.name)), of_group(&group)));
    rows.into_iter().map(one).collect()
}

async fn lines_now(writing: &mut Writing, effect: &Effect<'_>) -> Result<BTreeMap<String, Fields>> {
    let rows: Vec<lines::Row> = among!(
        writing,
        "SELECT number, settings FROM lines WHERE number",
        effect.lines.keys().map(|number| number.as_str().to_owned())
    );
    let one = |row| lines::line(row).map(|line| (line.number.to_string(), of_line(&line)));
    rows.into_iter().map(one).collect()
}

async fn phones_now(writing: &mut Writing, effect: &Effect<'_>) -> Result<BTreeMap<Mac, Fields>> {
    let rows: Vec<phones::Row> = among!(
        writing,
        "SELECT mac, model, description, site, profile, state, notes, layer
         FROM phones JOIN phone_layers USING (mac) WHERE mac",
        effect.phones.keys().map(ToString::to_string)
    );
    let one = |row| phones::phone(row).map(|phone| (phone.mac, of_phone(&phone)));
    rows.into_iter().map(one).collect()
}

async fn documents_now(writing: &mut Writing, effect: &Effect<'_>) -> Result<BTreeMap<String, Fields>> {
    let rows: Vec<(String, String)> = among!(
        writing,
        "SELECT name, content FROM documents WHERE name",
        effect.documents.keys().map(|name| (*name).to_owned())
    );
    let one = |row| documents::document(row).map(|document| (document.name.clone(), of_document(&document)));
    rows.into_iter().map(one).collect()
}

async fn contacts_now(writing: &mut Writing, effect: &Effect<'_>) -> Result<BTreeMap<i64, Fields>> {
    let rows: Vec<contacts::Row> = among!(
        writing,
        "SELECT id, book, owner, name, organisation, numbers FROM contacts WHERE id",
        effect.contacts.keys().copied()
    );
    let one = |row| contacts::contact(row).map(|contact| (contact.id, of_contact(&contact)));
    rows.into_iter().map(one).collect()
}
