//! A server's files over an inventory of its own, on either database, without any socket.

use std::net::IpAddr;
use std::sync::Arc;

use offhook::artifact::{Artifacts, File, How, Reason, Transport};
use offhook::config::{Live, Resolved};
use offhook::inventory::{Inventory, surroundings};
use offhook::metrics::Metrics;
use offhook::trust::{Trust, server_names};
use provision::inventory::{Change, Key, Line, Name, Number, Phone};
use provision::mac::Mac;
use provision::models;
use store::Store;
use tempfile::TempDir;

use crate::postgres;

/// Where the inventory is kept.
#[derive(Clone, Copy)]
pub(crate) enum Kept {
    Sqlite,
    Postgres,
}

/// A data directory, and the database that goes with it.
pub(crate) struct Site {
    _folder: TempDir,
    pub(crate) config: Resolved,
    pub(crate) url: String,
}

/// One server of a site.
pub(crate) struct Server {
    pub(crate) files: Artifacts,
    pub(crate) store: Store,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) config: Live,
}

/// Runs each test on both databases.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                Box::pin(super::$name($crate::site::Site::new($crate::site::Kept::Sqlite))).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                Box::pin(super::$name($crate::site::Site::new($crate::site::Kept::Postgres))).await;
            })+
        }
    };
}
pub(crate) use on_both;

impl Site {
    pub(crate) fn new(kept: Kept) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Resolved { data_dir: folder.path().join("data"), ..Resolved::default() };
        config.document_root = folder.path().join("tftpboot");
        config.provisioning.server_name = Some("provision.example.net".to_owned());
        std::fs::create_dir_all(&config.document_root).unwrap();
        std::fs::create_dir_all(&config.data_dir).unwrap();
        Trust::first_start(&config, &server_names(&config), 1_750_000_000).unwrap();
        let url = match kept {
            Kept::Sqlite => format!("sqlite://{}", config.data_dir.join("offhook.db").display()),
            Kept::Postgres => postgres::database(),
        };
        Self { _folder: folder, config, url }
    }

    /// Another connection to the database, as another process has it.
    pub(crate) async fn store(&self) -> Store {
        Store::open_or_create(&self.url).await.unwrap()
    }

    pub(crate) async fn server(&self) -> Server {
        let (config, metrics) = (Live::new(self.config.clone()), Arc::new(Metrics::new()));
        let store = self.store().await;
        let inventory = Inventory::new(store.clone(), surroundings(&self.config));
        let files = Artifacts::with_inventory(config.clone(), metrics.clone(), Some(inventory));
        Server { files, store, metrics, config }
    }

    /// Puts a file into the document root.
    pub(crate) fn put(&self, name: &str, text: &str) {
        let path = self.config.document_root.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

impl Server {
    /// The file over HTTP, from a phone at 192.0.2.9.
    pub(crate) async fn get(&self, name: &str) -> Result<Arc<File>, Reason> {
        self.get_from(name, "192.0.2.9").await
    }

    pub(crate) async fn get_from(&self, name: &str, peer: &str) -> Result<Arc<File>, Reason> {
        let peer: IpAddr = peer.parse().unwrap();
        self.files.fetch(name.as_bytes(), peer, Transport::Http).await.map_err(|refusal| refusal.reason)
    }

    pub(crate) async fn text(&self, name: &str) -> String {
        let file = self.get(name).await.unwrap();
        assert_eq!(file.how, How::Made);
        String::from_utf8(file.bytes.to_vec()).unwrap()
    }
}

pub(crate) fn mac(last: u8) -> Mac {
    Mac::new([2, 0, 0, 0, 0, last])
}

pub(crate) fn number(text: &str) -> Number {
    text.parse().unwrap()
}

/// An 8845 with one line, under that label.
pub(crate) fn phone(last: u8, label: &str) -> [Change; 2] {
    let number = number(&format!("10{last:02}"));
    let mut line = Line::new(number.clone());
    line.settings.set(Name::new("label").unwrap(), label);
    let mut phone = Phone::new(mac(last), models::find("8845"));
    phone.layer.keys.insert(1, Some(Key::line(number)));
    [Change::PutLine(line), Change::PutPhone(phone)]
}
