//! Lists: filters, pages, search.

use std::collections::BTreeSet;

use provision::inventory::{Change, GroupKind, State};
use provision::mac::Mac;
use store::{Page, PhoneQuery, Store};

use crate::place::{Place, battery, group, line, mac, number, phone, put};

battery!(
    phones_are_found_by_what_they_are,
    phones_are_found_by_text,
    pages_hold_while_phones_come,
    pages_by_offset,
    lines_in_order_of_bytes,
    the_count_is_right_whatever_happens,
);

async fn macs(store: &Store, query: PhoneQuery) -> Vec<Mac> {
    let listed = store.phones(&query, &Page::first(100)).await.unwrap();
    assert_eq!(listed.total, listed.rows.len() as u64);
    listed.rows.iter().map(|row| row.mac).collect()
}

async fn filled(place: &Place) -> Store {
    let store = place.store().await;
    let mut desk = phone(mac(1), &["1001", "2002"]);
    desk.site = Some("Berlin".into());
    desk.description = "Empfang ÜBERGANG 100%".into();
    let mut hall = phone(mac(2), &["2002"]);
    hall.profile = Some("hall".into());
    hall.model = provision::models::find("7965");
    hall.notes = "behind_the_door".into();
    let mut lost = phone(mac(3), &[]);
    lost.model = None;
    lost.state = State::Waiting;
    let mut changes = vec![
        Change::PutGroup(group(GroupKind::Site, "Berlin")),
        Change::PutGroup(group(GroupKind::Profile, "hall")),
    ];
    changes.extend([desk, hall, lost].into_iter().flat_map(put));
    store.change(&changes).await.unwrap();
    store
}

async fn phones_are_found_by_what_they_are(place: Place) {
    let store = filled(&place).await;
    let all = PhoneQuery::default;
    assert_eq!(macs(&store, all()).await, [mac(1), mac(2), mac(3)]);
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(macs(&store, PhoneQuery { site: some("Berlin"), ..all() }).await, [mac(1)]);
    assert_eq!(macs(&store, PhoneQuery { profile: some("hall"), ..all() }).await, [mac(2)]);
    assert_eq!(macs(&store, PhoneQuery { model: some("7965"), ..all() }).await, [mac(2)]);
    assert_eq!(macs(&store, PhoneQuery { state: Some(State::Waiting), ..all() }).await, [mac(3)]);
    assert_eq!(macs(&store, PhoneQuery { line: Some(number("2002")), ..all() }).await, [mac(1), mac(2)]);
    let both = PhoneQuery { line: Some(number("2002")), site: some("Berlin"), ..all() };
    assert_eq!(macs(&store, both).await, [mac(1)]);
    assert_eq!(macs(&store, PhoneQuery { site: some("berlin"), ..all() }).await, []);
    let listed = store.phones(&all(), &Page::first(1)).await.unwrap();
    let row = &listed.rows[0];
    assert_eq!((listed.total, row.lines.as_slice()), (3, [number("1001"), number("2002")].as_slice()));
    assert!(row.changed > 1_700_000_000 && row.site.as_deref() == Some("Berlin"));
}

async fn phones_are_found_by_text(place: Place) {
    let store = filled(&place).await;
    for (text, found) in [
        ("empfang", vec![mac(1)]),
        ("Übergang", vec![mac(1)]),
        ("8845", vec![mac(1)]),
        ("sep00110000000", vec![mac(1), mac(2), mac(3)]),
        ("behind_the", vec![mac(2)]),
        ("behindXthe", vec![]),
        ("100%", vec![mac(1)]),
        ("1%0", vec![]),
        ("desk 1001", vec![mac(1)]),
        ("2002", vec![mac(1), mac(2)]),
        ("\\", vec![]),
        ("'; DROP TABLE phones; --", vec![]),
    ] {
        assert_eq!(
            macs(&store, PhoneQuery { text: Some(text.into()), ..PhoneQuery::default() }).await,
            found,
            "{text}"
        );
    }
}

