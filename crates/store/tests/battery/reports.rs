//! Problem reports that phones uploaded.

use store::{Page, Report, ReportQuery, Store};

use crate::place::{Place, battery, mac};

battery!(
    reports_are_kept_found_and_removed,
    of_each_phone_the_last_are_kept,
    reports_at_once_get_numbers_of_their_own,
);

fn report(phone: u32, at: i64) -> Report {
    Report {
        id: 0,
        mac: mac(phone),
        at,
        serial: "FCH1".into(),
        user: "Anna O'Müller".into(),
        source: "192.0.2.7".into(),
        bytes: 4711,
        file: format!("SEP-{phone}-{at}.tar.gz"),
        note: String::new(),
    }
}

async fn found(store: &Store, query: ReportQuery) -> Vec<i64> {
    let listed = store.reports(&query, &Page::first(10)).await.unwrap();
    assert_eq!(listed.total, listed.rows.len() as u64);
    listed.rows.iter().map(|report| report.id).collect()
}

async fn reports_are_kept_found_and_removed(place: Place) {
    let store = place.store().await;
    let generation = store.current_generation().await.unwrap();
    for (phone, at) in [(1, 1000), (2, 1001), (1, 1002)] {
        assert_eq!(store.keep_report(&report(phone, at), 10).await.unwrap().1, []);
    }
    assert_eq!(store.report(1).await.unwrap(), Some(Report { id: 1, ..report(1, 1000) }));
    let all = ReportQuery::default();
    assert_eq!(found(&store, all.clone()).await, [3, 2, 1]);
    assert_eq!(found(&store, ReportQuery { mac: Some(mac(1)), since: None }).await, [3, 1]);
    assert_eq!(found(&store, ReportQuery { mac: None, since: Some(1001) }).await, [3, 2]);
    for page in [Page::at(1, 1), Page::after(3, 1)] {
        let listed = store.reports(&all, &page).await.unwrap();
        assert_eq!((listed.total, listed.rows.len(), listed.rows[0].id), (3, 1, 2));
    }
    assert_eq!(store.report_bytes("").await.unwrap(), 3 * 4711);
    assert_eq!(store.report_bytes("x").await.unwrap(), 0);
    assert_eq!(store.remove_report(2).await.unwrap().unwrap().id, 2);
    assert_eq!(store.remove_report(2).await.unwrap(), None);
    assert_eq!(found(&store, all).await, [3, 1]);
    assert_eq!(store.current_generation().await.unwrap(), generation, "no configuration hangs on it");
}

async fn of_each_phone_the_last_are_kept(place: Place) {
    let store = place.store().await;
    store.keep_report(&report(2, 999), 3).await.unwrap();
    for at in 1000..1003 {
        assert_eq!(store.keep_report(&report(1, at), 3).await.unwrap().1, []);
    }
    let (id, gone) = store.keep_report(&report(1, 1003), 3).await.unwrap();
    assert_eq!((id, gone.len(), &*gone[0].file), (5, 1, "SEP-1-1000.tar.gz"));
    assert_eq!(found(&store, ReportQuery::default()).await, [5, 4, 3, 1]);
    assert_eq!(store.keep_report(&report(1, 1004), 1).await.unwrap().1.len(), 3, "fewer from now on");
}

async fn reports_at_once_get_numbers_of_their_own(place: Place) {
    let store = place.store().await;
    let mut all = tokio::task::JoinSet::new();
    for at in 0..20 {
        let store = store.clone();
        all.spawn(async move { store.keep_report(&report(1, at), 50).await.unwrap().0 });
    }
    let mut numbers = all.join_all().await;
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=20).collect::<Vec<_>>());
}
