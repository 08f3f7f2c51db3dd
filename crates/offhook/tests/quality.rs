//! A bad call is reported from a phone, with a real Asterisk behind it, with recorded ones, and with none.
#![expect(clippy::unwrap_used, reason = "tests")]

mod pbx;
mod support;
mod visitor;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use offhook::artifact::Artifacts;
use offhook::asterisk::Asterisk;
use offhook::asterisk::statistics::Whose;
use offhook::config::Live;
use offhook::inventory::Inventory;
use offhook::listener::{App, services};
use pbx::{LOGIN, Pbx, account, once, park, recorded};
use provision::inventory::{Change, Key, Line, Phone, State};
use provision::render::Surroundings;
use store::{Call, Page, Quality, QualityQuery, Store};
use support::{Reply, Site, get};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use virtual_phone::models;
use virtual_phone::services::Content;
use visitor::Visitor;
use wire::ami::Action;

/// The phone that asks, and one that is not served any more.
const MINE: &str = "001122334455";
const RETIRED: &str = "001122334466";

struct Running {
    _site: Site,
    address: SocketAddr,
    store: Store,
}

/// A server that knows the phone, with lines 101 and 201.
async fn serve(asterisk: Asterisk) -> Running {
    let site = Site::new();
    let url = format!("sqlite://{}", site.config.data_dir.join("offhook.db").display());
    let store = Store::open_or_create(&url).await.unwrap();
    let mut phone = Phone::new(MINE.parse().unwrap(), provision::models::find("8845"));
    let lines = ["101", "201"].map(|number| number.parse().unwrap());
    phone.layer.keys.extend((1..).zip(lines.clone().map(|number| Some(Key::line(number)))));
    let retired = Phone { state: State::Retired, ..Phone::new(RETIRED.parse().unwrap(), None) };
    let lines = lines.map(|number| Change::PutLine(Line::new(number)));
    let changes = lines.into_iter().chain([phone, retired].map(Change::PutPhone));
    store.change(&changes.collect::<Vec<_>>()).await.unwrap();

    let config = Live::new(site.config.clone());
    let inventory = Inventory::new(store.clone(), Surroundings::default());
    let metrics = Arc::default();
    let artifacts = Artifacts::with_inventory(config.clone(), Arc::clone(&metrics), Some(inventory));
    let app = App { config, artifacts, metrics, asterisk, ..App::default() };
    let bound = services::bind(&site.config).unwrap().unwrap();
    let address = bound.local_addrs()[0];
    tokio::spawn(bound.serve(app, CancellationToken::new()));
    Running { _site: site, address, store }
}

impl Running {
    async fn kept(&self) -> Vec<Quality> {
        self.store.quality_reports(&QualityQuery::default(), &Page::first(1000)).await.unwrap().rows
    }

    async fn get(&self, query: &str) -> Reply {
        get(self.address, &format!("/quality-report?{query}")).await
    }

    /// Walks the page as the user of a phone does, and gives what is told at the end.
    async fn walk(&self, model: &str, number: &str) -> String {
        let mut visitor = Visitor::new(models::find(model).unwrap(), None);
        visitor.open(&format!("http://{}/quality-report?name=SEP{MINE}", self.address)).await;
        visitor.press(number).await;
        visitor.press("Select").await;
        match &visitor.browser.shown().unwrap().page.content {
            Content::Text(text) => text.clone(),
            other => panic!("{model}: {other:?}"),
        }
    }
}

/// What the patched chan_sip says of a peer whose phone told it how the call went.
const TOLD: &str = "Response: Success\nActionID: ID\nChanneltype: SIP\nName: 101\nDeviceName: SEP001122334455\nUserAgent: \
    Cisco-CP8845/12.8\nRTPRxStat: Dur=13,Pkt=408,Oct=97680,LatePkt=8,LostPkt=2,AvgJit=3,VQMetrics=\"CCR=0.0017;\
    VoRxCodec=PCMU;VoOneWayDelayMs=281;maxJitter=12;MOScq=4.21\"\nRTPTxStat: Dur=13,Pkt=409,Oct=98160\n\n";

async fn told() -> Asterisk {
    let address = recorded(&[LOGIN, ("SIPShowPeer", TOLD)]).await;
    Asterisk::open(account(&format!("ami://{address}"), "x"))
}

#[tokio::test]
async fn phones_of_every_kind_report_a_call_with_what_they_told_of_it() {
    let running = serve(told().await).await;
    for (count, model) in (1..).zip(["7942", "8845", "7821"]) {
        let text = running.walk(model, "3").await;
        for told in
            ["Echo: noted", "Line: 101", "Codec: PCMU", "Lost: 2.3 % (10 of 418)", "Round trip: 562.0 ms"]
        {
            assert!(text.contains(told), "{model}: {told} in {text}");
        }
        let kept = running.kept().await;
        assert_eq!(kept.len(), count);
        let Quality { mac, line, reason, call, .. } = kept[0].clone();
        assert_eq!((mac.to_string().as_str(), line.as_deref(), reason.as_str()), (MINE, Some("101"), "echo"));
        assert_eq!((call.packets, call.lost, call.jitter), (Some(408), Some(10), Some(3000)));
        assert_eq!((call.sent, call.sent_lost, call.round_trip), (Some(409), None, Some(562_000)));
        assert!(call.raw.contains("MOScq=4.21"), "{}", call.raw);
    }
}

