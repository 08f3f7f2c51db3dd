//! What phones did.

use std::net::IpAddr;

use provision::inventory::{Change, State};
use provision::mac::Mac;
use provision::timeline::{Event, KnownBy, Outcome, Via, What};
use store::{Neighbour, Store, Subject};

use crate::place::{Place, battery, mac, phone};

battery!(
    events_are_kept_as_they_were,
    the_last_of_each_phone_stay,
    the_last_of_all_stay,
    phones_are_read_in_ranges,
    whoever_is_not_in_the_inventory_is_found,
    names_asked_from_one_address_are_counted,
    events_at_once_lose_nothing,
);

fn event(at: i64, phone: Option<Mac>, name: &str) -> Event {
    Event {
        at,
        phone,
        known_by: if phone.is_some() { KnownBy::Name } else { KnownBy::Nothing },
        address: "192.0.2.1".parse().unwrap(),
        via: Via::Http,
        what: What::File,
        name: name.to_owned(),
        outcome: Outcome::Sent,
        reason: String::new(),
        bytes: 17,
        took: 900,
        agent: String::new(),
    }
}

async fn names(store: &Store, subject: Subject) -> Vec<String> {
    let kept = store.events_of(subject, 100).await.unwrap();
    kept.into_iter().map(|one| one.event.name).collect()
}

async fn events_are_kept_as_they_were(place: Place) {
    let store = place.store().await;
    let generation = store.current_generation().await.unwrap();
    let address: IpAddr = "2001:db8::1".parse().unwrap();
    let mut all = Vec::new();
    for (number, what) in What::ALL.iter().enumerate() {
        for (place, outcome) in Outcome::ALL.iter().enumerate() {
            let mut one = event(number as i64, Some(mac(1)), "'; DROP TABLE events; --\"ü");
            (one.what, one.outcome) = (*what, *outcome);
            one.via = Via::ALL[(number + place) % Via::ALL.len()];
            one.known_by = if place % 2 == 0 { KnownBy::Name } else { KnownBy::Address };
            (one.bytes, one.took) = (u64::from(u32::MAX) * 9, 1 << 40);
            (one.reason, one.agent) = ("weil's so ist".into(), "Cisco-CP8851/14.2".into());
            all.push(one);
        }
    }
    store.keep_events(&all).await.unwrap();
    store.keep_events(&[Event { address, ..event(5, None, "Ringlist.xml") }]).await.unwrap();
    store.keep_events(&[]).await.unwrap();
    let kept = store.events_of(Subject::Phone(mac(1)), 1000).await.unwrap();
    assert_eq!(kept.iter().map(|one| one.event.clone()).collect::<Vec<_>>(), all);
    assert!(kept.is_sorted_by_key(|one| one.id));
    assert_eq!(names(&store, Subject::Address(address)).await, ["Ringlist.xml"]);
    // From there on, of one or of all.
    let last = kept.last().unwrap().id;
    assert_eq!(store.events_after(last, None, 10).await.unwrap().len(), 1);
    assert_eq!(store.events_after(last, Some(Subject::Phone(mac(1))), 10).await.unwrap(), []);
    assert_eq!(store.events_after(0, Some(Subject::Phone(mac(1))), 3).await.unwrap(), kept[..3]);
    assert_eq!(store.current_generation().await.unwrap(), generation, "no configuration hangs on it");
}

async fn the_last_of_each_phone_stay(place: Place) {
    let store = place.store().await;
    let both =
        |number: i64| [event(number, Some(mac(1)), &number.to_string()), event(number, Some(mac(2)), "x")];
    let events: Vec<Event> = (0..40).flat_map(both).collect();
    store.keep_events(&events).await.unwrap();
    store.prune_events(&[Subject::Phone(mac(1)), Subject::Phone(mac(9))], 3).await.unwrap();
    assert_eq!(names(&store, Subject::Phone(mac(1))).await, ["37", "38", "39"]);
    assert_eq!(names(&store, Subject::Phone(mac(2))).await.len(), 40);
    store.prune_events(&[Subject::Phone(mac(1))], 3).await.unwrap();
    assert_eq!(store.count_events().await.unwrap(), 43);
}

