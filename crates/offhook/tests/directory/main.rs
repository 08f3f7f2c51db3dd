//! Somebody is looked up and dialled, and parked calls are picked up: contacts of the inventory and a real Asterisk behind it.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "../machine/mod.rs"]
mod machine;
#[path = "../pbx/mod.rs"]
mod pbx;
#[path = "../slapd/mod.rs"]
mod slapd;
#[path = "../support/mod.rs"]
mod support;
#[path = "../visitor/mod.rs"]
mod visitor;

mod contacts;
mod service;
mod telephony;

use std::net::SocketAddr;

use offhook::asterisk::Asterisk;
use offhook::directory::{Directory, Service};
use offhook::inventory::Inventory;
use offhook::listener::{App, services};
use provision::inventory::{Change, Contact, ContactNumber, NumberKind, Phone};
use provision::mac::Mac;
use provision::render::Surroundings;
use store::Store;
use support::Site;
use tokio_util::sync::CancellationToken;
use virtual_phone::services::Content;
use visitor::Visitor;

/// The phone that asks, and another.
const MINE: &str = "001122334455";
const ANOTHERS: &str = "001122334466";

/// A running server; its folder lives as long as it does.
struct Running {
    _site: Site,
    address: SocketAddr,
}

async fn serve_with(
    asterisk: Asterisk,
    ldap: Option<Service>,
    contacts: impl IntoIterator<Item = Contact>,
) -> Running {
    let site = Site::new();
    let url = format!("sqlite://{}", site.config.data_dir.join("offhook.db").display());
    let store = Store::open_or_create(&url).await.unwrap();
    let phones = [MINE, ANOTHERS].map(|mac| Change::PutPhone(Phone::new(mac.parse().unwrap(), None)));
    let changes = phones.into_iter().chain(contacts.into_iter().map(Change::PutContact));
    store.change(&changes.collect::<Vec<_>>()).await.unwrap();
    let inventory = Inventory::new(store, Surroundings::default());
    let directory = Directory::new(Some(inventory), asterisk.clone(), ldap);
    let app = App { asterisk, directory, ..site.app() };
    let bound = services::bind(&site.config).unwrap().unwrap();
    let address = bound.local_addrs()[0];
    tokio::spawn(bound.serve(app, CancellationToken::new()));
    Running { _site: site, address }
}

async fn serve(asterisk: Asterisk, contacts: impl IntoIterator<Item = Contact>) -> Running {
    serve_with(asterisk, None, contacts).await
}

fn contact(name: &str, numbers: &[(NumberKind, &str)], owner: Option<Mac>) -> Contact {
    let numbers =
        numbers.iter().map(|(kind, number)| ContactNumber { kind: *kind, number: (*number).to_owned() });
    Contact {
        id: 0,
        book: "company".to_owned(),
        owner,
        name: name.to_owned(),
        organisation: String::new(),
        numbers: numbers.collect(),
    }
}

fn people() -> Vec<Contact> {
    use NumberKind::{Mobile, Work};
    vec![
        contact("Anna Müller", &[(Work, "4711"), (Mobile, "0171 555")], None),
        contact("Bob <b> & Co", &[(Work, "4712")], None),
        contact("Жанна", &[(Work, "4713")], None),
        contact("Only mine", &[(Work, "4714")], Some(MINE.parse().unwrap())),
        contact("Only another's", &[(Work, "4715")], Some(ANOTHERS.parse().unwrap())),
    ]
}

fn listed(visitor: &Visitor) -> Vec<(String, String)> {
    match &visitor.browser.shown().unwrap().page.content {
        Content::Directory(entries) => entries.clone(),
        other => panic!("no directory: {other:?}"),
    }
}

async fn find(visitor: &mut Visitor, running: &Running, query: &str) -> Vec<(String, String)> {
    visitor.open(&format!("http://{}/directory/found?{query}", running.address)).await;
    listed(visitor)
}
