//! A server with an inventory of its own, of which only the admin listener serves.

use std::net::SocketAddr;
use std::sync::Arc;

use offhook::admin::api::token::{self, Scope};
use offhook::artifact::Artifacts;
use offhook::asterisk::Asterisk;
use offhook::config::{Listener, Live, Resolved};
use offhook::directory::Directory;
use offhook::inventory::{Inventory, surroundings};
use offhook::listener::{App, admin};
use offhook::metrics::Metrics;
use offhook::timeline::{Keeping, Timeline};
use offhook::trust::{Trust, server_names};
use store::Store;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::asking::{Ask, Reply};

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) store: Store,
    pub(crate) folder: TempDir,
    /// What a program of each scope shows.
    tokens: [String; 3],
    stop: CancellationToken,
    _keeping: Option<Keeping>,
}

impl Server {
    pub(crate) async fn new() -> Self {
        Self::start(false).await
    }

    /// The same with certificates.
    pub(crate) async fn trusted() -> Self {
        Self::start(true).await
    }

    async fn start(trusted: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Resolved { data_dir: folder.path().join("data"), ..Resolved::default() };
        config.document_root = folder.path().join("tftpboot");
        config.provisioning.server_name = Some("pbx.example.net".to_owned());
        config.listen.admin = Some(Listener::on([127, 0, 0, 1].into(), 0));
        std::fs::create_dir_all(&config.document_root).unwrap();
        std::fs::create_dir_all(&config.data_dir).unwrap();
        if trusted {
            Trust::first_start(&config, &server_names(&config), 1_750_000_000).unwrap();
        }
        let url = format!("sqlite://{}", config.data_dir.join("offhook.db").display());
        let store = Store::open_or_create(&url).await.unwrap();
        let inventory = Inventory::new(store.clone(), surroundings(&config));
        let bound = admin::bind(&config).unwrap().unwrap();
        let address = bound.local_addrs()[0];
        let directory = Directory::of(&config, Some(inventory.clone()), Asterisk::default());
        let (config, metrics) = (Live::new(config), Arc::new(Metrics::new()));
        let artifacts = Artifacts::with_inventory(config.clone(), metrics.clone(), Some(inventory));
        let app = App {
            timeline: Timeline::new(metrics.clone()),
            config,
            metrics,
            artifacts,
            directory,
            ..App::default()
        };
        let keeping = Keeping::begin(&app);
        let stop = CancellationToken::new();
        tokio::spawn(bound.serve(app, stop.clone()));
        let mut tokens = Vec::new();
        for scope in Scope::ALL {
            tokens.push(token::make(&store, scope.word(), scope, None).await.unwrap().shown);
        }
        Self { address, store, folder, tokens: tokens.try_into().unwrap(), stop, _keeping: keeping }
    }

    /// What a program of that scope shows: 0 reads, 1 operates, 2 administers.
    pub(crate) fn token(&self, scope: usize) -> &str {
        &self.tokens[scope]
    }

    /// A request of a program that may do everything.
    pub(crate) fn ask(&self, method: &str, path: &str) -> Ask {
        Ask::new(self.address, method, path).token(self.token(2))
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.ask("GET", path).send().await
    }

    /// What is there; it must be.
    pub(crate) async fn read(&self, path: &str) -> serde_json::Value {
        let reply = self.get(path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        reply.json()
    }

    pub(crate) async fn post(&self, path: &str, body: serde_json::Value) -> Reply {
        self.ask("POST", path).json(&body).send().await
    }

    pub(crate) async fn put(&self, path: &str, body: serde_json::Value) -> Reply {
        self.ask("PUT", path).json(&body).send().await
    }

    pub(crate) async fn patch(&self, path: &str, body: serde_json::Value) -> Reply {
        self.ask("PATCH", path).json(&body).send().await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.ask("DELETE", path).send().await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
