//! A real Asterisk, of the version that is installed.

use std::time::Duration;

use offhook::asterisk::Trouble;
use offhook::asterisk::peers::Driver;
use wire::ami::Action;

use crate::pbx::{Pbx, once, park};

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
