//! Phones that came by themselves, and what phones fetched.

use std::collections::BTreeSet;

use provision::inventory::{Change, GroupKind, Phone, State};
use store::{Fetched, Newcomer, Numbers, Page, PhoneQuery, Store};

use crate::place::{Place, battery, group, mac, number, phone};

battery!(
    a_phone_waits_under_a_code_of_its_own,
    those_that_waited_longest_fall_out,
    only_one_of_two_claims_a_phone,
    a_phone_that_somebody_made_wait_gets_a_code,
    a_phone_is_taken_in_with_the_next_number,
    many_that_are_taken_in_at_once_get_numbers_of_their_own,
    the_last_that_was_fetched_is_kept
);

const NUMBERS: Numbers = Numbers { first: 98, last: 102, digits: 4 };

fn newcomer(last: u32, now: i64) -> Newcomer<'static> {
    Newcomer { mac: mac(last), source: "192.0.2.9", now }
}

/// Codes in a row: `A1`, `A2`, …
fn codes() -> impl FnMut() -> String {
    let mut count = 0;
    move || {
        count += 1;
        format!("a-{count}")
    }
}

async fn waiting(store: &Store) -> u64 {
    let query = PhoneQuery { state: Some(State::Waiting), ..PhoneQuery::default() };
    store.phones(&query, &Page::first(10)).await.unwrap().total
}

async fn a_phone_waits_under_a_code_of_its_own(place: Place) {
    let store = place.store().await;
    let generation = store.current_generation().await.unwrap();
    let one = store.park(newcomer(1, 1000), 10, codes()).await.unwrap().unwrap();
    assert_eq!((one.code.as_str(), one.since, one.source.as_str()), ("A1", 1000, "192.0.2.9"));
    assert_eq!(store.waiting_from("192.0.2.9").await.unwrap(), Some(one));
    assert_eq!(store.waiting_from("192.0.2.8").await.unwrap(), None);
    let other = store.park(newcomer(2, 1001), 10, codes()).await.unwrap().unwrap();
    assert_eq!(other.code, "A2", "the first was drawn again, and is in use");
    // It asks again: the same code, and when it asked is known to the minute.
    let soon = store.park(newcomer(1, 1030), 10, codes()).await.unwrap().unwrap();
    assert_eq!((soon.code.as_str(), soon.seen), ("A1", 1000));
    let later = store.park(newcomer(1, 1090), 10, codes()).await.unwrap().unwrap();
    assert_eq!((later.since, later.seen), (1000, 1090));
    assert_eq!(store.waiting(mac(1)).await.unwrap(), Some(later.clone()));
    assert_eq!(store.waiting_by_code("a 1").await.unwrap(), Some(later.clone()));
    assert_eq!(store.waiting_by_code("A3").await.unwrap(), None);
    assert_eq!(store.waiting_from("192.0.2.9").await.unwrap(), None, "two of them ask from there");
    assert_eq!(store.waiting_of(&[mac(1), mac(2), mac(3)]).await.unwrap(), [later, other]);
    assert_eq!(store.waiting_of(&[]).await.unwrap(), []);
    assert_eq!(store.phone(mac(1)).await.unwrap().unwrap().state, State::Waiting);
    assert_eq!(store.current_generation().await.unwrap(), generation);
    // A phone that is known does not wait.
    store.change(&[Change::PutPhone(phone(mac(4), &[]))]).await.unwrap();
    assert_eq!(store.park(newcomer(4, 1000), 10, codes()).await.unwrap(), None);
}

async fn those_that_waited_longest_fall_out(place: Place) {
    let store = place.store().await;
    for (count, now) in [(1, 1000), (2, 1100), (3, 1200)] {
        store.park(newcomer(count, now), 3, codes()).await.unwrap().unwrap();
    }
    store.park(newcomer(1, 1300), 3, codes()).await.unwrap().unwrap();
    store.park(newcomer(4, 1400), 3, codes()).await.unwrap().unwrap();
    assert_eq!(waiting(&store).await, 3);
    assert_eq!(store.waiting(mac(2)).await.unwrap(), None, "the first asked again, this one did not");
    assert_eq!(store.phone(mac(2)).await.unwrap(), None);
    // Room for none keeps none; those that are served stay.
    store.change(&[Change::PutPhone(phone(mac(9), &[]))]).await.unwrap();
    store.park(newcomer(5, 1500), 0, codes()).await.unwrap();
    assert_eq!(waiting(&store).await, 0);
    assert!(store.phone(mac(9)).await.unwrap().is_some());
}

async fn only_one_of_two_claims_a_phone(place: Place) {
    let store = place.store().await;
    store.park(newcomer(1, 1000), 10, codes()).await.unwrap().unwrap();
    let claim = [Change::PutPhone(phone(mac(1), &[]))];
    let (one, other) = tokio::join!(store.claim("a1", &claim), store.claim("A1", &claim));
    let told = [one, other].into_iter().filter_map(Result::err).map(|error| error.to_string());
    assert_eq!(told.collect::<Vec<_>>(), ["there is no phone that waits under the code A1"]);
    assert_eq!(store.phone(mac(1)).await.unwrap().unwrap().state, State::Active);
    assert_eq!(store.waiting(mac(1)).await.unwrap(), None);
    // What does not fit changes nothing, and the phone still waits.
    store.park(newcomer(2, 1000), 10, codes()).await.unwrap().unwrap();
    let lost = Phone { profile: Some("nowhere".into()), ..phone(mac(2), &[]) };
    assert!(store.claim("A1", &[Change::PutPhone(lost)]).await.unwrap_err().to_string().contains("nowhere"));
    assert_eq!(store.waiting(mac(2)).await.unwrap().unwrap().code, "A1");
}

