//! A page of its own for each test: an inventory, a listener on a free port, users with passwords.

use std::net::SocketAddr;
use std::sync::Arc;

use offhook::admin::access::Role;
use offhook::admin::people;
use offhook::artifact::Artifacts;
use offhook::config::Live;
use offhook::inventory::{self, Inventory};
use offhook::listener::{App, admin};
use store::Store;
use tokio_util::sync::CancellationToken;

use crate::support;
use crate::visitor::Visitor;

/// The password of every user of these tests.
pub(crate) const PASSWORD: &str = "lange Leitung 7";

pub(crate) struct Site {
    _files: support::Site,
    pub(crate) store: Store,
    pub(crate) address: SocketAddr,
    stop: CancellationToken,
}

impl Site {
    /// An empty inventory, nobody in it.
    pub(crate) async fn empty() -> Self {
        let files = support::Site::new();
        let url = format!("sqlite://{}", files.outside().join("offhook.db").display());
        let store = Store::open_or_create(&url).await.unwrap();
        let config = Live::new(files.config.clone());
        let kept = Inventory::new(store.clone(), inventory::surroundings(&files.config));
        let metrics = Arc::default();
        let artifacts = Artifacts::with_inventory(config.clone(), Arc::clone(&metrics), Some(kept));
        let app = App { config, artifacts, metrics, ..App::default() };
        let bound = admin::bind(&files.config).unwrap().unwrap();
        let address = bound.local_addrs()[0];
        let stop = CancellationToken::new();
        tokio::spawn(bound.serve(app, stop.clone()));
        Self { _files: files, store, address, stop }
    }

    /// With a user of each role, named as the role.
    pub(crate) async fn new() -> Self {
        let site = Self::empty().await;
        let hash = people::hash(PASSWORD).await;
        for role in Role::ALL {
            let user = people::newcomer(role.word().to_owned(), role, people::now());
            site.store.add_user(&store::User { password: hash.clone(), ..user }).await.unwrap();
        }
        site
    }

    /// A browser that was never here.
    pub(crate) fn visitor(&self) -> Visitor {
        Visitor::at(self.address)
    }

    /// A browser in which the user of that role is logged in.
    pub(crate) async fn logged_in(&self, role: Role) -> Visitor {
        let mut visitor = self.visitor();
        let answer = visitor.fill("/login", &[("name", role.word()), ("password", PASSWORD)]).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        visitor
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
