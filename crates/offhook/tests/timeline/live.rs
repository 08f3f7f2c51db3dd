//! What is told live, and over the API: only to those who may look, to each of them once, and to nobody who does not read.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use offhook::admin::api::token::{self, Scope};
use offhook::artifact::Artifacts;
use offhook::config::{Listener, Live, Resolved};
use offhook::inventory::{Inventory, surroundings};
use offhook::lifecycle::Readiness;
use offhook::listener::{App, admin, provisioning};
use offhook::metrics::Metrics;
use offhook::timeline::{Keeping, Timeline};
use store::Store;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

/// Only ends a test that hangs.
const PATIENCE: Duration = Duration::from_secs(60);

struct Server {
    _folder: TempDir,
    app: App,
    admin: SocketAddr,
    files: SocketAddr,
    token: String,
    keeping: Keeping,
    stop: CancellationToken,
}

async fn server() -> Server {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Resolved { data_dir: folder.path().join("data"), ..Resolved::default() };
    config.document_root = folder.path().join("tftpboot");
    std::fs::create_dir_all(&config.document_root).unwrap();
    std::fs::create_dir_all(&config.data_dir).unwrap();
    config.listen.admin = Some(Listener::on([127, 0, 0, 1].into(), 0));
    config.listen.provisioning = Some(Listener::on([127, 0, 0, 1].into(), 0));
    let url = format!("sqlite://{}", folder.path().join("data/offhook.db").display());
    let store = Store::open_or_create(&url).await.unwrap();
    let token = token::make(&store, "reader", Scope::ALL[0], None).await.unwrap().shown;
    let inventory = Inventory::new(store, surroundings(&config));
    let (looking, giving) =
        (admin::bind(&config).unwrap().unwrap(), provisioning::bind(&config).unwrap().unwrap());
    let (admin, files) = (looking.local_addrs()[0], giving.local_addrs()[0]);
    let (config, metrics) = (Live::new(config), Arc::new(Metrics::new()));
    let artifacts = Artifacts::with_inventory(config.clone(), metrics.clone(), Some(inventory));
    let readiness = Readiness::default();
    readiness.set(true);
    let timeline = Timeline::new(metrics.clone());
    let app = App { config, metrics, artifacts, readiness, timeline, ..App::default() };
    let keeping = Keeping::begin(&app).unwrap();
    assert!(Keeping::begin(&app).is_none(), "one is enough");
    let stop = CancellationToken::new();
    tokio::spawn(looking.serve(app.clone(), stop.clone()));
    tokio::spawn(giving.serve(app.clone(), stop.clone()));
    Server { _folder: folder, app, admin, files, token, keeping, stop }
}

impl Server {
    /// Asks the admin listener; gives the stream and what came first.
    async fn ask(&self, target: &str, headers: &str) -> Client {
        let mut stream = TcpStream::connect(self.admin).await.unwrap();
        let request = format!("GET {target} HTTP/1.1\r\nHost: {}\r\n{headers}\r\n", self.admin);
        stream.write_all(request.as_bytes()).await.unwrap();
        Client { stream, heard: String::new() }
    }

    async fn listen(&self, more: &str) -> Client {
        let headers = format!("Authorization: Bearer {}\r\n{more}", self.token);
        self.ask("/api/v1/events", &headers).await
    }

    async fn fetch(&self, name: &str) {
        let mut stream = TcpStream::connect(self.files).await.unwrap();
        let request = format!("GET /{name} HTTP/1.1\r\nHost:{}\r\nConnection: close\r\n\r\n", self.files);
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut all = Vec::new();
        let _ = stream.read_to_end(&mut all).await;
    }
}

struct Client {
    stream: TcpStream,
    heard: String,
}

impl Client {
    /// Reads until that text came; what was heard so far.
    async fn until(&mut self, text: &str) -> &str {
        let reading = async {
            let mut piece = [0; 4096];
            while !self.heard.contains(text) {
                let len = self.stream.read(&mut piece).await.unwrap();
                assert!(len > 0, "{text} never came: {}", self.heard);
                self.heard.push_str(&String::from_utf8_lossy(&piece[..len]));
            }
        };
        tokio::time::timeout(PATIENCE, reading).await.unwrap();
        &self.heard
    }