async fn a_phone_that_somebody_made_wait_gets_a_code(place: Place) {
    let store = place.store().await;
    let by_hand = Phone { state: State::Waiting, description: "Lobby".into(), ..phone(mac(1), &[]) };
    store.change(&[Change::PutPhone(by_hand.clone())]).await.unwrap();
    assert_eq!(store.waiting(mac(1)).await.unwrap(), None);
    assert_eq!(store.park(newcomer(1, 1000), 10, codes()).await.unwrap().unwrap().code, "A1");
    assert_eq!(store.phone(mac(1)).await.unwrap(), Some(by_hand));
}

async fn a_phone_is_taken_in_with_the_next_number(place: Place) {
    let store = place.store().await;
    store.change(&[Change::PutGroup(group(GroupKind::Profile, "desk"))]).await.unwrap();
    let before = store.generation();
    let newcomer = |last| Phone { profile: Some("desk".into()), ..Phone::new(mac(last), None) };
    assert_eq!(store.register(&newcomer(1), NUMBERS).await.unwrap(), Some(number("0098")));
    assert_eq!(store.generation(), before + 1);
    assert_eq!(store.register(&newcomer(1), NUMBERS).await.unwrap(), None);
    assert_eq!(store.generation(), before + 1, "nothing was changed");
    assert_eq!(store.register(&newcomer(2), NUMBERS).await.unwrap(), Some(number("0099")));
    store.change(&[Change::RemovePhone(mac(1)), Change::RemoveLine(number("0098"))]).await.unwrap();
    assert_eq!(
        store.register(&newcomer(3), NUMBERS).await.unwrap(),
        Some(number("0098")),
        "the gap is filled"
    );
    let kept = store.bundle(mac(3)).await.unwrap().unwrap();
    assert_eq!(kept.phone.layer.keys[&1].as_ref().unwrap().line, Some(number("0098")));
    assert!(kept.lines.contains_key(&number("0098")) && kept.groups.len() == 1);
    for last in 4..7 {
        store.register(&newcomer(last), NUMBERS).await.unwrap().unwrap();
    }
    let full = store.register(&newcomer(7), NUMBERS).await.unwrap_err();
    assert_eq!(full.to_string(), "there is no free number from 0098 to 0102");
    let lost = Phone { profile: Some("nowhere".into()), ..newcomer(8) };
    let wide = Numbers { last: 200, ..NUMBERS };
    assert!(store.register(&lost, wide).await.unwrap_err().is_refusal());
    assert_eq!(store.line(&number("0103")).await.unwrap(), None, "all or nothing");
}

async fn many_that_are_taken_in_at_once_get_numbers_of_their_own(place: Place) {
    let (store, other) = (place.store().await, place.store().await);
    let wide = Numbers { first: 1, last: 99, digits: 2 };
    let tasks = (0..20).map(|last| {
        let store = if last % 2 == 0 { store.clone() } else { other.clone() };
        // Each asks twice, as a phone does that asks over HTTP and TFTP.
        tokio::spawn(async move { store.register(&Phone::new(mac(last / 2), None), wide).await.unwrap() })
    });
    let mut numbers = BTreeSet::new();
    let mut given = 0;
    for task in tasks.collect::<Vec<_>>() {
        if let Some(number) = task.await.unwrap() {
            numbers.insert(number);
            given += 1;
        }
    }
    assert_eq!((given, numbers.len()), (10, 10));
    assert_eq!(numbers.last(), Some(&number("10")));
}

async fn the_last_that_was_fetched_is_kept(place: Place) {
    let store = place.store().await;
    let fetched = |last, at, stamp: &str| Fetched {
        mac: mac(last),
        stamp: stamp.to_owned(),
        fingerprint: last.to_be_bytes().to_vec(),
        at,
        transport: "https".to_owned(),
        source: "2001:db8::1".to_owned(),
    };
    let many: Vec<Fetched> = (0..=255).map(|last| fetched(last, 500, "x")).collect();
    store.remember_fetched(&many).await.unwrap();
    let twice = [fetched(1, 1000, "new"), fetched(1, 900, "old"), fetched(2, 400, "late news")];
    store.remember_fetched(&twice).await.unwrap();
    store.remember_fetched(&[]).await.unwrap();
    assert_eq!(store.fetched(mac(1)).await.unwrap(), Some(fetched(1, 1000, "new")));
    let some = store.fetched_between(mac(1), mac(3)).await.unwrap();
    assert_eq!(some, [fetched(1, 1000, "new"), fetched(2, 500, "x"), fetched(3, 500, "x")]);
}
