//! Everybody learns of a change.

use std::time::Duration;

use provision::inventory::Change;

use crate::place::{Place, battery, mac, number, phone};

battery!(
    the_generation_moves_once_for_each_change,
    another_store_learns_of_a_change,
    a_broken_connection_is_made_again
);

/// Far longer than anything takes; only a broken program reaches it.
const DEADLINE: Duration = Duration::from_secs(60);

async fn the_generation_moves_once_for_each_change(place: Place) {
    let store = place.store().await;
    let mut changed = store.changed();
    let first = store.generation();
    changed.mark_unchanged();
    let many: Vec<Change> = (1..900).map(|n| Change::PutPhone(phone(mac(n), &[]))).collect();
    assert_eq!(store.change(&many).await.unwrap(), first + 1);
    assert_eq!((store.generation(), *changed.borrow_and_update()), (first + 1, first + 1));
    assert!(store.change(&[Change::RemoveLine(number("1"))]).await.is_err());
    assert_eq!((store.generation(), changed.has_changed().unwrap()), (first + 1, false));
    assert_eq!(store.current_generation().await.unwrap(), first + 1);
}

async fn another_store_learns_of_a_change(place: Place) {
    let (here, there) = (place.store().await, place.store().await);
    let mut changed = there.changed();
    let marks = |store: &store::Store| {
        let stamp = |file: &std::path::PathBuf| {
            std::fs::metadata(file).map(|about| (about.len(), about.modified().unwrap())).ok()
        };
        store.marks().iter().map(stamp).collect::<Vec<_>>()
    };
    for number in 1..=5 {
        let before = marks(&there);
        let generation = here.change(&[Change::PutPhone(phone(mac(number), &[]))]).await.unwrap();
        if place.is_a_file() {
            // Nobody tells; the stamps of the files do.
            assert_ne!(marks(&there), before);
            assert_eq!(there.current_generation().await.unwrap(), generation);
        }
        let known = changed.wait_for(|known| *known >= generation);
        tokio::time::timeout(DEADLINE, known).await.unwrap().unwrap();
        assert_eq!(there.generation(), generation);
    }
    assert_eq!(place.is_a_file(), !there.marks().is_empty());
}

async fn a_broken_connection_is_made_again(place: Place) {
    if place.is_a_file() {
        return;
    }
    let (here, there) = (place.store().await, place.store().await);
    let mut changed = there.changed();
    let listens = here.change(&[Change::PutPhone(phone(mac(1), &[]))]).await.unwrap();
    tokio::time::timeout(DEADLINE, changed.wait_for(|known| *known >= listens)).await.unwrap().unwrap();
    let administrator = sqlx::PgPool::connect(&place.url).await.unwrap();
    let ended: i64 = sqlx::query_scalar(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    .fetch_one(&administrator)
    .await
    .unwrap();
    assert!(ended >= 2);
    // What is changed before the new connection listens is not lost either.
    let generation = here.change(&[Change::PutPhone(phone(mac(2), &[]))]).await.unwrap();
    tokio::time::timeout(DEADLINE, changed.wait_for(|known| *known >= generation)).await.unwrap().unwrap();
    assert!(there.phone(mac(2)).await.unwrap().is_some());
}