    /// Reads to the end.
    async fn end(mut self) -> String {
        let mut rest = Vec::new();
        let _ = tokio::time::timeout(PATIENCE, self.stream.read_to_end(&mut rest)).await.unwrap();
        self.heard + &String::from_utf8_lossy(&rest)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_look_hears_what_phones_do() {
    let server = server().await;
    for (path, headers) in [
        ("/live/events", ""),
        ("/api/v1/events", ""),
        ("/api/v1/events", "Authorization: Bearer nonsense\r\n"),
    ] {
        let mut refused = server.ask(path, headers).await;
        let head = refused.until("\r\n").await;
        assert!(!head.starts_with("HTTP/1.1 200"), "{head}");
    }
    let mut one = server.listen("").await;
    let head = one.until("retry:").await.to_lowercase();
    assert!(head.contains("text/event-stream") && head.contains("no-store"), "{head}");
    server.fetch("CTLSEP020000000001.tlv").await;
    server.fetch("SEP020000000001.cnf.xml").await;
    let heard = one.until("SEP020000000001.cnf.xml").await;
    assert!(heard.contains("event: event\ndata: {") && heard.contains("\"normal_miss\""), "{heard}");
    // And the verdict that comes of it.
    let heard = one.until("event: verdict").await.to_owned();
    // Somebody who comes back is told what was missed, and no more.
    let first = heard.split("id: ").nth(1).unwrap().lines().next().unwrap();
    let mut two = server.listen(&format!("Last-Event-ID: {first}\r\n")).await;
    let again = two.until("SEP020000000001.cnf.xml").await;
    assert!(!again.contains("CTLSEP020000000001.tlv") && !again.contains("event: gap"), "{again}");
    let mut three = server.listen("Last-Event-ID: 12-34\r\n").await;
    three.until("event: gap").await;
    // The end of the server is the end of the stream: nobody is waited for.
    server.app.readiness.set(false);
    one.end().await;
    server.stop.cancel();
    server.keeping.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_read_is_cut_off_and_slows_nobody() {
    let server = server().await;
    let slow = server.listen("").await;
    let mut quick = server.listen("").await;
    quick.until("retry:").await;
    let event = |number: u32| provision::timeline::Event {
        at: i64::from(number),
        phone: None,
        known_by: provision::timeline::KnownBy::Nothing,
        address: [192, 0, 2, 1].into(),
        via: provision::timeline::Via::Http,
        what: provision::timeline::What::File,
        name: format!("{}-{number}.png", "x".repeat(900)),
        outcome: provision::timeline::Outcome::Sent,
        reason: String::new(),
        bytes: 0,
        took: 0,
        agent: String::new(),
    };
    // More than the sockets and the queue of one client hold.
    for number in 0..20_000 {
        server.app.timeline.put(event(number));
        if number % 50 == 0 {
            server.app.timeline.flush().await;
            quick.until(&format!("-{number}.png")).await;
            quick.heard.clear();
        }
    }
    let heard = slow.end().await;
    assert!(!heard.contains("-19999.png"), "it was cut off");
    server.keeping.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_tells_the_same() {
    let server = server().await;
    server.fetch("CTLSEP020000000001.tlv").await;
    server.fetch("ITLFile.tlv").await;
    let bearer = format!("Authorization: Bearer {}\r\nConnection: close\r\n", server.token);
    let read = async |path: &str| {
        let answer = server.ask(&format!("/api/v1{path}"), &bearer).await.end().await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        serde_json::from_str::<serde_json::Value>(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    };
    let timeline = read("/phones/SEP020000000001/timeline").await;
    let events = timeline["boots"][0]["events"].as_array().unwrap();
    assert_eq!((events.len(), &events[1]["known_by"]), (2, &"address".into()), "{timeline:#}");
    let verdict = read("/phones/SEP020000000001/verdict").await;
    assert_eq!(verdict["verdict"], "unheard", "{verdict:#}");
    let counts = read("/verdicts").await;
    assert_eq!(counts["items"].as_array().unwrap().len(), provision::timeline::RULES.len());
    server.keeping.finish().await;
}
