//! Certificate enrolment on the wire: virtual phones, phones that do not behave, and what is on record afterwards.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "../support/mod.rs"]
mod support;

mod bad;
mod passwords;
mod proofs;
mod sessions;

use std::net::{IpAddr, SocketAddr};
use std::sync::LazyLock;

use offhook::enrol::{Enrolments, Record, Scheduled};
use offhook::listener::{App, capf};
use offhook::trust::Certificates;
use pki::tls::{Client, ClientPolicy, Stream};
use pki::{Curve, Identity, KeyKind, Lsc, PrivateKey, Request, Subject, SubjectKey};
use provision::enrol::{Key, Operation, Password, Required, Schedule};
use provision::mac::Mac;
use store::EnrolmentQuery;
use support::{Site, until};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use virtual_phone::enrol::{EnrolReport, Enrolling, enrol};
use virtual_phone::models;
use virtual_phone::network::{Caller, Network, Patience, Server};
use wire::capf::{Command, Element, Message, Reason};

const PHONE: Mac = Mac::new([0x58, 0x97, 0x1E, 0xCC, 0x97, 0xC1]);
const OTHER: Mac = Mac::new([0x58, 0x97, 0x1E, 0xCC, 0x97, 0xC2]);
const DAY: i64 = 86_400;

/// Making RSA keys is what takes the time, and phones may as well share one here.
static KEY: LazyLock<PrivateKey> = LazyLock::new(|| PrivateKey::generate(KeyKind::Rsa(2048)).unwrap());
static CERTIFICATES: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    Certificates::open_or_create(folder.path(), &[], false, now()).unwrap();
    folder
});

fn now() -> i64 {
    offhook::trust::calendar::now()
}

/// A server that enrols, and its records.
struct Capf {
    site: Site,
    addresses: Vec<SocketAddr>,
    app: App,
    stop: CancellationToken,
    task: JoinHandle<std::io::Result<()>>,
}

impl Capf {
    async fn serve() -> Self {
        Self::of(Site::new()).await
    }

    async fn of(site: Site) -> Self {
        let folder = offhook::trust::certificates_folder(&site.config.data_dir);
        if !folder.exists() {
            std::fs::create_dir_all(&folder).unwrap();
            for entry in std::fs::read_dir(CERTIFICATES.path()).unwrap() {
                let entry = entry.unwrap();
                std::fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
            }
        }
        let app = site.app_with_inventory().await;
        Self::with(site, app)
    }

    fn with(site: Site, app: App) -> Self {
        let bound = capf::bind(&site.config).unwrap().unwrap();
        let addresses = bound.local_addrs();
        let stop = CancellationToken::new();
        let task = tokio::spawn(bound.serve(app.clone(), stop.clone()));
        Self { site, addresses, app, stop, task }
    }

    fn enrolments(&self) -> Enrolments {
        Enrolments::new(self.app.artifacts.inventory().unwrap().store().clone())
    }

    async fn phones(&self) -> Vec<Mac> {
        let all = self.enrolments().list(&EnrolmentQuery::default()).await.unwrap();
        all.into_iter().map(|(phone, _)| phone).collect()
    }

    async fn schedule(&self, phone: Mac, operation: Operation, required: Required) {
        let scheduled = Scheduled { schedule: Schedule::new(operation, required), at: now() };
        self.enrolments().change(phone, |record| record.scheduled = Some(scheduled)).await.unwrap();
    }

    async fn record(&self, phone: Mac) -> Record {
        self.enrolments().read(phone).await.unwrap().unwrap_or_default()
    }

    fn issuer(&self) -> Identity {
        let folder = offhook::trust::certificates_folder(&self.site.config.data_dir);
        Identity::read(&folder.join("capf.crt.pem"), &folder.join("capf.key.pem")).unwrap()
    }

    async fn enrol(&self, model: &str, phone: Enrolling) -> EnrolReport {
        let model = models::find(model).unwrap();
        let issuer = self.issuer().certificate;
        let caller = Caller { model, from: None, trusted: Some(std::slice::from_ref(&issuer)) };
        enrol(phone, &self.network(), self.addresses[0].port(), caller).await
    }