#[tokio::test]
async fn a_real_asterisk_knows_of_no_call_and_then_of_one() {
    let pbx = Pbx::start(4);
    let asterisk = pbx.over("ami", "test-only");
    // A dial plan, to answer what is called below.
    park(&asterisk).await;
    for (scheme, model) in [("ami", "7942"), ("http", "8845")] {
        let asterisk = pbx.over(scheme, "test-only");
        once(|| asterisk.peers(), |peers| peers.len() == 3).await;
        let running = serve(asterisk).await;
        let text = running.walk(model, "1").await;
        assert!(text.contains("noted") && text.contains("no call of this phone"), "{scheme}: {text}");
        let kept = running.kept().await;
        assert_eq!((kept.len(), &*kept[0].reason, &kept[0].line), (1, "gaps", &None));
        assert_eq!(kept[0].call, Call::default());
    }

    let call = Action::new("Originate")
        .with("Channel", &format!("PJSIP/201/sip:park@{}:5060", pbx.address))
        .with("Application", "Milliwatt")
        .with("Async", "true");
    asterisk.ask(call).await.unwrap();
    let lines = ["101".to_owned(), "201".to_owned()];
    let counts = |call: &Option<_>| match call {
        Some(offhook::asterisk::statistics::Call { statistics, .. }) => statistics.heard.packets > Some(10),
        None => false,
    };
    let whose = Whose { device: "SEP001122334455", address: [127, 0, 0, 1].into(), peers: &lines };
    once(|| asterisk.call_of(whose), counts).await;
    let running = serve(asterisk).await;
    let text = running.walk("7821", "2").await;
    assert!(text.contains("Line: 201") && text.contains("Codec: ulaw") && text.contains("Lost: "), "{text}");
    let kept = running.kept().await;
    assert!(kept[0].call.packets > Some(10) && kept[0].call.raw.contains("rxjitter="), "{kept:?}");
}

#[tokio::test]
async fn without_an_asterisk_it_is_kept_all_the_same() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let away = Asterisk::open(account(&format!("ami://{nobody}"), "x"));
    for (asterisk, said) in [(away, "does not answer"), (Asterisk::default(), "no telephone system")] {
        let running = serve(asterisk).await;
        let text = running.walk("8845", "9").await;
        assert!(text.contains("noted") && text.contains(said), "{text}");
        let kept = running.kept().await;
        assert_eq!((kept.len(), &*kept[0].reason, &*kept[0].call.raw), (1, "other", ""));
    }
}

#[tokio::test]
async fn one_that_says_nothing_is_waited_for_no_longer_than_a_second() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let asterisk = Asterisk::open(account(&format!("ami://{}", silent.local_addr().unwrap()), "x"));
    let running = serve(asterisk).await;
    let before = Instant::now();
    let reply = running.get(&format!("name=SEP{MINE}&reason=echo")).await;
    // A busy machine is slower than a phone is patient; the limit itself is held to where time stands still.
    assert!(before.elapsed() < Duration::from_secs(10));
    assert!(reply.text().contains("does not answer"), "{}", reply.text());
    assert_eq!(running.kept().await.len(), 1);
}

#[tokio::test]
async fn what_no_phone_sends_is_refused_and_nothing_is_kept() {
    let running = serve(told().await).await;
    let long = format!("name=SEP{MINE}&reason={}", "e".repeat(4000));
    let wrong = ["ECHO", "", "echo%2Fx", "%3Cscript%3E", "%27%3BDROP+TABLE+quality", "%ff%fe"];
    let wrong = wrong.map(|reason| format!("name=SEP{MINE}&reason={reason}"));
    for query in wrong.iter().chain([&long]) {
        let reply = running.get(query).await;
        assert!(reply.text().contains("no such reason"), "{query}: {}", reply.text());
        assert!(!reply.text().contains("<script>"));
    }
    for (query, said) in [
        ("name=SEP00AABBCCDDEE&reason=echo", "Nobody knows SEP00AABBCCDDEE"),
        (&format!("name=SEP{RETIRED}&reason=echo"), "Nobody knows"),
        ("name=SEP00AABBCCDDEE", "Nobody knows"),
        ("name=nonsense&reason=echo", "does not say which it is"),
        ("reason=echo", "does not say which it is"),
    ] {
        let reply = running.get(query).await;
        assert!(reply.text().contains(said), "{query}: {}", reply.text());
    }
    assert_eq!(running.kept().await, []);
}

#[tokio::test]
async fn a_key_that_is_pressed_again_and_again_is_not_listened_to() {
    let running = serve(told().await).await;
    let mut shown = Vec::new();
    for _ in 0..8 {
        shown.push(running.get(&format!("name=SEP{MINE}&reason=echo")).await.text());
    }
    assert_eq!(shown.iter().filter(|text| text.contains("noted")).count(), 5);
    assert!(shown[7].contains("Too many requests"), "{}", shown[7]);
    assert_eq!(running.kept().await.len(), 5);
}
