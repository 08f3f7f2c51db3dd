//! The Trust Verification Service over its listener: transcripts, every kind of phone, and everybody who means harm.
#![expect(clippy::unwrap_used, reason = "tests")]

mod answers;
mod bad;
mod clients;
mod lists;
mod many;
#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use offhook::listener::{App, tvs};
use offhook::trust::{TrustState, certificates_folder, state_file};
use pki::Certificate;
use pki::tls::{Client, ClientPolicy, Stream};
use support::{Site, until};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tracing::subscriber::DefaultGuard;
use wire::trust_list::Role;
use wire::tvs::{DeviceName, Direction, Query, QueryTags, Question, Request};

pub(crate) const PHONE: &str = "CP-8845-SEP58971ECC97C1";

/// A running service with the certificates of the vectors.
pub(crate) struct Service {
    pub(crate) site: Site,
    pub(crate) app: App,
    pub(crate) addresses: Vec<SocketAddr>,
    pub(crate) stop: CancellationToken,
    pub(crate) task: tokio::task::JoinHandle<io::Result<()>>,
    log: Log,
    _guard: DefaultGuard,
}

impl Service {
    /// The store holds what the transcripts expect: the CAPF certificate is not in it.
    pub(crate) fn new() -> Self {
        Self::with(|_| ())
    }

    /// The same, with other settings.
    pub(crate) fn with(change: impl FnOnce(&mut Site)) -> Self {
        let mut site = Site::new();
        let folder = certificates_folder(&site.config.data_dir);
        fs::create_dir_all(&folder).unwrap();
        for (name, vector) in [
            ("sast-1", "sast"),
            ("sast-2", "sast-2"),
            ("tvs", "tvs"),
            ("application", "apps"),
            ("tftp", "signer-1024"),
        ] {
            fs::copy(key_vector(&format!("{vector}.crt.pem")), folder.join(format!("{name}.crt.pem")))
                .unwrap();
            fs::copy(key_vector(&format!("{vector}.pkcs8.der")), folder.join(format!("{name}.key.pem")))
                .unwrap();
        }
        fs::copy(key_vector("asterisk.crt.pem"), folder.join("ccm-asterisk.crt.pem")).unwrap();
        set_state(&site, |state| {
            state.roles.insert("ccm-asterisk".to_owned(), vec![Role::Tftp, Role::Ccm]);
            state.ttl.insert("ccm-asterisk".to_owned(), 3600);
        });
        change(&mut site);
        let log = Log::default();
        let guard = log.listen();
        let bound = tvs::bind(&site.config).unwrap().unwrap();
        let (addresses, app, stop) = (bound.local_addrs(), site.app(), CancellationToken::new());
        let task = tokio::spawn(bound.serve(app.clone(), stop.clone()));
        Self { site, app, addresses, stop, task, log, _guard: guard }
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut TrustState)) {
        set_state(&self.site, change);
    }

    pub(crate) fn four(&self) -> SocketAddr {
        self.addresses[0]
    }

    /// Where the certificates are.
    pub(crate) fn folder(&self) -> PathBuf {
        certificates_folder(&self.site.config.data_dir)
    }

    /// A connection after its handshake, as a phone of the 8800 series makes it.
    pub(crate) async fn connect(&self) -> Stream<TcpStream> {
        connect(self.four()).await
    }

    /// The whole answer to one message on a connection of its own.
    pub(crate) async fn ask(&self, message: &[u8]) -> Vec<u8> {
        let mut stream = self.connect().await;
        stream.write_all(message).await.unwrap();
        answer(&mut stream).await.unwrap()
    }

    /// What was logged so far.
    pub(crate) fn log(&self) -> String {
        String::from_utf8(self.log.0.lock().unwrap().clone()).unwrap()
    }

    /// Waits until this was logged.
    pub(crate) async fn logged(&self, words: &str) {
        until(words, async || self.log().contains(words)).await;
    }
}

fn set_state(site: &Site, change: impl FnOnce(&mut TrustState)) {
    TrustState::change(&state_file(&site.config.data_dir), "a test", 1_790_000_000, change).unwrap();
}

pub(crate) async fn connect(server: SocketAddr) -> Stream<TcpStream> {
    let stream = TcpStream::connect(server).await.unwrap();
    let client = Client::new(ClientPolicy::phone_8800()).unwrap();
    client.connect(stream, "localhost", |_| true).await.unwrap()
}

/// The next whole message of the service; nothing when it has ended the connection.
pub(crate) async fn answer(stream: &mut Stream<TcpStream>) -> Option<Vec<u8>> {
    let mut messages = wire::tvs::Stream::new(Direction::Response);
    let mut piece = [0; 4096];
    loop {
        let len = messages.wanted().min(piece.len());
        let read = stream.read(&mut piece[..len]).await.ok().filter(|read| *read > 0)?;
        let (_, message) = messages.take(&piece[..read]).unwrap();
        if message.is_some() {
            return message;
        }
    }
}

pub(crate) fn key_vector(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../pki/vectors/keys").join(name)
}

pub(crate) fn certificate(vector: &str) -> Certificate {
    Certificate::read(&key_vector(&format!("{vector}.crt.pem"))).unwrap()
}

/// The request of a phone that shows a certificate.
pub(crate) fn verify(session: u32, device: &str, certificate: &[u8]) -> Vec<u8> {
    let device = DeviceName::parse(device).unwrap();
    Request { session, device, question: Question::Verify { certificate } }.encode().unwrap()
}

/// The request of a phone that names one.
pub(crate) fn query(session: u32, issuer: &str, serial: &[u8]) -> Vec<u8> {
    let query = Query { subject: None, issuer, serial, tags: QueryTags::default() };
    let device = DeviceName::parse(PHONE).unwrap();
    Request { session, device, question: Question::Query(query) }.encode().unwrap()
}

pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

/// What the service writes to its log: all of a test runs on one thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn listen(&self) -> DefaultGuard {
        let log = self.clone();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || log.clone()).finish();
        tracing::subscriber::set_default(subscriber)
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
