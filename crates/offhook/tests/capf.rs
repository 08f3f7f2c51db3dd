//! Certificate enrolment on the wire: virtual phones, phones that do not behave, and what is on record afterwards.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use std::net::{IpAddr, SocketAddr};
use std::sync::LazyLock;
use std::time::Duration;

use offhook::enrol::{Enrolments, Origin, Record, Scheduled, Vouchers};
use offhook::listener::{App, capf};
use offhook::trust::Certificates;
use pki::chain::Manufacturer;
use pki::tls::{Client, ClientPolicy, Stream};
use pki::{Certificate, Curve, Identity, KeyKind, Lsc, PrivateKey, Request, Subject, SubjectKey};
use provision::enrol::{Key, Operation, Password, Required, Schedule};
use provision::inventory::{Change, Phone, State};
use provision::mac::Mac;
use store::EnrolmentQuery;
use support::Site;
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
        while !self.record(phone).await.last.is_some_and(|last| last.result.contains(words)) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
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

#[tokio::test]
async fn a_phone_gets_its_certificate_by_a_password_and_only_once() {
    let capf = Capf::serve().await;
    capf.schedule(PHONE, INSTALL, password("123456")).await;
    let report = capf.enrol("8845", typed(PHONE, "123456")).await;
    assert!(report.succeeded, "{report:?}");
    assert_eq!(report.reason.as_deref(), Some("success"));
    let installed = report.installed.unwrap().certificate;
    assert!(installed.is_signed_by(&capf.issuer().certificate));
    assert_eq!(installed.common_name().as_deref(), Some("SEP58971ECC97C1"));
    assert_eq!(installed.not_after() - installed.not_before(), 365 * DAY);
    let record = capf.record(PHONE).await;
    let held = record.held.unwrap();
    assert_eq!((held.certificate, held.origin), (installed, Origin::Lsc));
    assert!(record.scheduled.is_none() && record.issued.is_none());
    let again = capf.enrol("8845", typed(PHONE, "123456")).await;
    assert_eq!((again.succeeded, again.reason.as_deref()), (false, Some("no action")));
    wait_for(|| (capf.ended("installed"), capf.ended("nothing")) == (1, 1)).await;
    capf.noted(PHONE, "certificate installed").await;
    assert_eq!(capf.record(PHONE).await.last.unwrap().peer, "127.0.0.1");
}

#[tokio::test]
async fn every_kind_of_key_over_old_and_new_tls() {
    let capf = Capf::serve().await;
    for (model, key, kind) in [
        ("7942", Key::Rsa(1024), KeyKind::Rsa(1024)),
        ("7942", Key::Rsa(2048), KeyKind::Rsa(2048)),
        ("8861", Key::Rsa(3072), KeyKind::Rsa(3072)),
        ("8861", Key::P256, KeyKind::Ec(Curve::P256)),
        ("8861", Key::P384, KeyKind::Ec(Curve::P384)),
        ("8861", Key::P521, KeyKind::Ec(Curve::P521)),
    ] {
        capf.schedule(PHONE, Operation::Install(key), Required::Nothing).await;
        let report = capf.enrol(model, phone(PHONE)).await;
        assert!(report.succeeded, "{model} {key}: {report:?}");
        assert_eq!(capf.record(PHONE).await.held.unwrap().certificate.key_kind(), kind);
        let tls = if model == "7942" { "TLSv1 " } else { "TLSv1.2 " };
        assert!(report.steps[0].note.starts_with(tls), "{}", report.steps[0].note);
    }
}

#[tokio::test]
async fn wrong_passwords_lock_the_enrolment_for_the_right_one_too() {
    let capf = Capf::serve().await;
    capf.schedule(PHONE, INSTALL, password("123456")).await;
    let no_password = capf.enrol("8845", phone(PHONE)).await;
    assert_eq!(no_password.reason.as_deref(), Some("invalid element"));
    for failures in 1..=3 {
        let report = capf.enrol("8845", typed(PHONE, "999999")).await;
        assert_eq!(report.reason.as_deref(), Some("invalid element"));
        assert_eq!(capf.record(PHONE).await.scheduled.unwrap().schedule.failures, failures);
    }
    let right = capf.enrol("8845", typed(PHONE, "123456")).await;
    assert_eq!((right.succeeded, right.reason.as_deref()), (false, Some("invalid element")));
    capf.noted(PHONE, "locked after 3 wrong passwords").await;
    capf.schedule(PHONE, INSTALL, password("123456")).await;
    assert!(capf.enrol("8845", typed(PHONE, "123456")).await.succeeded);
}

