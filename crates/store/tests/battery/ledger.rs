//! Trust lists that were published, and which of them each phone holds.

use provision::ledger::{Asked, Contents, Entry, Event, Fetch, Listed};
use store::{Error, Published, Store};

use crate::place::{Place, battery, mac};

battery!(
    lists_are_published_one_after_the_other,
    of_two_who_publish_at_once_one_is_told,
    what_phones_do_is_kept,
    phones_of_two_servers_lose_nothing,
    asking_without_signature_is_kept_where_it_matters,
);

fn contents(digest: &str) -> Contents {
    Contents {
        digest: digest.into(),
        signer: "s1".into(),
        sasts: vec!["s1".into(), "s2".into()],
        tvs: vec!["t'1\"ü".into()],
        vouches_for_files: true,
    }
}

fn list(digest: &str) -> Published {
    Published {
        number: 0,
        at: 1_700_000_000,
        by: "root".into(),
        purpose: "first".into(),
        note: "für 'alle'".into(),
        contents: contents(digest),
        certificates: vec![Listed { name: "sast-1".into(), role: "SAST".into(), sha256: "s1".into() }],
        bytes: vec![1, 0, 2, 0xff],
    }
}

fn fetched(digest: &str, at: i64) -> Event {
    let (name, source) = ("ITLFile.tlv".into(), "2001:db8::7".into());
    Event::Fetched(Fetch { contents: contents(digest), name, at, source })
}

fn asked(at: i64) -> Event {
    Event::Asked(Asked::Signed, at)
}

async fn note(store: &Store, phone: u32, event: Event) {
    store.note_in_ledger(&[(mac(phone), event)], true, |_| None).await.unwrap();
}

async fn held(store: &Store, phone: u32) -> Option<String> {
    let entry = store.ledger_entry(mac(phone)).await.unwrap()?;
    Some(entry.held?.contents.digest)
}

/// Something of everything, for backups: two lists and three phones.
pub(crate) async fn fill_in(store: &Store) {
    store.publish_trust_list(&list("a"), 0).await.unwrap();
    store.publish_trust_list(&list("b"), 1).await.unwrap();
    let events =
        [(mac(1), fetched("a", 1)), (mac(1), asked(2)), (mac(2), fetched("b", 3)), (mac(3), asked(4))];
    store.note_in_ledger(&events, true, |_| None).await.unwrap();
}

async fn lists_are_published_one_after_the_other(place: Place) {
    let store = place.store().await;
    assert_eq!(store.last_trust_list().await.unwrap(), None);
    let before = store.current_generation().await.unwrap();
    assert_eq!(store.publish_trust_list(&list("a"), 0).await.unwrap(), 1);
    assert_eq!(store.publish_trust_list(&list("b"), 1).await.unwrap(), 2);
    assert_eq!(store.current_generation().await.unwrap(), before + 2, "phones get it at once");
    for after in [0, 1, 3] {
        assert!(matches!(store.publish_trust_list(&list("c"), after).await, Err(Error::Overtaken)));
    }
    let last = Published { number: 2, ..list("b") };
    assert_eq!(store.last_trust_list().await.unwrap().as_ref(), Some(&last));
    assert_eq!(store.trust_list(1).await.unwrap(), Some(Published { number: 1, ..list("a") }));
    assert_eq!(store.trust_list(3).await.unwrap(), None);
    assert_eq!(store.trust_lists().await.unwrap(), [last, Published { number: 1, ..list("a") }]);
}

async fn of_two_who_publish_at_once_one_is_told(place: Place) {
    let mut all = tokio::task::JoinSet::new();
    for which in 0..8 {
        let store = place.store().await;
        all.spawn(async move { store.publish_trust_list(&list(&which.to_string()), 0).await });
    }
    let done = all.join_all().await;
    assert_eq!(done.iter().filter(|done| matches!(done, Ok(1))).count(), 1);
    assert_eq!(done.iter().filter(|done| matches!(done, Err(Error::Overtaken))).count(), 7);
    assert_eq!(place.store().await.trust_lists().await.unwrap().len(), 1);
}

