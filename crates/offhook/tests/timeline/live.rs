//! What is told live, and over the API: only to those who may look, to each of them once, and to nobody who does not read.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use offhook::admin::access::Role;
use offhook::admin::api::token::{self, Scope};
use offhook::admin::people;
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

use crate::visitor::Visitor;

/// Only ends a test that hangs.
const PATIENCE: Duration = Duration::from_secs(60);

const PASSWORD: &str = "lange Leitung 7";

struct Server {
    _folder: TempDir,
    app: App,
    admin: SocketAddr,
    files: SocketAddr,
    token: String,
    keeping: Option<Keeping>,
    stop: CancellationToken,
}

async fn server() -> Server {
    begun(|app| {
        let keeping = Keeping::begin(app).unwrap();
        assert!(Keeping::begin(app).is_none(), "one is enough");
        Some(keeping)
    })
    .await
}

/// A server whose timeline is kept by whoever `keep` gives.
async fn begun(keep: impl FnOnce(&App) -> Option<Keeping>) -> Server {
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
    let keeping = keep(&app);
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

    /// Listens in a browser.
    async fn watch(&self, browser: &Visitor, query: &str) -> Client {
        let cookies: Vec<_> = browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let headers = format!("Accept: text/event-stream\r\nCookie: {}\r\n", cookies.join("; "));
        self.ask(&format!("/live/events{query}"), &headers).await
    }

    /// A browser in which somebody is logged in who may look and nothing else.
    async fn browser(&self) -> Visitor {
        if !self.store().has_users().await.unwrap() {
            let viewer = people::newcomer("viewer".to_owned(), Role::Viewer, people::now());
            let user = store::User { password: people::hash(PASSWORD).await, ..viewer };
            self.store().add_user(&user).await.unwrap();
        }
        let mut visitor = Visitor::at(self.admin);
        let answer = visitor.fill("/login", &[("name", "viewer"), ("password", PASSWORD)]).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        visitor
    }

    fn store(&self) -> &Store {
        self.app.artifacts.inventory().unwrap().store()
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

    /// Reads to the end of the answer; the connection may go on.
    async fn end(mut self) -> String {
        let reading = async {
            let mut piece = [0; 65_536];
            while !self.heard.ends_with("\r\n0\r\n\r\n") {
                match self.stream.read(&mut piece).await {
                    Ok(len) if len > 0 => self.heard.push_str(&String::from_utf8_lossy(&piece[..len])),
                    _ => break,
                }
            }
        };
        tokio::time::timeout(PATIENCE, reading).await.unwrap();
        self.heard
    }
}

/// Something long that happened.
fn event(number: u32) -> provision::timeline::Event {
    provision::timeline::Event {
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
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_transfer_waits_for_what_is_kept_of_it() {
    // Nobody takes anything out of the queue: as if the database never answered.
    let server = begun(|_| None).await;
    let lost = || {
        let text = server.app.metrics.encode();
        let line = text.lines().find_map(|line| {
            line.strip_prefix("offhook_events_dropped_total{reason=\"queue_full\"} ").map(str::to_owned)
        });
        line.unwrap().parse::<u64>().unwrap()
    };
    let mut put = 0;
    while lost() == 0 {
        (0..1000).for_each(|number| server.app.timeline.put(event(put + number)));
        put += 1000;
        assert!(put < 1_000_000, "the queue has an end");
    }
    let before = lost();
    for _ in 0..20 {
        tokio::time::timeout(PATIENCE, server.fetch("CTLSEP020000000001.tlv")).await.unwrap();
        tokio::time::timeout(PATIENCE, server.fetch("ITLFile.tlv")).await.unwrap();
    }
    assert!(lost() > before, "what is forgotten is counted");
    server.stop.cancel();
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
    server.keeping.unwrap().finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_hears_what_phones_do_until_somebody_logs_out() {
    let server = server().await;
    let (mut one, two) = (server.browser().await, server.browser().await);
    let mut all = server.watch(&one, "").await;
    let mut other = server.watch(&two, "").await;
    let mut of_phone = server.watch(&two, "?phone=SEP020000000002").await;
    for stream in [&mut all, &mut other, &mut of_phone] {
        let head = stream.until("retry:").await.to_lowercase();
        assert!(head.starts_with("http/1.1 200") && head.contains("text/event-stream"), "{head}");
    }
    server.fetch("SEP020000000001.cnf.xml").await;
    server.fetch("SEP020000000002.cnf.xml").await;
    for stream in [&mut all, &mut other] {
        stream.until("SEP020000000002.cnf.xml").await;
        assert!(stream.heard.contains("SEP020000000001.cnf.xml"), "{}", stream.heard);
    }
    let heard = of_phone.until("SEP020000000002.cnf.xml").await;
    assert!(!heard.contains("SEP020000000001"), "{heard}");
    // Whoever logs out hears no more, and that is nobody else's business.
    let cookies = one.cookies.clone();
    assert_eq!(one.post("/logout", &[]).await.status, 303);
    let heard = all.end().await;
    server.fetch("SEP020000000003.cnf.xml").await;
    assert!(!heard.contains("SEP020000000003"), "{heard}");
    other.until("SEP020000000003.cnf.xml").await;
    // Nor does somebody with the cookie of before.
    one.cookies = cookies;
    let mut again = server.watch(&one, "").await;
    assert!(again.until("\r\n").await.starts_with("HTTP/1.1 401"), "{}", again.heard);
    // An administrator ends it, or a user is no more.
    server.store().end_sessions("viewer").await.unwrap();
    other.end().await;
    of_phone.end().await;
    server.keeping.unwrap().finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_hears_no_more_when_its_token_is_revoked() {
    let server = server().await;
    let mut program = server.listen("").await;
    program.until("retry:").await;
    server.store().remove_token("reader").await.unwrap();
    program.end().await;
    server.keeping.unwrap().finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_read_is_cut_off_and_slows_nobody() {
    let server = server().await;
    let browser = server.browser().await;
    let (mut slow, mut quick) = (server.watch(&browser, "").await, server.listen("").await);
    assert!(slow.until("retry:").await.starts_with("HTTP/1.1 200"));
    quick.until("retry:").await;
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
    server.keeping.unwrap().finish().await;
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
    server.keeping.unwrap().finish().await;
}
