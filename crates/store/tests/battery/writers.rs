//! Many writers at once.

use provision::inventory::Change;
use store::{Page, PhoneQuery, Store};

use crate::place::{Place, battery, mac, phone, put};

battery!(fifty_writers_wait_for_each_other, readers_are_not_kept_waiting, who_was_overtaken_changes_nothing);

async fn fifty_writers_wait_for_each_other(place: Place) {
    let store = place.store().await;
    let first = store.generation();
    let mut all = tokio::task::JoinSet::new();
    for writer in 0..50 {
        // Half of them in stores of their own, as commands beside a running server.
        let url = (writer % 2 == 0).then(|| place.url.clone());
        let shared = store.clone();
        all.spawn(async move {
            let own = match url {
                Some(url) => Store::open(&url).await.unwrap(),
                None => shared,
            };
            for turn in 0..4 {
                own.change(&put(phone(mac(writer * 10 + turn), &["1001"]))).await.unwrap();
            }
        });
    }
    all.join_all().await;
    assert_eq!(store.current_generation().await.unwrap(), first + 200);
    let listed = store.phones(&PhoneQuery::default(), &Page::first(1)).await.unwrap();
    assert_eq!(listed.total, 200);
}

async fn who_was_overtaken_changes_nothing(place: Place) {
    let (here, there) = (place.store().await, place.store().await);
    let read_at = here.current_generation().await.unwrap();
    there.change(&put(phone(mac(1), &["1001"]))).await.unwrap();
    let refused = here.change_since(read_at, &put(phone(mac(2), &["1001"]))).await;
    assert!(matches!(refused, Err(store::Error::Overtaken)), "{refused:?}");
    assert!(here.phone(mac(2)).await.unwrap().is_none());
    let read_at = here.current_generation().await.unwrap();
    assert_eq!(here.change_since(read_at, &put(phone(mac(2), &["1001"]))).await.unwrap(), read_at + 1);
}

async fn readers_are_not_kept_waiting(place: Place) {
    let store = place.store().await;
    store.change(&put(phone(mac(1), &["1001"]))).await.unwrap();
    let (other, url) = (place.store().await, place.url.clone());
    let writing = tokio::spawn(async move {
        for turn in 0..20 {
            let many: Vec<Change> =
                (100..400).map(|n| Change::PutPhone(phone(mac(n + turn), &["1001"]))).collect();
            other.change(&many).await.unwrap();
        }
        url
    });
    let mut read = 0;
    while !writing.is_finished() {
        assert!(store.bundle(mac(1)).await.unwrap().is_some());
        read += 1;
    }
    writing.await.unwrap();
    assert!(read > 0);
}
