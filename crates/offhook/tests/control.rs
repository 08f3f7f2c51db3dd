//! Phones are made to do things, and are restarted, from the desk: a virtual phone with a web server of its own, and a real
//! Asterisk with which a phone is registered.
#![expect(clippy::unwrap_used, reason = "tests")]

mod machine;
mod pbx;
mod support;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use machine::{Machine, Ran};
use offhook::asterisk::restart::{Order, Told};
use offhook::listener::services;
use pbx::{Pbx, once, park};
use pki::{Identity, KeyKind, Name, Request, Subject};
use support::Site;
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use virtual_phone::models;
use virtual_phone::services::{Caller, Desk, Fetcher, Pushed};
use wire::ami::Action;

const PHONE: &str = "SEP001122334455";
const LONG: Duration = Duration::from_secs(60);

/// A machine with its data directory, and the services that its phones ask.
struct Office {
    machine: std::sync::Arc<Machine>,
    _site: Site,
    services: SocketAddr,
}

impl Office {
    async fn with(model: &str) -> Self {
        let machine = Machine::empty();
        machine.ok(&format!("phone add {PHONE} --model {model}"));
        let mut site = Site::new();
        site.config.data_dir = machine.path("data");
        let bound = services::bind(&site.config).unwrap().unwrap();
        let services = bound.local_addrs()[0];
        tokio::spawn(bound.serve(site.app(), CancellationToken::new()));
        Self { machine: std::sync::Arc::new(machine), _site: site, services }
    }

    /// A phone that asks this office, or another.
    async fn phone(&self, model: &str, asks: Option<SocketAddr>) -> Phone {
        self.phone_with(model, asks, None).await
    }

    async fn phone_with(
        &self,
        model: &str,
        asks: Option<SocketAddr>,
        tls: Option<pki::tls::Server>,
    ) -> Phone {
        let model = models::find(model).unwrap();
        let authentication = format!("http://{}/authentication", asks.unwrap_or(self.services));
        let fetcher = Fetcher::new(model, None).unwrap();
        let (desk, does) = Desk::new(Caller::new(model, PHONE), fetcher, Some(authentication));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(desk.serve(listener, tls));
        Phone { address, does }
    }

    /// Runs the program while phones and services are served here.
    async fn offhook(&self, words: String) -> Ran {
        let machine = self.machine.clone();
        tokio::task::spawn_blocking(move || machine.offhook(&words)).await.unwrap()
    }
}

struct Phone {
    address: SocketAddr,
    does: UnboundedReceiver<Pushed>,
}