#[tokio::test]
async fn many_guesses_at_once_are_all_counted() {
    let capf = Capf::serve().await;
    capf.schedule(PHONE, INSTALL, password("0007")).await;
    let guesses = ["0000", "0001", "0002", "0003", "0004", "0005", "0006", "0008"];
    let guesses = guesses.map(|guess| capf.enrol("8845", typed(PHONE, guess)));
    let [a, b, c, d, e, f, g, h] = guesses;
    tokio::join!(a, b, c, d, e, f, g, h);
    assert!(capf.record(PHONE).await.scheduled.unwrap().schedule.is_locked());
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

#[tokio::test]
async fn guesses_at_two_servers_are_all_counted() {
    let here = Capf::serve().await;
    let there = here.beside().await;
    here.schedule(PHONE, INSTALL, password("0007")).await;
    let (a, b) = (here.enrol("8845", typed(PHONE, "0000")), there.enrol("8845", typed(PHONE, "0001")));
    tokio::join!(a, b);
    assert_eq!(here.record(PHONE).await.scheduled.unwrap().schedule.failures, 2);
    there.enrol("8845", typed(PHONE, "0002")).await;
    assert!(!here.enrol("8845", typed(PHONE, "0007")).await.succeeded);
    here.noted(PHONE, "locked after 3 wrong passwords").await;
}

#[tokio::test]
async fn a_phone_enrols_at_one_server_at_a_time() {
    let here = Capf::serve().await;
    let there = here.beside().await;
    here.schedule(PHONE, INSTALL, Required::Nothing).await;
    let mut first = here.connect().await;
    let session = authenticate(&mut first, "SEP58971ECC97C1").await;
    assert_eq!(hear(&mut first).await[1], 3);
    // It begins again at the other server, and the first one has no more to say.
    let mut second = there.connect().await;
    let number = authenticate(&mut second, "SEP58971ECC97C1").await;
    assert_eq!(hear(&mut second).await[1], 3);
    let spki = KEY.to_spki().unwrap();
    say(&mut first, &Message::new(Command::KeyGenerateResponse, session, [Element::PublicKey(&spki)])).await;
    assert_eq!(reason(&hear(&mut first).await), Some(Reason::InvalidElement));
    here.noted(PHONE, "began again in another session").await;
    say(&mut second, &Message::new(Command::KeyGenerateResponse, number, [Element::PublicKey(&spki)])).await;
    assert_eq!(hear(&mut second).await[1], 9);
    let stored = Message::new(Command::StoreResponse, number, [Element::Reason(Reason::Success)]);
    say(&mut second, &stored).await;
    assert_eq!(reason(&hear(&mut second).await), Some(Reason::Success));
    assert!(here.record(PHONE).await.held.is_some());
}

#[tokio::test]
async fn a_database_that_is_away_enrols_nobody_and_phones_come_again() {
    let capf = Capf::serve().await;
    capf.schedule(PHONE, INSTALL, Required::Nothing).await;
    capf.app.artifacts.inventory().unwrap().store().close().await;
    let report = capf.enrol("8845", phone(PHONE)).await;
    assert_eq!((report.succeeded, report.installed.is_none()), (false, true), "{report:?}");
    capf.task.abort();
    let Capf { site, .. } = capf;
    let capf = Capf::of(site).await;
    assert!(capf.enrol("8845", phone(PHONE)).await.succeeded);
}

#[tokio::test]
async fn unknown_phones_are_told_so() {
    let capf = Capf::serve().await;
    let report = capf.enrol("8845", phone(OTHER)).await;
    assert_eq!(report.reason.as_deref(), Some("unknown device"));
    assert_eq!(capf.phones().await, [], "and leave nothing behind");
    wait_for(|| capf.ended("unknown") == 1).await;
}

#[tokio::test]
async fn phones_of_the_inventory_are_known_until_they_are_retired() {
    let capf = Capf::serve().await;
    let store = capf.app.artifacts.inventory().unwrap().store().clone();
    let mut of_inventory = Phone::new(PHONE, None);
    store.change(&[Change::PutPhone(of_inventory.clone())]).await.unwrap();
    let report = capf.enrol("8845", phone(PHONE)).await;
    assert_eq!(report.reason.as_deref(), Some("no action"));
    assert_eq!(capf.enrol("8845", phone(OTHER)).await.reason.as_deref(), Some("unknown device"));
    of_inventory.state = State::Retired;
    store.change(&[Change::PutPhone(of_inventory)]).await.unwrap();
    assert_eq!(capf.enrol("8845", phone(PHONE)).await.reason.as_deref(), Some("unknown device"));
    assert_eq!(capf.phones().await, []);
}

#[tokio::test]
async fn certificates_are_fetched_and_deleted() {
    let capf = Capf::serve().await;
    let lsc = issued(&capf.issuer(), "SEP58971ECC97C1", 30, now());
    let holder = Enrolling { certificate: Some(lsc.clone()), ..phone(PHONE) };
    capf.schedule(PHONE, Operation::Fetch, Required::Nothing).await;
    let report = capf.enrol("8845", holder.clone()).await;
    assert_eq!((report.succeeded, report.reason.as_deref()), (true, Some("no action")), "{report:?}");
    assert_eq!(capf.record(PHONE).await.held.unwrap().certificate, lsc.certificate);
    capf.schedule(PHONE, Operation::Delete, Required::Lsc).await;
    let report = capf.enrol("8845", holder).await;
    assert!(report.succeeded && report.deleted);
    assert_eq!(capf.record(PHONE).await.held, None);
    assert!(capf.record(PHONE).await.scheduled.is_none());
}

#[tokio::test]
async fn a_fetched_certificate_of_somebody_else_is_not_kept() {
    let capf = Capf::serve().await;
    capf.schedule(PHONE, Operation::Fetch, Required::Nothing).await;
    let foreign = issued(&maker("Other CA"), "SEP58971ECC97C1", 30, now());
    let mut stream = capf.connect().await;
    let session = authenticate(&mut stream, "SEP58971ECC97C1").await;
    assert_eq!(hear(&mut stream).await[1], 11);
    let elements = [Element::Reason(Reason::Success), Element::Certificate(foreign.certificate.der())];
    say(&mut stream, &Message::new(Command::FetchResponse, session, elements)).await;
    assert_eq!(reason(&hear(&mut stream).await), Some(Reason::InvalidElement));
    assert_eq!(capf.record(PHONE).await.held, None);
    assert!(capf.record(PHONE).await.scheduled.is_some());
}

#[tokio::test]
async fn a_certificate_enrols_the_phone_it_names_and_no_other() {
    let capf = Capf::serve().await;
    let lsc = issued(&capf.issuer(), "SEP58971ECC97C1", 30, now());
    for mac in [PHONE, OTHER] {
        capf.schedule(mac, INSTALL, Required::Certificate).await;
    }
    let thief = Enrolling { certificate: Some(lsc.clone()), ..phone(OTHER) };
    let report = capf.enrol("8845", thief).await;
    assert_eq!((report.succeeded, report.reason.as_deref()), (false, Some("invalid element")));
    capf.noted(OTHER, "does not name SEP58971ECC97C2").await;
    let owner = Enrolling { certificate: Some(lsc), ..phone(PHONE) };
    assert!(capf.enrol("8845", owner).await.succeeded);
}

#[tokio::test]
async fn factory_certificates_count_when_their_maker_was_brought_along() {
    let capf = Capf::serve().await;
    let (maker, vouchers) = (maker("Maker CA"), Vouchers::open(&capf.site.config.data_dir));
    let mic = issued(&maker, "CP-8845-SEP58971ECC97C1", 3000, now() - DAY);
    let with = |certificate: &Identity, sudi: Option<&Identity>| Enrolling {
        certificate: Some(certificate.clone()),
        sudi: sudi.cloned(),
        ..phone(PHONE)
    };
    capf.schedule(PHONE, INSTALL, Required::Mic).await;
    assert!(!capf.enrol("8845", with(&mic, None)).await.succeeded, "nobody knows the maker");
    let known = Manufacturer { certificate: maker.certificate.clone(), allow_expired: false };
    vouchers.import("maker", &known).unwrap();
    assert!(capf.enrol("8845", with(&mic, Some(&mic))).await.succeeded);

    let old = issued(&maker, "CP-8845-SEP58971ECC97C1", 100, now() - 200 * DAY);
    capf.schedule(PHONE, INSTALL, Required::Mic).await;
    let report = capf.enrol("8845", with(&old, None)).await;
    assert!(!report.succeeded);
    capf.noted(PHONE, "not valid now").await;
    vouchers.import("maker", &Manufacturer { allow_expired: true, ..known }).unwrap();
    assert!(capf.enrol("8845", with(&old, None)).await.succeeded);

    // A right certificate beside a false proof for the session is refused.
    capf.schedule(PHONE, INSTALL, Required::Mic).await;
    let stranger = issued(&self::maker("Stranger CA"), "CP-8845-SEP58971ECC97C1", 100, now());
    assert!(!capf.enrol("8845", with(&old, Some(&stranger))).await.succeeded);
    // An LSC is no MIC, and the other way round.
    let lsc = issued(&capf.issuer(), "SEP58971ECC97C1", 30, now());
    assert!(!capf.enrol("8845", with(&lsc, None)).await.succeeded);
    capf.schedule(PHONE, INSTALL, Required::Lsc).await;
    assert!(!capf.enrol("8845", with(&old, None)).await.succeeded);
    assert!(capf.enrol("8845", with(&lsc, None)).await.succeeded);
}

#[tokio::test]
async fn a_signature_by_another_key_proves_nothing() {
    let capf = Capf::serve().await;
    capf.schedule(PHONE, INSTALL, Required::Certificate).await;
    let stolen = Identity {
        key: PrivateKey::generate(KeyKind::Rsa(2048)).unwrap(),
        ..issued(&capf.issuer(), "SEP58971ECC97C1", 30, now())
    };
    let report = capf.enrol("8845", Enrolling { certificate: Some(stolen), ..phone(PHONE) }).await;
    assert!(!report.succeeded);
    capf.noted(PHONE, "SHA-1 signature").await;
}

/// The signatures of a phone over its name and certificate, as it sends them.
async fn prove(stream: &mut Stream<TcpStream>, holder: &Identity, version: u8, sign: &PrivateKey) -> u32 {
    let request = hear(stream).await;
    let session = Message::decode(&request).unwrap().session;
    let (name, der) = ("SEP58971ECC97C1", holder.certificate.der());
    let [sha1, _] = sign.prove(&[name.as_bytes(), &[0], der]).unwrap();
    let elements = [
        Element::Reason(Reason::Success),
        Element::Version(version),
        Element::DeviceName(name),
        Element::Certificate(der),
        Element::SignedData(&sha1),
    ];
    say(stream, &Message::new(Command::AuthResponse, session, elements)).await;
    session
}

#[tokio::test]
async fn phones_of_before_prove_themselves_by_one_signature_and_only_they() {
    let capf = Capf::serve().await;
    let lsc = issued(&capf.issuer(), "SEP58971ECC97C1", 30, now());
    let other = PrivateKey::generate(KeyKind::Rsa(2048)).unwrap();
    for (version, key, goes_on) in [(2, &lsc.key, true), (3, &lsc.key, false), (2, &other, false)] {
        capf.schedule(PHONE, INSTALL, Required::Lsc).await;
        let mut stream = capf.connect().await;
        prove(&mut stream, &lsc, version, key).await;
        let answer = hear(&mut stream).await;
        if goes_on {
            assert_eq!(answer[1], 3, "it is told to make a key");
        } else {
            assert_eq!(reason(&answer), Some(Reason::InvalidElement), "version {version}");
        }
    }
    capf.noted(PHONE, "SHA-1 signature").await;
}

#[tokio::test]
async fn revoked_certificates_prove_nothing() {
    let capf = Capf::serve().await;
    let lsc = issued(&capf.issuer(), "SEP58971ECC97C1", 30, now());
    capf.schedule(PHONE, INSTALL, Required::Lsc).await;
    capf.enrolments().change(PHONE, |record| record.revoke(&lsc.certificate, now())).await.unwrap();
    let report = capf.enrol("8845", Enrolling { certificate: Some(lsc), ..phone(PHONE) }).await;
    assert!(!report.succeeded);
    capf.noted(PHONE, "revoked").await;
}

#[tokio::test]
async fn a_certificate_near_its_end_is_renewed_by_itself_even_after_the_issuer_was_replaced() {
    let capf = Capf::serve().await;
    capf.schedule(PHONE, INSTALL, Required::Nothing).await;
    assert!(capf.enrol("8845", phone(PHONE)).await.succeeded);
    let near = issued(&capf.issuer(), "SEP58971ECC97C1", 20, now());
    capf.enrolments()
        .change(PHONE, |record| record.held.as_mut().unwrap().certificate = near.certificate.clone())
        .await
        .unwrap();
    // A new issuer takes over.
    let folder = offhook::trust::certificates_folder(&capf.site.config.data_dir);
    let subject = Subject { cn: "CAPF 2".into(), o: "Example".into(), ou: "Voice".into() };
    let request = Request { subject, names: Vec::new(), key: KeyKind::Rsa(2048), days: 3650 };
    Identity::self_signed(&request, now()).unwrap().write(&folder, "capf").unwrap();
    assert!(!capf.enrol("8845", phone(PHONE)).await.succeeded, "only who holds it");
    let report = capf.enrol("8845", Enrolling { certificate: Some(near), ..phone(PHONE) }).await;
    assert!(report.succeeded, "{report:?}");
    let held = capf.record(PHONE).await.held.unwrap().certificate;
    assert!(held.issuer().contains("CAPF 2") && held.not_after() > now() + 300 * DAY);
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

#[tokio::test]
async fn each_message_leaves_in_one_piece() {
    let capf = Capf::serve().await;
    capf.schedule(PHONE, INSTALL, Required::Nothing).await;
    let mut stream = capf.connect().await;
    let mut buffer = [0; 4096];
    // One read gives one TLS record: header and body are in it together.
    let len = stream.read(&mut buffer).await.unwrap();
    let session = Message::decode(&buffer[..len]).unwrap().session;
    assert_eq!(len, 16);
    let name = Element::DeviceName("SEP58971ECC97C1");
    let elements = [Element::Reason(Reason::Success), Element::Version(3), name];
    say(&mut stream, &Message::new(Command::AuthResponse, session, elements)).await;
    let len = stream.read(&mut buffer).await.unwrap();
    assert_eq!(Message::decode(&buffer[..len]).unwrap().command, Command::KeyGenerateRequest);
    let spki = KEY.to_spki().unwrap();
    say(&mut stream, &Message::new(Command::KeyGenerateResponse, session, [Element::PublicKey(&spki)])).await;
    let len = stream.read(&mut buffer).await.unwrap();
    let message = Message::decode(&buffer[..len]).unwrap();
    assert_eq!(message.command, Command::StoreRequest);
    assert!(Certificate::from_der(message.certificate().unwrap()).unwrap().common_name().is_some());
}

#[tokio::test]
async fn names_that_are_no_phones_are_unknown() {
    let capf = Capf::serve().await;
    for name in ["SEP58971ecc97c1", "58971ECC97C1", "SEP58971ECC97C1/../x", "CP-8845-SEP58971ECC97C1", "x"] {
        let mut stream = capf.connect().await;
        authenticate(&mut stream, name).await;
        assert_eq!(reason(&hear(&mut stream).await), Some(Reason::UnknownDevice), "{name}");
    }
}

#[tokio::test]
async fn a_server_stopped_in_the_middle_leaves_a_phone_that_can_enrol_again() {
    let capf = Capf::serve().await;
    capf.schedule(PHONE, INSTALL, Required::Nothing).await;
    let mut stream = capf.connect().await;
    let session = authenticate(&mut stream, "SEP58971ECC97C1").await;
    hear(&mut stream).await;
    let spki = KEY.to_spki().unwrap();
    say(&mut stream, &Message::new(Command::KeyGenerateResponse, session, [Element::PublicKey(&spki)])).await;
    hear(&mut stream).await;
    // The certificate is out, the phone has not said that it stored it, and the server dies.
    capf.task.abort();
    drop(stream);
    let record = capf.record(PHONE).await;
    assert!(record.issued.is_some() && record.held.is_none() && record.scheduled.is_some());
    let Capf { site, .. } = capf;
    let capf = Capf::of(site).await;
    let report = capf.enrol("8845", phone(PHONE)).await;
    assert!(report.succeeded);
    let record = capf.record(PHONE).await;
    assert_eq!(record.held.unwrap().certificate, report.installed.unwrap().certificate);
    assert!(record.issued.is_none() && record.scheduled.is_none());
}

#[tokio::test]
async fn a_stop_is_told_to_phones_that_wait_and_waits_for_phones_that_store() {
    let capf = Capf::serve().await;
    capf.schedule(PHONE, INSTALL, Required::Nothing).await;
    capf.schedule(OTHER, INSTALL, Required::Nothing).await;
    let (mut storing, mut making) = (capf.connect().await, capf.connect().await);
    let session = authenticate(&mut storing, "SEP58971ECC97C1").await;
    hear(&mut storing).await;
    let spki = KEY.to_spki().unwrap();
    say(&mut storing, &Message::new(Command::KeyGenerateResponse, session, [Element::PublicKey(&spki)]))
        .await;
    hear(&mut storing).await;
    authenticate(&mut making, "SEP58971ECC97C2").await;
    hear(&mut making).await;
    capf.stop.cancel();
    assert_eq!(reason(&hear(&mut making).await), Some(Reason::InvalidElement));
    let stored = Message::new(Command::StoreResponse, session, [Element::Reason(Reason::Success)]);
    say(&mut storing, &stored).await;
    assert_eq!(reason(&hear(&mut storing).await), Some(Reason::Success));
    assert!(capf.record(PHONE).await.held.is_some());
    capf.task.await.unwrap().unwrap();
}

#[tokio::test]
async fn the_newest_session_of_a_phone_counts() {
    let capf = Capf::serve().await;
    capf.schedule(PHONE, INSTALL, Required::Nothing).await;
    let mut first = capf.connect().await;
    authenticate(&mut first, "SEP58971ECC97C1").await;
    assert_eq!(hear(&mut first).await[1], 3);
    let report = capf.enrol("8845", phone(PHONE)).await;
    assert!(report.succeeded);
    assert_eq!(reason(&hear(&mut first).await), Some(Reason::InvalidElement));
    assert_eq!(capf.record(PHONE).await.held.unwrap().certificate, report.installed.unwrap().certificate);
}

#[tokio::test]
async fn a_key_other_than_asked_or_worthless_gets_no_certificate() {
    let capf = Capf::serve().await;
    let short = PrivateKey::generate(KeyKind::Rsa(1024)).unwrap().to_spki().unwrap();
    for (spki, words) in [(short.as_slice(), "was told to make a key rsa2048"), (b"0000", "not a public key")]
    {
        capf.schedule(PHONE, INSTALL, Required::Nothing).await;
        let mut stream = capf.connect().await;
        let session = authenticate(&mut stream, "SEP58971ECC97C1").await;
        hear(&mut stream).await;
        say(&mut stream, &Message::new(Command::KeyGenerateResponse, session, [Element::PublicKey(spki)]))
            .await;
        assert_eq!(reason(&hear(&mut stream).await), Some(Reason::InvalidElement));
        // Closed: the record of it is there.
        let _ = stream.read(&mut [0; 8]).await;
        capf.noted(PHONE, words).await;
        assert!(capf.record(PHONE).await.issued.is_none());
    }
}

/// Until it holds; the test's own time ends it otherwise.
async fn wait_for(holds: impl Fn() -> bool) {
    while !holds() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn garbage_and_other_protocols_are_told_apart_and_counted() {
    let capf = Capf::serve().await;
    for garbage in
        [b"GET / HTTP/1.1\r\n\r\n".as_slice(), &[85, 2, 0, 0, 0, 1, 0xff, 0xff], &[85, 2, 9, 9, 9, 9, 0, 0]]
    {
        let mut stream = capf.connect().await;
        hear(&mut stream).await;
        stream.write_all(garbage).await.unwrap();
        assert_eq!(reason(&hear(&mut stream).await), Some(Reason::InvalidElement));
    }
    wait_for(|| capf.ended("garbage") == 3).await;
}

#[tokio::test]
async fn a_crowd_that_says_nothing_delays_nobody() {
    let capf = Capf::serve().await;
    let mut silent = Vec::new();
    // Before the handshake, and behind it.
    for _ in 0..200 {
        silent.push(TcpStream::connect(capf.addresses[0]).await.unwrap());
    }
    let mut shaken = Vec::new();
    for _ in 0..20 {
        shaken.push(capf.connect().await);
    }
    for number in 0..10 {
        let mac = Mac::new([2, 0, 0, 0, 0, number]);
        capf.schedule(mac, INSTALL, password("4321")).await;
        assert!(capf.enrol("8845", typed(mac, "4321")).await.succeeded);
    }
    wait_for(|| capf.ended("installed") == 10).await;
}

#[tokio::test]
async fn silence_ends_a_session_in_its_time() {
    let mut site = Site::new();
    site.config.limits.stall = Duration::from_millis(200);
    let capf = Capf::of(site).await;
    let mut stream = capf.connect().await;
    hear(&mut stream).await;
    assert_eq!(reason(&hear(&mut stream).await), Some(Reason::InvalidElement));
    wait_for(|| capf.ended("silent") == 1).await;
}

#[tokio::test]
async fn who_is_not_in_the_access_list_is_not_let_in() {
    let mut site = Site::new();
    site.config.listen.capf.as_mut().unwrap().allow = vec!["192.0.2.0/24".parse().unwrap()];
    let capf = Capf::of(site).await;
    let report = capf.enrol("8845", phone(PHONE)).await;
    assert!(!report.succeeded && report.why.contains("no session"), "{report:?}");
}
