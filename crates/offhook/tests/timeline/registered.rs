//! What Asterisk says of a phone: a real one at which a phone registers, and recorded ones.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use pki::digest::{hex, md5};

use crate::machine::serving::until;
use crate::pbx::{LOGIN, Pbx, recorded};
use crate::site::{ONE, Site, runtime};

/// Registers at a real Asterisk as a phone does: once without, then with the answer to its challenge.
fn register(place: SocketAddr, user: &str, password: &str) -> String {
    say(place, user, password, 3600)
}

/// Registers for so many seconds; for none, all registrations of that user end.
fn say(place: SocketAddr, user: &str, password: &str, seconds: u32) -> String {
    let socket = UdpSocket::bind((place.ip(), 0)).unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    let mut authorization = String::new();
    for number in 1..60 {
        let local = socket.local_addr().unwrap();
        let contact = if seconds > 0 { format!("<sip:{user}@{local}>") } else { "*".to_owned() };
        let request = format!(
            "REGISTER sip:{place} SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=z9hG4bK{number};rport\r\n\
             From: <sip:{user}@{place}>;tag=a\r\nTo: <sip:{user}@{place}>\r\nCall-ID: 1@{local}\r\nCSeq: {number} REGISTER\r\n\
             Contact: {contact}\r\nUser-Agent: Cisco-CP8851/14.2.1\r\nMax-Forwards: 70\r\nExpires: {seconds}\r\n\
             {authorization}Content-Length: 0\r\n\r\n"
        );
        let _ = socket.send_to(request.as_bytes(), place);
        let mut answer = [0; 4096];
        // It may not be up yet; and what comes late answers an earlier request.
        let mine = |answer: &String| answer.contains(&format!("CSeq: {number} REGISTER"));
        let heard = std::iter::from_fn(|| {
            let len = socket.recv(&mut answer).ok()?;
            Some(String::from_utf8_lossy(&answer[..len]).into_owned())
        });
        let Some(answer) = heard.into_iter().find(mine) else { continue };
        if !answer.starts_with("SIP/2.0 401") || !authorization.is_empty() {
            return answer;
        }
        let field = |name: &str| {
            let value = answer.split_once(&format!("{name}=\"")).unwrap().1;
            value.split('"').next().unwrap().to_owned()
        };
        let (realm, nonce) = (field("realm"), field("nonce"));
        let hash = |text: String| hex(&md5(text.as_bytes()));
        let (one, two) = (hash(format!("{user}:{realm}:{password}")), hash(format!("REGISTER:sip:{place}")));
        let response = if answer.contains("qop=") {
            hash(format!("{one}:{nonce}:00000001:c:auth:{two}"))
        } else {
            hash(format!("{one}:{nonce}:{two}"))
        };
        let qop = if answer.contains("qop=") { ", qop=auth, nc=00000001, cnonce=\"c\"" } else { "" };
        let opaque = if answer.contains("opaque=") {
            format!(", opaque=\"{}\"", field("opaque"))
        } else {
            String::new()
        };
        authorization = format!(
            "Authorization: Digest username=\"{user}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"sip:{place}\", \
             response=\"{response}\", algorithm=MD5{qop}{opaque}\r\n"
        );
    }
    panic!("Asterisk never answered");
}

fn asterisk(address: &str) -> String {
    format!("[asterisk]\nurl = \"ami://{address}\"\nusername = \"offhook\"\nsecret = \"test-only\"")
}

