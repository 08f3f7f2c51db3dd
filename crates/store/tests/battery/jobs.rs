//! Jobs of servers.

use store::{Begun, Job, Store};

use crate::place::{Place, battery};

battery!(a_job_is_told_of_until_it_is_forgotten, a_key_is_taken_once, jobs_that_go_on_are_not_forgotten,);

fn job(key: Option<&str>) -> Job {
    let key = key.map(str::to_owned);
    Job { id: 0, key, digest: vec![1, 2, 3], beat: 1_700_000_000, ended: None, told: "{}".to_owned() }
}

async fn begun(store: &Store, key: Option<&str>) -> i64 {
    match store.begin_job(&job(key)).await.unwrap() {
        Begun::New(id) => id,
        Begun::Known(known) => panic!("{known:?} was there"),
    }
}

async fn a_job_is_told_of_until_it_is_forgotten(place: Place) {
    let store = place.store().await;
    let id = begun(&store, None).await;
    assert_eq!(store.job(id).await.unwrap(), Some(Job { id, ..job(None) }));
    store.job_goes_on(id, 1_700_000_005).await.unwrap();
    assert_eq!(store.job(id).await.unwrap().unwrap().beat, 1_700_000_005);
    store.job_is(id, "{\"ä\":1}", Some(1_700_000_009), 1_700_000_009).await.unwrap();
    let ended = store.job(id).await.unwrap().unwrap();
    assert_eq!((ended.told.as_str(), ended.ended), ("{\"ä\":1}", Some(1_700_000_009)));
    for _ in 0..100 {
        begun(&store, None).await;
    }
    assert_eq!(store.job(id).await.unwrap(), None);
    assert_eq!(store.jobs().await.unwrap().len(), 100);
}

async fn a_key_is_taken_once(place: Place) {
    let (store, other) = (place.store().await, place.store().await);
    let id = begun(&store, Some("billing 1")).await;
    store.job_is(id, "done", Some(9), 9).await.unwrap();
    let Begun::Known(known) = other.begin_job(&job(Some("billing 1"))).await.unwrap() else {
        panic!("it began twice");
    };
    assert_eq!((known.id, known.told.as_str(), known.ended), (id, "done", Some(9)));
    assert!(begun(&other, Some("billing 2")).await > id);
    assert!(begun(&other, None).await > id);
}

async fn jobs_that_go_on_are_not_forgotten(place: Place) {
    let store = place.store().await;
    let goes_on = begun(&store, None).await;
    for _ in 0..101 {
        let id = begun(&store, None).await;
        store.job_is(id, "{}", Some(1), 1).await.unwrap();
    }
    let kept = store.jobs().await.unwrap();
    assert_eq!(kept.len(), 101, "a hundred, and the one that goes on");
    assert_eq!(kept.last().unwrap().id, goes_on);
}