async fn what_phones_do_is_kept(place: Place) {
    let store = place.store().await;
    let generation = store.current_generation().await.unwrap();
    // More than one statement takes, several events of each in order.
    let events: Vec<_> = (0..700)
        .flat_map(|phone| {
            [(mac(phone), fetched("a", 10)), (mac(phone), asked(11)), (mac(phone), fetched("b", 20))]
        })
        .collect();
    store.note_in_ledger(&events, true, |_| None).await.unwrap();
    assert_eq!(store.ledger().await.unwrap().len(), 700);
    for (_, entry) in store.ledger_between(mac(3), mac(699)).await.unwrap() {
        let (held, fetched) = (entry.held.unwrap(), entry.fetched.unwrap());
        assert_eq!((held.contents, held.since), (contents("a"), 11));
        assert_eq!(
            (fetched.contents, fetched.at, fetched.source.as_str()),
            (contents("b"), 20, "2001:db8::7")
        );
    }
    // Thinking goes on where it ended.
    note(&store, 5, asked(21)).await;
    assert_eq!((held(&store, 5).await, held(&store, 6).await), (Some("b".into()), Some("a".into())));
    let mut next = contents("c");
    (next.signer, next.sasts) = ("s3".into(), vec!["s3".into()]);
    let take = Event::Fetched(Fetch { contents: next, name: "x".into(), at: 30, source: "::1".into() });
    store
        .note_in_ledger(&[(mac(5), take), (mac(5), asked(31))], true, |_| Some("t'1\"ü".into()))
        .await
        .unwrap();
    assert_eq!(held(&store, 5).await, Some("c".into()), "the service vouched");
    assert_eq!(store.forget_in_ledger(&[mac(5), mac(6), mac(9000)]).await.unwrap(), 2);
    assert_eq!(store.ledger_entry(mac(5)).await.unwrap(), None);
    assert_eq!(store.current_generation().await.unwrap(), generation, "nothing is made anew for that");
}

async fn phones_of_two_servers_lose_nothing(place: Place) {
    let mut all = tokio::task::JoinSet::new();
    for turn in 0..20 {
        let store = place.store().await;
        all.spawn(async move {
            let phone = turn % 2;
            let event = if turn < 10 { fetched("a", i64::from(turn)) } else { asked(100 + i64::from(turn)) };
            note(&store, phone, event).await;
        });
    }
    all.join_all().await;
    let store = place.store().await;
    for phone in [0, 1] {
        let entry = store.ledger_entry(mac(phone)).await.unwrap().unwrap();
        assert_eq!(entry.fetched.unwrap().at, 8 + i64::from(phone));
        assert_eq!(entry.signed_at, Some(118 + i64::from(phone)));
    }
}

async fn asking_without_signature_is_kept_where_it_matters(place: Place) {
    let store = place.store().await;
    let plain = |phone| [(mac(phone), Event::Asked(Asked::Plain, 50))];
    store.note_in_ledger(&plain(1), false, |_| None).await.unwrap();
    assert_eq!(store.ledger().await.unwrap(), []);
    store.note_in_ledger(&plain(1), true, |_| None).await.unwrap();
    let known = store.ledger_entry(mac(1)).await.unwrap();
    assert_eq!(known, Some(Entry { plain_at: Some(50), ..Entry::default() }));
    // Of a phone that held one it is always kept: it was erased.
    let events = [(mac(2), fetched("a", 10)), (mac(2), asked(11))];
    store.note_in_ledger(&events, false, |_| None).await.unwrap();
    store.note_in_ledger(&plain(2), false, |_| None).await.unwrap();
    assert_eq!(held(&store, 2).await, None);
    // What tells nothing makes no entry.
    let encrypted = [(mac(9), Event::Asked(Asked::Encrypted, 50))];
    store.note_in_ledger(&encrypted, true, |_| None).await.unwrap();
    assert!(store.ledger_entry(mac(9)).await.unwrap().is_none());
}
