//! Everything that is there, for imports: a file may speak of any of it.

use provision::exchange::Known;
use provision::inventory::{Contact, GroupKind};
use store::{Page, Store};

/// So many phones or lines are asked for at a time.
const PORTION: u32 = 1000;

/// Everything that an import of phones is held against; `told` hears how many things were read. A line of a file may be one
/// of a phone that is not in it, so all of them are needed.
pub async fn phones(store: &Store, told: impl Fn(u64)) -> store::Result<Known> {
    let mut known = Known::default();
    loop {
        let after = known.phones.keys().next_back().copied();
        let phones = store.phones_after(after, PORTION).await?;
        if phones.is_empty() {
            break;
        }
        told(phones.len() as u64);
        known.phones.extend(phones.into_iter().map(|phone| (phone.mac, phone)));
    }
    let mut page = Page::first(PORTION);
    loop {
        let lines = store.lines(None, &page).await?.rows;
        let Some(last) = lines.last() else { break };
        page = Page::after(last.number.clone(), PORTION);
        told(lines.len() as u64);
        known.lines.extend(lines.into_iter().map(|line| (line.number.clone(), line)));
    }
    let names = async |kind| -> store::Result<_> {
        Ok(store.groups(kind).await?.into_iter().map(|group| group.name).collect())
    };
    known.sites = names(GroupKind::Site).await?;
    known.profiles = names(GroupKind::Profile).await?;
    Ok(known)
}

/// Every contact that is there.
pub async fn contacts(store: &Store) -> store::Result<Vec<Contact>> {
    let mut known: Vec<Contact> = Vec::new();
    loop {
        let after = known.last().map_or(i64::MIN, |contact| contact.id);
        let some = store.contacts_after(after, PORTION).await?;
        if some.is_empty() {
            return Ok(known);
        }
        known.extend(some);
    }
}