    fn network(&self) -> Network {
        let address = IpAddr::from([127, 0, 0, 1]);
        let server = Server { name: "127.0.0.1".into(), address, http: 1, https: 1, tftp: 1, tvs: 1 };
        Network::new(server, Patience::default())
    }

    /// A connection whose other end a test plays by hand.
    async fn connect(&self) -> Stream<TcpStream> {
        let stream = TcpStream::connect(self.addresses[0]).await.unwrap();
        let client = Client::new(ClientPolicy::phone_8800()).unwrap();
        client.connect(stream, "127.0.0.1", |_| true).await.unwrap()
    }

    /// Waits until the last session of a phone is noted so: that happens after the phone was told.
    async fn noted(&self, phone: Mac, words: &str) {
        let last = async || self.record(phone).await.last.is_some_and(|last| last.result.contains(words));
        until(words, last).await;
    }

    /// The counter of sessions that ended so.
    fn ended(&self, result: &str) -> u64 {
        let line = format!("offhook_capf_sessions_total{{result=\"{result}\"}} ");
        let text = self.app.metrics.encode();
        text.lines().find_map(|found| found.strip_prefix(&line)).unwrap().parse().unwrap()
    }
}

fn phone(mac: Mac) -> Enrolling {
    Enrolling {
        mac: mac.to_string().parse().unwrap(),
        password: String::new(),
        certificate: None,
        sudi: None,
        key: Some(KEY.clone()),
        now: now(),
    }
}

fn typed(mac: Mac, password: &str) -> Enrolling {
    Enrolling { password: password.to_owned(), ..phone(mac) }
}

fn password(digits: &str) -> Required {
    Required::Password(Password::new(digits).unwrap())
}

const INSTALL: Operation = Operation::Install(Key::Rsa(2048));

/// A certificate of a phone, by this issuer.
fn issued(issuer: &Identity, device: &str, days: u32, at: i64) -> Identity {
    let key = SubjectKey::from_spki(&KEY.to_spki().unwrap()).unwrap();
    let lsc = Lsc { device, key: &key, serial: pki::random_serial().unwrap(), days };
    Identity { certificate: issuer.issue(&lsc, at).unwrap(), chain: Vec::new(), key: KEY.clone() }
}

fn maker(cn: &str) -> Identity {
    let subject = Subject { cn: cn.into(), o: "Maker".into(), ou: "Phones".into() };
    let key = KeyKind::Ec(Curve::P256);
    Identity::self_signed(&Request { subject, names: Vec::new(), key, days: 9000 }, now() - 400 * DAY)
        .unwrap()
}

impl Capf {
    /// Another server with the same database, and the same certificates.
    async fn beside(&self) -> Self {
        let mut site = Site::new();
        let database = self.site.database();
        let folder = |site: &Site| offhook::trust::certificates_folder(&site.config.data_dir);
        std::fs::create_dir_all(folder(&site)).unwrap();
        for file in ["capf.crt.pem", "capf.key.pem"] {
            std::fs::copy(folder(&self.site).join(file), folder(&site).join(file)).unwrap();
        }
        site.keep_inventory_at(database);
        Self::of(site).await
    }
}

/// Reads one message.
async fn hear(stream: &mut Stream<TcpStream>) -> Vec<u8> {
    let mut message = vec![0; 8];
    stream.read_exact(&mut message).await.unwrap();
    message.resize(8 + usize::from(u16::from_be_bytes([message[6], message[7]])), 0);
    stream.read_exact(&mut message[8..]).await.unwrap();
    message
}

async fn say(stream: &mut Stream<TcpStream>, message: &Message<'_>) {
    stream.write_all(&message.encode().unwrap()).await.unwrap();
}

fn reason(bytes: &[u8]) -> Option<Reason> {
    Message::decode(bytes).unwrap().reason()
}

/// Says who it is, and gives the number of the session.
async fn authenticate(stream: &mut Stream<TcpStream>, device: &str) -> u32 {
    let request = hear(stream).await;
    let session = Message::decode(&request).unwrap().session;
    let elements = [Element::Reason(Reason::Success), Element::Version(3), Element::DeviceName(device)];
    say(stream, &Message::new(Command::AuthResponse, session, elements)).await;
    session
}

/// Waits until that many sessions have ended so.
async fn ended(capf: &Capf, result: &str, times: u64) {
    until(result, async || capf.ended(result) == times).await;
}
