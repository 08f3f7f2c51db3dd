//! The list of one phone in the inventory: whose it is, what is in it, and changing it within its limits.

use std::net::IpAddr;

use provision::inventory::{Change, Contact, State};
use provision::mac::Mac;
use store::{ContactQuery, Page, Store};

use crate::services::{Ask, Fault};

/// As many as anybody's list may have; see `services.personal_contacts`.
const ALL: u32 = 1000;
/// Others may change something at the same moment; somebody is to be told when they do so without end.
const TIMES: usize = 20;

/// The phone whose list it is.
pub(super) async fn owner(ask: &Ask) -> Result<Mac, Fault> {
    if ask.app.config.load().services.personal_contacts == 0 {
        return Err(Fault::NotFound);
    }
    let Some(mac) = ask.asker.device else {
        return Err(Fault::Bad("This phone does not say which it is, so it has no list.".to_owned()));
    };
    let Some(inventory) = ask.app.artifacts.inventory() else { return Err(Fault::Nobody) };
    let phone = inventory.ask(|store| async move { store.phone(mac).await }).await.map_err(|_| away())?;
    match phone {
        Some(phone) if phone.state == State::Active => Ok(mac),
        _ => Err(Fault::Nobody),
    }
}

/// Anybody can say that they are that phone; whoever changes something must be where the phone was when it took its
/// configuration. A phone that moved takes it again.
pub(super) async fn may_change(ask: &Ask, owner: Mac) -> Result<(), Fault> {
    let Some(inventory) = ask.app.artifacts.inventory() else { return Err(Fault::Nobody) };
    let fetched =
        inventory.ask(|store| async move { store.fetched(owner).await }).await.map_err(|_| away())?;
    let here = ask.peer.ip().to_canonical();
    let there = fetched.and_then(|fetched| fetched.source.parse::<IpAddr>().ok());
    // A phone with both kinds of address may come by either.
    if there.is_some_and(|there| there != here && there.is_ipv4() == here.is_ipv4()) {
        tracing::warn!(phone = owner.device_name(), peer = %here, there = ?there, "a list is not changed from elsewhere");
        return Err(Fault::Bad("This phone has moved. Restart it, then try again.".to_owned()));
    }
    Ok(())
}

/// Its list, by name.
pub(super) async fn all(ask: &Ask, owner: Mac) -> Result<Vec<Contact>, Fault> {
    let Some(inventory) = ask.app.artifacts.inventory() else { return Err(Fault::Nobody) };
    let listed = inventory.ask(|store| async move { of(&store, owner).await }).await;
    listed.map_err(|_| away())
}

async fn of(store: &Store, owner: Mac) -> store::Result<Vec<Contact>> {
    let query = ContactQuery { only_of: Some(owner), ..ContactQuery::default() };
    Ok(store.contacts(&query, &Page::first(ALL)).await?.rows)
}

/// The contact that is asked for, if it is one of the phone's own.
pub(super) async fn asked(ask: &Ask) -> Result<Contact, Fault> {
    let owner = owner(ask).await?;
    let gone = || Fault::Bad("This entry is not there any more.".to_owned());
    let id = ask.number("id").and_then(|id| i64::try_from(id).ok()).ok_or_else(gone)?;
    let Some(inventory) = ask.app.artifacts.inventory() else { return Err(Fault::Nobody) };
    let found = inventory.ask(|store| async move { store.contact(id).await }).await.map_err(|_| away())?;
    found.filter(|contact| contact.owner == Some(owner)).ok_or_else(gone)
}

/// Puts a contact into the list; the inner error tells that the list is full.
pub(super) async fn put(ask: &Ask, owner: Mac, contact: Contact) -> Result<Result<(), String>, Fault> {
    let most = ask.app.config.load().services.personal_contacts;
    ask.app.services.contacts().allows(owner)?;
    let Some(inventory) = ask.app.artifacts.inventory() else { return Err(Fault::Nobody) };
    for _ in 0..TIMES {
        let contact = contact.clone();
        let done = inventory.ask(|store| async move { add(&store, owner, contact, most).await }).await;
        match done.map_err(|_| away())? {
            Done::Kept => return Ok(Ok(())),
            Done::Full => {
                return Ok(Err(format!("Your list is full: it holds {most}. Remove somebody first.")));
            }
            Done::Gone => return Err(Fault::Bad("This entry is not there any more.".to_owned())),
            Done::Overtaken => {}
        }
    }
    Err(Fault::Busy)
}

/// What became of a change.
enum Done {
    Kept,
    Full,
    Gone,
    Overtaken,
}

async fn add(store: &Store, owner: Mac, contact: Contact, most: u32) -> store::Result<Done> {
    // Counted and put at one number of the inventory: two at once do not slip in together.
    let read_at = store.current_generation().await?;
    let there = of(store, owner).await?;
    if contact.id == 0 && there.len() >= most as usize {
        return Ok(Done::Full);
    }
    if contact.id != 0 && there.iter().all(|one| one.id != contact.id) {
        return Ok(Done::Gone);
    }
    let store = store.by(&format!("phone {}", owner.device_name()));
    changed(store.change_since(read_at, &[Change::PutContact(contact)]).await)
}

/// Takes a contact out of the list.
pub(super) async fn take_away(ask: &Ask, owner: Mac, id: i64) -> Result<(), Fault> {
    ask.app.services.contacts().allows(owner)?;
    let Some(inventory) = ask.app.artifacts.inventory() else { return Err(Fault::Nobody) };
    for _ in 0..TIMES {
        let done = inventory.ask(|store| async move {
            let read_at = store.current_generation().await?;
            let is_there = of(&store, owner).await?.iter().any(|one| one.id == id);
            if !is_there {
                return Ok(Done::Gone);
            }
            let store = store.by(&format!("phone {}", owner.device_name()));
            changed(store.change_since(read_at, &[Change::RemoveContact(id)]).await)
        });
        // One that is gone already is where it should be.
        if !matches!(done.await.map_err(|_| away())?, Done::Overtaken) {
            return Ok(());
        }
    }
    Err(Fault::Busy)
}

fn changed(answer: store::Result<u64>) -> store::Result<Done> {
    match answer {
        Ok(_) => Ok(Done::Kept),
        Err(store::Error::Overtaken) => Ok(Done::Overtaken),
        // The phone or the entry was taken away at this moment.
        Err(store::Error::NoSuch(_) | store::Error::Dangling { .. }) => Ok(Done::Gone),
        Err(error) => Err(error),
    }
}

fn away() -> Fault {
    Fault::Away("the inventory".to_owned())
}
