//! Asking a real Asterisk, over TCP and over HTTP, and recorded ones of other versions; none of them when it is away.

#![expect(clippy::unwrap_used, reason = "tests")]

mod pbx;

use std::time::Duration;

use offhook::asterisk::peers::Driver;
use offhook::asterisk::statistics::Whose;
use offhook::asterisk::{Asterisk, Trouble};
use pbx::{LOGIN, Pbx, account, once, park, recorded};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use wire::ami::Action;

#[tokio::test]
async fn a_real_asterisk_tells_who_and_what_there_is() {
    let pbx = Pbx::start(0);
    for scheme in ["ami", "http"] {
        let asterisk = pbx.over(scheme, "test-only");
        let boxes = once(|| asterisk.mailboxes(), |boxes| boxes.len() == 65).await;
        assert_eq!((&*boxes[0].name, &*boxes[0].number), ("Alice Ångström", "101"), "{scheme}");
        assert_eq!(boxes[1].name, "Bob & Sons <Sales>");
        assert_eq!((&*boxes[64].name, &*boxes[64].number), ("", "104"), "without a name, so last");

        let peers = once(|| asterisk.peers(), |peers| peers.len() == 3).await;
        let shown: Vec<_> =
            peers.iter().map(|peer| (&*peer.name, peer.driver, peer.is_registered())).collect();
        assert_eq!(
            shown,
            [("101", Driver::Sip, false), ("102", Driver::Sip, false), ("201", Driver::Pjsip, false)]
        );

        let before = asterisk.parked().await.unwrap().len();
        park(&asterisk).await;
        let parked = once(|| asterisk.parked(), |parked| parked.len() == before + 1).await;
        assert_eq!(parked[before].space, format!("70{}", before + 1));
        assert!(parked[before].seconds_left.is_some_and(|seconds| seconds <= 45));

        let refused = asterisk.ask(Action::new("MakeCoffee")).await.unwrap_err();
        assert!(matches!(refused, Trouble::Cannot { .. }), "{scheme}: {refused}");
        let wrong = pbx.over(scheme, "a guess");
        // It takes longer to refuse somebody than a phone waits, so at first it is only slow.
        let refused = once(
            async || Ok::<_, Trouble>(wrong.mailboxes().await.unwrap_err()),
            |trouble| matches!(trouble, Trouble::Refused { .. }),
        );
        assert!(refused.await.to_string().contains("manager.conf"), "{scheme}");
    }
}

#[tokio::test]
async fn an_asterisk_that_goes_and_comes_is_asked_again() {
    let mut pbx = Pbx::start(1);
    let asterisk = pbx.over("ami", "test-only");
    let mut events = asterisk.events().unwrap();
    once(|| asterisk.mailboxes(), |boxes| boxes.len() == 65).await;
    pbx.kill();
    let away = loop {
        if let Err(trouble) = asterisk.mailboxes().await {
            break trouble;
        }
    };
    assert!(matches!(away, Trouble::Away { .. }), "{away}");
    pbx.again();
    once(|| asterisk.mailboxes(), |boxes| boxes.len() == 65).await;
    park(&asterisk).await;
    // Events are followed over the new connection.
    let told = async { while !events.recv().await.unwrap().is_event("ParkedCall") {} };
    tokio::time::timeout(Duration::from_secs(60), told).await.unwrap();
}

#[tokio::test]
async fn many_ask_at_one_time_and_each_gets_its_own_answer() {
    let pbx = Pbx::start(2);
    let asterisk = pbx.over("ami", "test-only");
    once(|| asterisk.mailboxes(), |boxes| boxes.len() == 65).await;
    let mut asking = tokio::task::JoinSet::new();
    for number in 0..200 {
        let asterisk = asterisk.clone();
        asking.spawn(async move {
            match number % 3 {
                0 => asterisk.mailboxes().await.map(|boxes| (65, boxes.len())),
                1 => asterisk.peers().await.map(|peers| (3, peers.len())),
                _ => asterisk.parked().await.map(|parked| (0, parked.len())),
            }
        });
    }
    while let Some(asked) = asking.join_next().await {
        // A machine that is busy may be too slow for some; nobody gets what another asked for.
        match asked.unwrap() {
            Ok((expected, found)) => assert_eq!(expected, found),
            Err(trouble) => assert!(matches!(trouble, Trouble::Slow(_)), "{trouble}"),
        }
    }
}