async fn pages_hold_while_phones_come(place: Place) {
    let store = place.store().await;
    let even: Vec<Change> = (1..=50).map(|n| Change::PutPhone(phone(mac(2 * n), &[]))).collect();
    store.change(&even).await.unwrap();
    let mut seen = Vec::new();
    let mut page = Page::first(7);
    loop {
        let listed = store.phones(&PhoneQuery::default(), &page).await.unwrap();
        let Some(last) = listed.rows.last() else { break };
        page = Page::after(last.mac, 7);
        seen.extend(listed.rows.iter().map(|row| row.mac));
        // One comes before what was read, and moves nothing.
        let before = mac(2 * u32::try_from(seen.len()).unwrap() - 1);
        store.change(&[Change::PutPhone(phone(before, &[]))]).await.unwrap();
    }
    let even: Vec<Mac> = (1..=50).map(|n| mac(2 * n)).collect();
    assert_eq!(seen, even);
}

async fn pages_by_offset(place: Place) {
    let store = place.store().await;
    let all: Vec<Change> = (0..23).map(|n| Change::PutPhone(phone(mac(n), &[]))).collect();
    store.change(&all).await.unwrap();
    for (offset, limit) in [(0, 10), (10, 10), (20, 10), (22, 1), (23, 5), (12, 9), (u64::MAX, 5), (3, 0)] {
        let listed = store.phones(&PhoneQuery::default(), &Page::at(offset, limit)).await.unwrap();
        let got: Vec<Mac> = listed.rows.iter().map(|row| row.mac).collect();
        let skip = usize::try_from(offset).unwrap_or(usize::MAX);
        let wanted: Vec<Mac> = (0..23).map(mac).skip(skip).take(limit as usize).collect();
        assert_eq!((listed.total, got), (23, wanted), "{offset} {limit}");
    }
}

async fn lines_in_order_of_bytes(place: Place) {
    let store = place.store().await;
    let texts = ["alice", "Bob", "10", "9", "_x", "+49", "*1", "Zoe", "bob"];
    let changes: Vec<Change> = texts.iter().map(|text| Change::PutLine(line(text))).collect();
    store.change(&changes).await.unwrap();
    let listed = store.lines(None, &Page::first(100)).await.unwrap();
    let got: Vec<_> = listed.rows.iter().map(|line| line.number.as_str()).collect();
    let sorted: Vec<_> = texts.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
    assert_eq!((got, listed.total), (sorted, 9));
    let found = store.lines(Some("DESK b"), &Page::first(100)).await.unwrap();
    assert_eq!((found.total, found.rows.len()), (2, 2));
    let behind = store.lines(None, &Page::after(number("bob"), 100)).await.unwrap();
    assert_eq!((behind.total, behind.rows.len()), (9, 0));
}

async fn the_count_is_right_whatever_happens(place: Place) {
    let store = place.store().await;
    let counted = async |phones: u64, lines: u64| {
        let listed = store.phones(&PhoneQuery::default(), &Page::first(0)).await.unwrap();
        let numbers = store.lines(None, &Page::first(0)).await.unwrap();
        let counts = store.counts().await.unwrap();
        assert_eq!((listed.total, numbers.total), (phones, lines));
        assert_eq!((counts.phones, counts.lines), (phones, lines));
    };
    counted(0, 0).await;
    let many: Vec<Change> = (0..900).flat_map(|n| put(phone(mac(n), &["1001", "1002"]))).collect();
    store.change(&many).await.unwrap();
    counted(900, 2).await;
    // Again, with some that are new.
    let more: Vec<Change> = (500..1000).flat_map(|n| put(phone(mac(n), &["1002", "1003"]))).collect();
    store.change(&more).await.unwrap();
    counted(1000, 3).await;
    let gone: Vec<Change> = (0..1000).map(|n| Change::RemovePhone(mac(n))).collect();
    store.change(&gone[..600]).await.unwrap();
    counted(400, 3).await;
    let mut refused = gone[600..].to_vec();
    refused.push(Change::RemoveLine(number("none")));
    assert!(store.change(&refused).await.is_err());
    counted(400, 3).await;
    store.fill(true).await.unwrap().finish().await.unwrap();
    counted(0, 0).await;
}
