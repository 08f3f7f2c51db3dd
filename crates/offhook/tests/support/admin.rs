//! A server with an inventory of its own, of which only the admin listener serves.

use std::net::SocketAddr;
use std::sync::Arc;

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

pub struct Admin {
    pub address: SocketAddr,
    pub store: Store,
    pub folder: TempDir,
    stop: CancellationToken,
    _keeping: Option<Keeping>,
}

impl Admin {
    /// `trusted` is whether it has certificates; making them takes a while.
    pub async fn start(trusted: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Resolved { data_dir: folder.path().join("data"), ..Resolved::default() };
        config.document_root = folder.path().join("tftpboot");
        config.provisioning.server_name = Some("pbx.example.net".to_owned());
        config.listen.admin = Some(Listener::on([127, 0, 0, 1].into(), 0));
        std::fs::create_dir_all(&config.document_root).unwrap();
        std::fs::create_dir_all(&config.data_dir).unwrap();
        if trusted {
            Trust::first_start(&config, &server_names(&config), 1_790_000_000).unwrap();
        }
        let url = format!("sqlite://{}", config.data_dir.join("offhook.db").display());
        let store = Store::open_or_create(&url).await.unwrap();
        let inventory = Inventory::new(store.clone(), surroundings(&config));
        let bound = admin::bind(&config).unwrap().unwrap();
        let address = bound.local_addrs()[0];
        let directory = Directory::of(&config, Some(inventory.clone()), Asterisk::default());
        let (config, metrics) = (Live::new(config), Arc::new(Metrics::new()));
        let artifacts = Artifacts::with_inventory(config.clone(), metrics.clone(), Some(inventory));
        let timeline = Timeline::new(metrics.clone());
        let app = App { timeline, config, metrics, artifacts, directory, ..App::default() };
        let keeping = Keeping::begin(&app);
        let stop = CancellationToken::new();
        tokio::spawn(bound.serve(app, stop.clone()));
        Self { address, store, folder, stop, _keeping: keeping }
    }
}

impl Drop for Admin {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