impl Phone {
    async fn does(&mut self) -> Vec<String> {
        let pushed = timeout(LONG, self.does.recv()).await.unwrap().unwrap();
        pushed.items.into_iter().map(|(url, _)| url).collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn phones_of_every_kind_do_what_is_pushed_to_them() {
    for model in ["7942", "8845", "7821"] {
        let office = Office::with(model).await;
        let mut phone = office.phone(model, None).await;
        let at = format!("--address {}", phone.address);
        let ran = office.offhook(format!("control execute {PHONE} {at} Key:Services Play:Ring1.raw")).await;
        assert_eq!(ran.code, 0, "{model}: {}{}", ran.out, ran.err);
        assert_eq!(phone.does().await, ["Key:Services", "Play:Ring1.raw"]);
        assert!(ran.out.contains("Play:Ring1.raw  done"), "{}", ran.out);
        // More than one push holds: in order, a few at a time.
        let ran = office
            .offhook(format!(
                "control execute {PHONE} {at} Key:Soft1 Key:Soft2 Key:Soft3 http://192.0.2.5/x --json"
            ))
            .await;
        let told: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!((told.as_array().unwrap().len(), &told[3]["uri"]), (4, &"http://192.0.2.5/x".into()));
        assert_eq!(phone.does().await.len(), 3);
        assert_eq!(phone.does().await, ["http://192.0.2.5/x"]);
        // Credentials are gone when the push is done.
        let users = std::fs::read_to_string(office.machine.path("data/push.toml")).unwrap();
        assert!(!users.contains("hash"), "{users}");
        assert!(office.machine.ok("push list").contains("nobody may push"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_model_lacks_and_who_may_not_is_told() {
    let office = Office::with("7821").await;
    let mut phone = office.phone("7821", None).await;
    let at = format!("--address {}", phone.address);
    let ran = office.offhook(format!("control execute {PHONE} {at} Display:Off:5")).await;
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("the 7800 series does not know Display:Off:5"), "{}", ran.err);
    let ran = office.offhook(format!("control execute {PHONE} {at} Fly:Up")).await;
    assert_eq!(ran.code, 2);
    // A user who may, one who may not, and a phone that asks somebody else.
    office.machine.ok(&format!("push allow anna --phone {PHONE} --password s3cret"));
    let by =
        |password: &str| format!("control execute {PHONE} {at} Key:Info --user anna --password {password}");
    assert_eq!(office.offhook(by("s3cret")).await.code, 0);
    assert_eq!(phone.does().await, ["Key:Info"]);
    let ran = office.offhook(by("guess")).await;
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("authenticationURL") && !ran.err.contains("guess"), "{}", ran.err);
    let elsewhere = Office::with("7821").await;
    let mut lost = office.phone("7821", Some(elsewhere.services)).await;
    let ran = office.offhook(format!("control execute {PHONE} --address {} Key:Info", lost.address)).await;
    assert!(ran.code == 1 && ran.err.contains("must lead to this offhook"), "{}", ran.err);
    assert!(lost.does.try_recv().is_err(), "it did nothing");
    // Nobody there, and nobody who knows where.
    let ran = office.offhook(format!("control execute {PHONE} --address 127.0.0.1:1 Key:Info")).await;
    assert!(ran.code == 1 && ran.err.contains("cannot be reached"), "{}", ran.err);
    let ran = office.offhook(format!("control execute {PHONE} Key:Info")).await;
    assert!(ran.code == 1 && ran.err.contains("--address"), "{}", ran.err);
    let ran = office.offhook("control execute SEP00112233AAAA Key:Info".to_owned()).await;
    assert!(ran.code == 1 && ran.err.contains("phone add"), "{}", ran.err);
}

/// A certificate as phones have one, or of somebody else.
fn certificate(cn: &str) -> pki::tls::Server {
    let subject = Subject { cn: cn.into(), o: "Example".into(), ou: "Tests".into() };
    let names = vec![Name::Dns(cn.to_ascii_lowercase())];
    let request = Request { subject, names, key: KeyKind::Rsa(2048), days: 30 };
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs().cast_signed();
    let identity = Identity::self_signed(&request, now).unwrap();
    pki::tls::Server::new(pki::tls::Policy::LegacyPhone, &[&identity]).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_https_a_phone_shows_a_certificate_in_its_name() {
    for model in ["7942", "8845"] {
        let office = Office::with(model).await;
        let own = certificate(&format!("CP-{model}-{PHONE}"));
        let mut phone = office.phone_with(model, None, Some(own)).await;
        let ran = office
            .offhook(format!("control execute {PHONE} --https --address {} Key:Services", phone.address))
            .await;
        assert_eq!(ran.code, 0, "{model}: {}", ran.err);
        assert_eq!(phone.does().await, ["Key:Services"]);
        let other = certificate("CP-8845-SEP00112233FFFF");
        let mut other = office.phone_with(model, None, Some(other)).await;
        let ran = office
            .offhook(format!("control execute {PHONE} --https --address {} Key:Services", other.address))
            .await;
        assert!(ran.code == 1 && ran.err.contains("no encrypted connection"), "{}", ran.err);
        assert!(other.does.try_recv().is_err());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_7900_is_restarted_by_its_own_keys() {
    let office = Office::with("7942").await;
    let mut phone = office.phone("7942", None).await;
    let ran = office.offhook(format!("phone restart {PHONE} --address {}", phone.address)).await;
    assert!(ran.code == 0 && ran.out.contains("its keys were pressed"), "{}{}", ran.out, ran.err);
    let mut keys = Vec::new();
    while let Ok(pushed) = phone.does.try_recv() {
        keys.extend(pushed.items.into_iter().map(|(url, _)| url.trim_start_matches("Key:").to_owned()));
    }
    let expected =
        ["Init:Services", "Settings", "KeyPadStar", "KeyPadStar", "KeyPadPound", "KeyPadStar", "KeyPadStar"];
    assert_eq!(keys, expected);
    // A series without such keys needs its PBX.
    let office = Office::with("8845").await;
    let ran = office.offhook(format!("phone restart {PHONE} --json")).await;
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("\"done\": false") && ran.out.contains("asterisk.url"), "{}", ran.out);
}

/// A phone that registers over UDP, and answers what it is sent.
struct Registered {
    socket: UdpSocket,
    pbx: SocketAddr,
    line: &'static str,
    call_id: String,
}

fn md5(text: &str) -> String {
    pki::digest::hex(&pki::digest::md5(text.as_bytes()))
}

impl Registered {
    async fn at(pbx: &Pbx, port: u16, line: &'static str) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let pbx = SocketAddr::new(pbx.address.parse::<IpAddr>().unwrap(), port);
        let call_id = format!("00112233-4455{line}-6f6e6865-6f6f6b21@127.0.0.1");
        let phone = Self { socket, pbx, line, call_id };
        // An Asterisk takes a moment to start, and UDP does not say that nobody is there.
        once(async || phone.register().await, |_| true).await;
        phone
    }

    async fn register(&self) -> Result<(), String> {
        let asked = self.ask(1, "").await?;
        if asked.starts_with("SIP/2.0 200") {
            return Ok(());
        }
        let challenge =
            asked.lines().find(|line| line.starts_with("WWW-Authenticate")).ok_or(asked.clone())?;
        let value = |name: &str| {
            let rest = challenge.split_once(&format!("{name}=")).map(|(_, rest)| rest).unwrap_or_default();
            let end = |c: char| c == ',' || c == '"';
            rest.trim_start_matches('"').split(end).next().unwrap_or_default().trim().to_owned()
        };
        let (realm, nonce, line) = (value("realm"), value("nonce"), self.line);
        let uri = format!("sip:{}", self.pbx);
        let (own, what) = (md5(&format!("{line}:{realm}:test-only")), md5(&format!("REGISTER:{uri}")));
        let (response, more) = if challenge.contains("qop=") {
            let response = md5(&format!("{own}:{nonce}:00000001:abcd:auth:{what}"));
            (response, format!(", qop=auth, nc=00000001, cnonce=\"abcd\", opaque=\"{}\"", value("opaque")))
        } else {
            (md5(&format!("{own}:{nonce}:{what}")), String::new())
        };
        let answer = format!(
            "Authorization: Digest username=\"{line}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", \
             response=\"{response}\", algorithm=MD5{more}\r\n"
        );
        let told = self.ask(2, &answer).await?;
        if told.starts_with("SIP/2.0 200") { Ok(()) } else { Err(told) }
    }

    async fn ask(&self, number: u32, more: &str) -> Result<String, String> {
        let here = self.socket.local_addr().unwrap();
        let (pbx, line, call_id) = (self.pbx, self.line, &self.call_id);
        let request = format!(
            "REGISTER sip:{pbx} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bK{number}{line};rport\r\nMax-Forwards: 70\r\n\
             From: <sip:{line}@{pbx}>;tag=phone{line}\r\nTo: <sip:{line}@{pbx}>\r\nCall-ID: {call_id}\r\nCSeq: {number} REGISTER\r\n\
             Contact: <sip:{line}@{here}>\r\nExpires: 3600\r\nUser-Agent: Cisco-CP8845/12.8\r\n{more}Content-Length: 0\r\n\r\n"
        );
        self.socket.send_to(request.as_bytes(), pbx).await.map_err(|error| error.to_string())?;
        loop {
            let heard =
                timeout(Duration::from_millis(500), self.hear()).await.map_err(|_| "silence".to_owned())?;
            if heard.contains(&format!("CSeq: {number} REGISTER")) {
                return Ok(heard);
            }
        }
    }

    async fn hear(&self) -> String {
        let mut bytes = [0; 4096];
        let (count, _) = self.socket.recv_from(&mut bytes).await.unwrap();
        String::from_utf8_lossy(&bytes[..count]).into_owned()
    }

    /// The next message that is not asked for; it is answered.
    async fn notified(&self) -> String {
        let hear = async {
            loop {
                let heard = self.hear().await;
                if heard.starts_with("SIP/2.0") {
                    continue;
                }
                let kept = ["Via", "v", "From", "f", "To", "t", "Call-ID", "i", "CSeq"];
                let kept = |line: &&str| line.split_once(':').is_some_and(|(name, _)| kept.contains(&name));
                let head: Vec<&str> = heard.lines().filter(kept).collect();
                let answer = format!("SIP/2.0 200 OK\r\n{}\r\nContent-Length: 0\r\n\r\n", head.join("\r\n"));
                self.socket.send_to(answer.as_bytes(), self.pbx).await.unwrap();
                if heard.starts_with("NOTIFY") {
                    return heard;
                }
            }
        };
        timeout(LONG, hear).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registered_phone_is_restarted_by_a_real_asterisk() {
    let pbx = Pbx::start(6);
    let asterisk = pbx.over("ami", "test-only");
    // Up and with a dial plan: then the drivers are there, too.
    park(&asterisk).await;
    let phone = Registered::at(&pbx, 5070, "201").await;
    let lines = ["201", "101"].map(str::to_owned);
    for (scheme, order, word) in [("ami", Order::Restart, "restart"), ("http", Order::Reset, "reset")] {
        let asterisk = pbx.over(scheme, "test-only");
        let done = once(|| asterisk.order(&lines[..1], Some([127, 0, 0, 1].into()), order), |_| true).await;
        assert_eq!((&*done.peer, done.told), ("201", Told::Order));
        let heard = phone.notified().await;
        for part in [
            "Event: service-control",
            "Content-Type: text/plain",
            &format!("action={word}"),
            &format!("RegisterCallId={{{}}}", phone.call_id),
            "ConfigVersionStamp={00000000-0000-0000-0000-000000000000}",
        ] {
            assert!(heard.contains(part), "{scheme}: {part} in {heard}");
        }
    }
    // The stock chan_sip does not tell what phones check an order by.
    let old = Registered::at(&pbx, 5060, "101").await;
    let done = once(|| asterisk.order(&lines[1..], None, Order::Restart), |_| true).await;
    assert_eq!((&*done.peer, done.told), ("101", Told::Check));
    assert!(old.notified().await.contains("Event: check-sync"));

    // The same by the command, for a phone that has the line.
    let office = Office::with("8845").await;
    office.machine.ok("line add 201");
    office.machine.ok(&format!("key set {PHONE} 1 line 201"));
    let settings = format!("[asterisk]\nurl = \"ami://{}:5038\"\nsecret = \"test-only\"\n", pbx.address);
    office.machine.put("offhook.toml", settings);
    let ran = office.offhook(format!("phone restart {PHONE}")).await;
    assert!(ran.code == 0 && ran.out.contains("told to restart, as 201"), "{}{}", ran.out, ran.err);
    assert!(phone.notified().await.contains("action=restart"));
    // Nobody may who has no right to: the reason is told.
    let kept = Action::new("Command").with("Command", "core show uptime");
    assert!(asterisk.ask(kept).await.is_ok());
}
