//! Everything that is named must be there, once all is written. Nobody else writes meanwhile.

use std::collections::BTreeMap;

use provision::inventory::{GroupKind, Layer, Number};

use super::effect::{Effect, contact_name, group_name, line_name, phone_name};
use crate::database::Writing;
use crate::{Error, Result};

pub(super) async fn all(writing: &mut Writing, effect: &Effect<'_>) -> Result<()> {
    groups_are_there(writing, effect).await?;
    lines_are_there(writing, effect).await?;
    owners_are_there(writing, effect).await?;
    nobody_needs_groups(writing, effect).await?;
    nobody_needs_lines(writing, effect).await
}

/// The sites and profiles that phones name.
async fn groups_are_there(writing: &mut Writing, effect: &Effect<'_>) -> Result<()> {
    let mut named = BTreeMap::new();
    for phone in effect.phones.values().flatten() {
        let site = phone.site.as_deref().map(|name| (GroupKind::Site, name));
        let profile = phone.profile.as_deref().map(|name| (GroupKind::Profile, name));
        for key in [site, profile].into_iter().flatten() {
            named.entry(key).or_insert(phone.mac);
        }
    }
    // What this change puts there is there.
    named.retain(|key, _| !matches!(effect.groups.get(key), Some(Some(_))));
    for (key, mac) in named {
        let there: bool = writing!(writing, c =>
            sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM groups WHERE kind = $1 AND name = $2)")
                .bind(key.0.word())
                .bind(key.1)
                .fetch_one(c)
                .await?);
        if !there {
            return Err(Error::Dangling { thing: group_name(key), by: mac.device_name() });
        }
    }
    Ok(())
}

/// The lines that keys are for.
async fn lines_are_there(writing: &mut Writing, effect: &Effect<'_>) -> Result<()> {
    let mut named: BTreeMap<&Number, String> = BTreeMap::new();
    for phone in effect.phones.values().flatten() {
        for (button, number) in keys(&phone.layer) {
            named.entry(number).or_insert_with(|| format!("key {button} of {}", phone.mac.device_name()));
        }
    }
    for group in effect.groups.values().flatten() {
        for (button, number) in keys(&group.layer) {
            named
                .entry(number)
                .or_insert_with(|| format!("key {button} of {}", group_name((group.kind, &group.name))));
        }
    }
    named.retain(|number, _| !matches!(effect.lines.get(number), Some(Some(_))));
    for (number, by) in named {
        let there: bool = writing!(writing, c =>
            sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM lines WHERE number = $1)")
                .bind(number.as_str())
                .fetch_one(c)
                .await?);
        if !there {
            return Err(Error::Dangling { thing: line_name(number), by });
        }
    }
    Ok(())
}

/// The phones that contacts belong to.
async fn owners_are_there(writing: &mut Writing, effect: &Effect<'_>) -> Result<()> {
    let known = effect.contacts.values().flatten();
    let mut named = BTreeMap::new();
    for contact in effect.new_contacts.iter().chain(known) {
        if let Some(owner) = contact.owner {
            named.entry(owner).or_insert(*contact);
        }
    }
    named.retain(|mac, _| !matches!(effect.phones.get(mac), Some(Some(_))));
    for (mac, contact) in named {
        let there: bool = writing!(writing, c =>
            sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM phones WHERE mac = $1)")
                .bind(mac.to_string())
                .fetch_one(c)
                .await?);
        if !there {
            return Err(Error::Dangling { thing: phone_name(mac), by: contact_name(contact) });
        }
    }
    Ok(())
}

fn keys(layer: &Layer) -> impl Iterator<Item = (u16, &Number)> {
    layer.keys.iter().filter_map(|(button, key)| Some((*button, key.as_ref()?.line.as_ref()?)))
}

/// Groups that go must have no phones.
async fn nobody_needs_groups(writing: &mut Writing, effect: &Effect<'_>) -> Result<()> {
    for (key, _) in effect.groups.iter().filter(|(_, group)| group.is_none()) {
        let sql = match key.0 {
            GroupKind::Site => "SELECT min(mac), count(*) FROM phones WHERE site = $1",
            GroupKind::Profile => "SELECT min(mac), count(*) FROM phones WHERE profile = $1",
            // A series is there with its models; its group only says something about it.
            GroupKind::Series => continue,
        };
        let (first, count): (Option<String>, i64) =
            writing!(writing, c => sqlx::query_as(sql).bind(key.1).fetch_one(c).await?);
        if let Some(first) = first {
            return Err(Error::InUse {
                thing: group_name(*key),
                by: and_more(&format!("SEP{first}"), count),
            });
        }
    }
    Ok(())
}

/// Lines that go must have no keys.
async fn nobody_needs_lines(writing: &mut Writing, effect: &Effect<'_>) -> Result<()> {
    for (number, _) in effect.lines.iter().filter(|(_, line)| line.is_none()) {
        let keys: Vec<(String, String, i64)> = writing!(writing, c =>
            sqlx::query_as(
                "SELECT owner, name, CAST(button AS BIGINT) FROM keys WHERE line = $1 ORDER BY owner, name, button",
            )
            .bind(number.as_str())
            .fetch_all(c)
            .await?);
        if let Some((owner, name, button)) = keys.first() {
            let owner = if owner == "phone" { format!("SEP{name}") } else { format!("{owner} {name}") };
            let by = and_more(&format!("key {button} of {owner}"), keys.len() as i64);
            return Err(Error::InUse { thing: line_name(number), by });
        }
    }
    Ok(())
}

fn and_more(first: &str, count: i64) -> String {
    if count > 1 { format!("{first} and {} more", count - 1) } else { first.to_owned() }
}