async fn the_last_of_all_stay(place: Place) {
    let store = place.store().await;
    assert_eq!(store.trim_events(5).await.unwrap(), 0);
    let events: Vec<Event> =
        (0..1200).map(|number| event(number, Some(mac(number as u32 % 7)), "x")).collect();
    store.keep_events(&events).await.unwrap();
    assert_eq!(store.trim_events(2000).await.unwrap(), 0);
    assert_eq!(store.trim_events(100).await.unwrap(), 1100);
    let left = store.events_after(0, None, 1000).await.unwrap();
    assert_eq!((left.len(), left[0].event.at), (100, 1100));
    // Numbers are never given twice, even when all went.
    store.trim_events(0).await.unwrap();
    store.keep_events(&[event(7, Some(mac(1)), "y")]).await.unwrap();
    assert!(store.events_after(left[99].id, None, 10).await.unwrap().len() == 1);
}

async fn phones_are_read_in_ranges(place: Place) {
    let store = place.store().await;
    let mut events = vec![event(0, None, "nobody's")];
    for number in 0..50 {
        events.extend((0..9).map(|phone| event(number, Some(mac(phone)), "x")));
    }
    store.keep_events(&events).await.unwrap();
    let kept = store.events_between(mac(2), mac(4), 10).await.unwrap();
    let phones: Vec<_> = kept.iter().map(|one| one.event.phone.unwrap()).collect();
    assert_eq!(phones, [[mac(2); 10], [mac(3); 10], [mac(4); 10]].concat());
    assert_eq!(kept[..10].iter().map(|one| one.event.at).collect::<Vec<_>>(), (40..50).collect::<Vec<_>>());
    let top = Mac::new([0xff; 6]);
    assert_eq!(store.events_between(mac(0), top, 1).await.unwrap().len(), 9, "an address is no phone");
}

async fn whoever_is_not_in_the_inventory_is_found(place: Place) {
    let store = place.store().await;
    store.change(&[Change::PutPhone(phone(mac(2), &[]))]).await.unwrap();
    let heard = [4, 2, 1, 3].map(|number| event(0, Some(mac(number)), "x"));
    store.keep_events(&heard).await.unwrap();
    store.keep_events(&[event(0, None, "x")]).await.unwrap();
    assert_eq!(store.strangers(None, 10).await.unwrap(), [mac(1), mac(3), mac(4)]);
    assert_eq!(store.strangers(Some(mac(1)), 1).await.unwrap(), [mac(3)]);
}

async fn names_asked_from_one_address_are_counted(place: Place) {
    let store = place.store().await;
    let mut waits = phone(mac(3), &[]);
    waits.state = State::Waiting;
    store.change(&[Change::PutPhone(phone(mac(2), &[])), Change::PutPhone(waits)]).await.unwrap();
    let mut events: Vec<Event> =
        (1..5).map(|number| event(1000, Some(mac(number)), "SEP000000000000.cnf.xml")).collect();
    events.push(event(1001, Some(mac(1)), "CTLSEP001100000001.tlv"));
    events.push(event(9000, Some(mac(7)), "SEP000000000000.cnf.xml"));
    events.push(Event {
        address: "192.0.2.9".parse().unwrap(),
        ..event(1000, Some(mac(8)), "SEP000000000000.cnf.xml")
    });
    events.push(Event { known_by: KnownBy::Address, ..event(1000, Some(mac(9)), "ITLFile.tlv") });
    store.keep_events(&events).await.unwrap();
    let mut found = store.neighbours("192.0.2.1".parse().unwrap(), 1000, 2000).await.unwrap();
    found.sort_by_key(|one| one.mac);
    let one = |number, asked_list| Neighbour { mac: mac(number), asked_list };
    assert_eq!(found, [one(1, true), one(3, false), one(4, false)]);
}

async fn events_at_once_lose_nothing(place: Place) {
    let store = place.store().await;
    let mut all = tokio::task::JoinSet::new();
    for writer in 0..8 {
        let store = store.clone();
        all.spawn(async move {
            for round in 0..10 {
                let some: Vec<Event> =
                    (0..20).map(|at| event(at, Some(mac(writer)), &round.to_string())).collect();
                store.keep_events(&some).await.unwrap();
                store.prune_events(&[Subject::Phone(mac(writer))], 50).await.unwrap();
            }
        });
    }
    all.join_all().await;
    assert_eq!(store.count_events().await.unwrap(), 8 * 50);
}
