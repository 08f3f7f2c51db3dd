//! A phone that is registered with a real Asterisk is restarted through it.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use offhook::asterisk::restart::{Order, Told};
use tokio::net::UdpSocket;
use tokio::time::timeout;
use wire::ami::Action;

use crate::pbx::{Pbx, once, park};
use crate::{LONG, Office, PHONE};

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