#[tokio::test]
async fn versions_that_announce_no_lists_are_understood() {
    let address = recorded(&[
        LOGIN,
        (
            "ParkedCalls",
            "Response: Success\nActionID: ID\nMessage: Parked calls will follow\n\nEvent: PeerStatus\nPrivilege: system,all\nPeer: \
             SIP/7\nPeerStatus: Reachable\n\nEvent: ParkedCall\nParkinglot: default\nExten: 701\nChannel: \
             SIP/7-00000002\nFrom: SIP/8-00000003\nTimeout: 32\nCallerIDNum: 7\nCallerIDName: Old Version\n\
             ConnectedLineNum: 8\nActionID: ID\n\nEvent: ParkedCallsComplete\nActionID: ID\nTotal: 1\n\n",
        ),
        (
            "SIPpeers",
            "Response: Success\nActionID: ID\nMessage: Peer status list will follow\nEventList: start\n\nEvent: \
             SIPPeer\nActionID: ID\nName: 7\nAddress: 192.0.2.7\nAddressPort: 49200\nStatus: OK (9 ms)\nDeviceName: \
             SEP001122334455\n\nEvent: SIPPeersComplete\nActionID: ID\nEventList: Complete\nListItems: 1\n\n",
        ),
    ])
    .await;
    let asterisk = Asterisk::open(account(&format!("ami://{address}"), "x"));
    let parked = asterisk.parked().await.unwrap();
    assert_eq!((parked.len(), &*parked[0].space, &*parked[0].name), (1, "701", "Old Version"));
    let peers = asterisk.peers().await.unwrap();
    assert_eq!(peers.len(), 1, "a driver that is not there has no peers");
    assert_eq!((peers[0].device.as_deref(), peers[0].is_registered()), (Some("SEP001122334455"), true));
}

const CHANNELS: &str = "Response: Success\nActionID: ID\nEventList: start\nMessage: Channels will follow\n\n\
    Event: CoreShowChannel\nActionID: ID\nChannel: PJSIP/201-00000002\nChannelStateDesc: Up\nDuration: 00:00:03\n\n\
    Event: CoreShowChannel\nActionID: ID\nChannel: PJSIP/201-00000001\nChannelStateDesc: Up\nDuration: 00:10:03\n\n\
    Event: CoreShowChannelsComplete\nActionID: ID\nEventList: Complete\nListItems: 2\n\n";

/// Two phones talk over the line that both have; the second began earlier.
#[tokio::test]
async fn of_a_line_that_phones_share_each_has_its_own_call() {
    let address = recorded(&[
        LOGIN,
        ("CoreShowChannels", CHANNELS),
        (
            "Getvar PJSIP/201-00000001 CHANNEL(rtp,dest)",
            "Response: Success\nActionID: ID\nValue: 192.0.2.7:5060\n\n",
        ),
        (
            "Getvar PJSIP/201-00000001 CHANNEL(rtcp,all)",
            "Response: Success\nActionID: ID\nValue: lp=0;rxcount=1;txcount=11;rlp=0\n\n",
        ),
        (
            "Getvar PJSIP/201-00000002 CHANNEL(rtcp,all)",
            "Response: Success\nActionID: ID\nValue: lp=0;rxcount=2;txcount=22;rlp=0\n\n",
        ),
    ])
    .await;
    let asterisk = Asterisk::open(account(&format!("ami://{address}"), "x"));
    let peers = ["201".to_owned()];
    for (last, packets) in [(7, 11), (8, 22)] {
        let whose = Whose { device: "SEP001122334455", address: [192, 0, 2, last].into(), peers: &peers };
        let call = asterisk.call_of(whose).await.unwrap().unwrap();
        assert_eq!(call.statistics.heard.packets, Some(packets), "nobody else is known to be there");
    }
}

#[tokio::test]
async fn who_is_no_asterisk_is_told_apart_and_nobody_waits() {
    let never = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = never.local_addr().unwrap();
    drop(never);
    for scheme in ["ami", "http"] {
        let asterisk = Asterisk::open(account(&format!("{scheme}://{closed}"), "x"));
        assert!(matches!(asterisk.parked().await.unwrap_err(), Trouble::Away { .. }));
    }
    assert_eq!(Asterisk::default().parked().await.unwrap_err(), Trouble::None);

    let chatter = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = chatter.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = chatter.accept().await {
            let _ = stream.write_all(&vec![b'a'; 100_000]).await;
        }
    });
    let asterisk = Asterisk::open(account(&format!("ami://{address}"), "x"));
    let trouble = asterisk.parked().await.unwrap_err();
    assert!(matches!(trouble, Trouble::Nonsense { .. } | Trouble::Away { .. }), "{trouble}");
    let asterisk = Asterisk::open(account(&format!("http://{address}"), "x"));
    assert!(asterisk.parked().await.is_err());
}

/// Time stands still until everybody waits, so this takes none.
#[tokio::test(start_paused = true)]
async fn one_that_says_nothing_is_given_up() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    for scheme in ["ami", "http"] {
        let asterisk = Asterisk::open(account(&format!("{scheme}://{}", silent.local_addr().unwrap()), "x"));
        let before = tokio::time::Instant::now();
        assert!(asterisk.parked().await.is_err());
        assert!(before.elapsed() <= Duration::from_secs(1), "a phone gets its page within a second");
        let before = tokio::time::Instant::now();
        let lines = ["101", "102", "103"].map(str::to_owned);
        let whose = Whose { device: "SEP001122334455", address: [192, 0, 2, 7].into(), peers: &lines };
        assert!(asterisk.call_of(whose).await.is_err());
        assert!(before.elapsed() <= Duration::from_secs(1), "however many lines it has");
    }
}
