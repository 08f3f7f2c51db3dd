//! What layers say about pages: menus, books and notices of a profile; and the contacts that a user keeps on the phone.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "../machine/mod.rs"]
mod machine;
#[path = "../support/mod.rs"]
mod support;
#[path = "../visitor/mod.rs"]
mod visitor;

mod chosen;
mod contacts;

use std::net::SocketAddr;
use std::sync::Arc;

use machine::Machine;
use offhook::artifact::Artifacts;
use offhook::asterisk::Asterisk;
use offhook::config::{Live, Resolved};
use offhook::directory::Directory;
use offhook::inventory::Inventory;
use offhook::listener::{App, services};
use provision::render::Surroundings;
use store::{ContactQuery, Page, Store};
use support::{Site, get};
use tokio_util::sync::CancellationToken;

const MINE: &str = "SEP001122334455";

struct Running {
    machine: Machine,
    _site: Site,
    address: SocketAddr,
    store: Store,
}

/// A machine with the phone in the profile `desk`, and a server beside the commands.
async fn serve(change: impl FnOnce(&mut Resolved)) -> Running {
    let machine = Machine::empty();
    machine.ok("profile add desk");
    machine.ok(&format!("phone add {MINE} --model 8845 --profile desk"));
    let mut site = Site::new();
    site.config.data_dir = machine.path("data");
    change(&mut site.config);
    let url = format!("sqlite://{}", site.config.data_dir.join("offhook.db").display());
    let store = Store::open_or_create(&url).await.unwrap();
    let config = Live::new(site.config.clone());
    let inventory = Inventory::new(store.clone(), Surroundings::default());
    let directory = Directory::new(Some(inventory.clone()), Asterisk::default(), None);
    let metrics = Arc::default();
    let artifacts = Artifacts::with_inventory(config.clone(), Arc::clone(&metrics), Some(inventory));
    let app = App { config, artifacts, metrics, directory, ..App::default() };
    let bound = services::bind(&site.config).unwrap().unwrap();
    let address = bound.local_addrs()[0];
    tokio::spawn(bound.serve(app, CancellationToken::new()));
    Running { machine, _site: site, address, store }
}

impl Running {
    async fn page(&self, path: &str, phone: &str) -> String {
        get(self.address, &format!("{path}?name={phone}")).await.text()
    }

    fn at(&self, path: &str) -> String {
        format!("http://{}{path}?name={MINE}", self.address)
    }

    async fn personal(&self) -> Vec<(String, Vec<String>)> {
        let query = ContactQuery { any_owner: true, ..ContactQuery::default() };
        let listed = self.store.contacts(&query, &Page::first(1000)).await.unwrap();
        let one = |contact: provision::inventory::Contact| {
            (contact.name, contact.numbers.into_iter().map(|number| number.number).collect())
        };
        listed.rows.into_iter().filter(|contact| contact.owner.is_some()).map(one).collect()
    }
}