#[test]
fn a_phone_that_registers_at_a_real_asterisk() {
    let pbx = Pbx::start(7);
    let site = Site::new(&asterisk(&format!("{}:5038", pbx.address)), &[]);
    site.ok("phone add SEP020000000001 --model 8851 --line 201:test-only");
    site.boot("8851", ONE);
    let place: SocketAddr = format!("{}:5070", pbx.address).parse().unwrap();
    // A wrong password, until offhook and Asterisk have found each other: Asterisk says so, and so does the verdict.
    let tries = || {
        assert!(register(place, "201", "wrong").starts_with("SIP/2.0 401"), "a wrong password is refused");
        site.json("phone why SEP020000000001")
    };
    let why = until("the refusal is told", tries, |why| why["verdict"] == "registration-refused");
    assert!(why["sentence"].as_str().unwrap().contains("password of 201"), "{why:#}");
    assert!(register(place, "201", "test-only").starts_with("SIP/2.0 200"));
    let why = site.verdict(ONE, "registered");
    assert!(why["sentence"].as_str().unwrap().contains("registered as 201"), "{why:#}");
    assert!(why["sentence"].as_str().unwrap().contains("configured and registered"), "{why:#}");
    assert!(site.ok("phone timeline SEP020000000001").contains("the password of 201 is wrong"));
    let came = registration(&site, "sent");
    assert_eq!((&came["name"], &came["via"], &came["normal"]), (&"201".into(), &"sip".into(), &true.into()));
    assert_eq!((&came["phone"], &came["address"]), (&"SEP020000000001".into(), &pbx.address.clone().into()));
    assert!(came["agent"].as_str().unwrap().starts_with("Cisco-CP8851"), "{came:#}");
    assert_eq!(site.json("phone why SEP020000000001")["verdict"], "registered");
    // It goes, and Asterisk tells.
    assert!(say(place, "201", "test-only", 0).starts_with("SIP/2.0 200"));
    let went = registration(&site, "missing");
    assert_eq!((&went["name"], &went["normal"]), (&"201".into(), &false.into()));
    let why = site.json("phone why SEP020000000001");
    assert!(
        ["booting", "configured", "not-registered"].contains(&why["verdict"].as_str().unwrap()),
        "{why:#}"
    );
    let text = site.ok("phone timeline SEP020000000001");
    for word in ["registered", "gone"] {
        assert!(text.lines().any(|line| line.contains("registration") && line.contains(word)), "{text}");
    }
    // A minute after it took its configuration that is a problem.
    site.verdict(ONE, "not-registered");
}

/// The event of a registration that ended so, once there is one.
fn registration(site: &Site, outcome: &str) -> serde_json::Value {
    let is_it = |event: &serde_json::Value| event["what"] == "registration" && event["outcome"] == outcome;
    let events = until(outcome, || site.events(ONE, 1), |events| events.iter().any(is_it));
    events.into_iter().find(is_it).unwrap()
}

const PJSIP: &str = "Response: Success\nActionID: ID\nEventList: start\n\nEvent: EndpointList\nActionID: ID\nObjectType: endpoint\n\
     ObjectName: 201\n\nEvent: EndpointListComplete\nActionID: ID\nEventList: Complete\nListItems: 1\n\n";
const NO_CONTACTS: &str = "Response: Success\nActionID: ID\nEventList: start\n\nEvent: ContactListComplete\nActionID: ID\n\
     EventList: Complete\nListItems: 0\n\n";

#[test]
fn a_line_that_asterisk_does_not_know() {
    let runtime = runtime();
    let answers: &'static [_] = &[LOGIN, ("PJSIPShowEndpoints", PJSIP), ("PJSIPShowContacts", NO_CONTACTS)];
    let address = runtime.block_on(recorded(answers));
    // It answers until this process ends.
    let serving = std::thread::spawn(move || runtime.block_on(std::future::pending::<()>()));
    let site = Site::new(&asterisk(&address.to_string()), &[]);
    site.ok("phone add SEP020000000001 --model 8851 --line 1001");
    site.boot("8851", ONE);
    let why = site.verdict(ONE, "no-peer");
    assert!(why["sentence"].as_str().unwrap().contains("(1001)"), "{why:#}");
    // The other line it knows, and it is not registered: that takes a minute to be sure.
    site.ok("line add 201");
    site.ok("key set SEP020000000001 1 line 201");
    site.boot("8851", ONE);
    let why = site.json("phone why SEP020000000001");
    assert_ne!(why["verdict"], "no-peer", "{why:#}");
    drop(serving);
}

#[test]
fn an_asterisk_that_is_away_is_said() {
    let site = Site::new(&asterisk("127.0.0.1:1"), &[]);
    site.ok("phone add SEP020000000001 --model 8851 --line 1001");
    site.boot("8851", ONE);
    let why = site.verdict(ONE, "configured");
    assert!(why["sentence"].as_str().unwrap().contains("because Asterisk at"), "{why:#}");
}
