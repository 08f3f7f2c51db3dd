//! Taking away what shall be gone.

use provision::inventory::GroupKind;

use super::effect::{Effect, contact_number, document_name, group_name, line_name, phone_name};
use crate::database::Writing;
use crate::{Error, Result};

/// What must be there to be taken away.
fn gone(rows: u64, name: impl FnOnce() -> String) -> Result<()> {
    if rows == 0 { Err(Error::NoSuch(name())) } else { Ok(()) }
}

pub(super) async fn all(writing: &mut Writing, effect: &Effect<'_>) -> Result<()> {
    for (mac, _) in effect.phones.iter().filter(|(_, phone)| phone.is_none()) {
        let digits = mac.to_string();
        let rows = writing!(writing, c => {
            sqlx::query("DELETE FROM keys WHERE owner = 'phone' AND name = $1").bind(&digits).execute(&mut *c).await?;
            sqlx::query("DELETE FROM phones WHERE mac = $1").bind(&digits).execute(c).await?.rows_affected()
        });
        gone(rows, || phone_name(*mac))?;
    }
    for (number, _) in effect.lines.iter().filter(|(_, line)| line.is_none()) {
        let rows = writing!(writing, c =>
            sqlx::query("DELETE FROM lines WHERE number = $1").bind(number.as_str()).execute(c).await?.rows_affected());
        gone(rows, || line_name(number))?;
    }
    for (key, _) in effect.groups.iter().filter(|(_, group)| group.is_none()) {
        gone(group(writing, *key).await?, || group_name(*key))?;
    }
    for (name, _) in effect.documents.iter().filter(|(_, document)| document.is_none()) {
        let rows = writing!(writing, c =>
            sqlx::query("DELETE FROM documents WHERE name = $1").bind(*name).execute(c).await?.rows_affected());
        gone(rows, || document_name(name))?;
    }
    for (id, _) in effect.contacts.iter().filter(|(_, contact)| contact.is_none()) {
        let rows = writing!(writing, c =>
            sqlx::query("DELETE FROM contacts WHERE id = $1").bind(*id).execute(c).await?.rows_affected());
        gone(rows, || contact_number(*id))?;
    }
    Ok(())
}

async fn group(writing: &mut Writing, (kind, name): (GroupKind, &str)) -> Result<u64> {
    Ok(writing!(writing, c => {
        sqlx::query("DELETE FROM keys WHERE owner = $1 AND name = $2")
            .bind(kind.word())
            .bind(name)
            .execute(&mut *c)
            .await?;
        sqlx::query("DELETE FROM groups WHERE kind = $1 AND name = $2")
            .bind(kind.word())
            .bind(name)
            .execute(c)
            .await?
            .rows_affected()
    }))
}
