//! A site of its own for each test: folders, listeners on free ports, and a client that says exactly what it is told.
#![expect(clippy::unwrap_used, reason = "tests")]
#![allow(dead_code, unreachable_pub, reason = "each test file uses what it needs")]

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use offhook::artifact::Artifacts;
use offhook::config::{Listener, Live, Resolved};
use offhook::listener::{App, provisioning};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

pub mod admin;

/// Only ends a test that hangs.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// A document root and the settings of a server for it.
pub struct Site {
    folder: TempDir,
    database: Option<String>,
    pub config: Resolved,
}

impl Site {
    /// An empty site that listens on free ports of both loopback addresses.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Resolved { data_dir: folder.path().join("data"), ..Resolved::default() };
        config.document_root = folder.path().join("tftpboot");
        fs::create_dir_all(&config.document_root).unwrap();
        fs::create_dir_all(&config.data_dir).unwrap();
        let both = || Some(Listener { addresses: loopback(), allow: Vec::new() });
        config.listen.tftp = both();
        config.listen.provisioning = both();
        config.listen.secure_provisioning = both();
        config.listen.services = both();
        config.listen.secure_services = both();
        config.listen.tvs = both();
        config.listen.capf = both();
        config.listen.admin = both();
        Self { folder, database: None, config }
    }

    /// A folder beside the document root.
    pub fn outside(&self) -> &Path {
        self.folder.path()
    }

    /// Where `name` is in the document root.
    pub fn path(&self, name: &str) -> PathBuf {
        self.config.document_root.join(name)
    }

    /// Puts a file into the document root.
    pub fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// The files of this site.
    pub fn app(&self) -> App {
        let config = Live::new(self.config.clone());
        let metrics = std::sync::Arc::default();
        let artifacts = Artifacts::new(config.clone(), std::sync::Arc::clone(&metrics));
        App { config, artifacts, metrics, ..App::default() }
    }

    /// The same with an inventory, which is in the data directory.
    pub async fn app_with_inventory(&self) -> App {
        let store = store::Store::open_or_create(&self.database()).await.unwrap();
        let inventory =
            offhook::inventory::Inventory::new(store, offhook::inventory::surroundings(&self.config));
        let App { config, metrics, .. } = self.app();
        let artifacts = Artifacts::with_inventory(config.clone(), metrics.clone(), Some(inventory));
        App { config, artifacts, metrics, ..App::default() }
    }

    /// The URL of that inventory's database.
    pub fn database(&self) -> String {
        let own = || format!("sqlite://{}", self.config.data_dir.join("offhook.db").display());
        self.database.clone().unwrap_or_else(own)
    }

    /// Lets that inventory be the one in another database.
    pub fn keep_inventory_at(&mut self, url: String) {
        self.database = Some(url);
    }

    /// Serves this site over HTTP until the result is dropped.
    pub fn serve_http(&self) -> Http {
        let bound = provisioning::bind(&self.config).unwrap().unwrap();
        let addresses = bound.local_addrs();
        let stop = CancellationToken::new();
        let app = self.app();
        let task = tokio::spawn(bound.serve(app.clone(), stop.clone()));
        Http { four: addresses[0], six: addresses[1], app, stop, task }
    }
}

fn loopback() -> Vec<SocketAddr> {
    vec!["127.0.0.1:0".parse().unwrap(), "[::1]:0".parse().unwrap()]
}

/// A running HTTP listener.
pub struct Http {
    pub four: SocketAddr,
    pub six: SocketAddr,
    pub app: App,
    pub stop: CancellationToken,
    pub task: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Http {
    /// Asks for `target` as a phone does and gives the whole answer.
    pub async fn get(&self, target: &str) -> Reply {
        get(self.four, target).await
    }
}

/// What came back: status line, headers, body.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Reply {
    /// The value of a header, by its exact letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// One request on one connection, in the words of a phone: `Host:` without a space and nothing else.
pub async fn get(server: SocketAddr, target: &str) -> Reply {
    let mut stream = TcpStream::connect(server).await.unwrap();
    let request = format!("GET {target} HTTP/1.1\r\nHost:{server}\r\n\r\n");
    say(&mut stream, request.as_bytes()).await
}

/// Writes `request` and reads one answer.
pub async fn say(stream: &mut TcpStream, request: &[u8]) -> Reply {
    stream.write_all(request).await.unwrap();
    hear(stream, !request.starts_with(b"HEAD")).await
}

/// Reads one answer.
pub async fn hear(stream: &mut TcpStream, with_body: bool) -> Reply {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        assert!(head.len() < 10_000, "no end of the head");
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let mut reply = Reply { status, head, body: Vec::new() };
    if with_body && status != 304 {
        let length: usize = reply.header("Content-Length").expect("answers have a length").parse().unwrap();
        reply.body = vec![0; length];
        stream.read_exact(&mut reply.body).await.unwrap();
    }
    reply
}

/// What is on record of a phone that took its configuration, but not from here.
pub fn fetched_elsewhere(phone: &str) -> store::Fetched {
    store::Fetched {
        mac: phone.parse().unwrap(),
        stamp: String::new(),
        fingerprint: vec![],
        at: 1,
        transport: "http".into(),
        source: "192.0.2.77".into(),
    }
}

/// Asks again until it is so: what a server does beside its answers may take a moment.
pub async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let asking = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.unwrap_or_else(|_| panic!("never so: {what}"));
}
