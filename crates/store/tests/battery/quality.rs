//! What users reported about calls.

use store::{Call, Page, Quality, QualityQuery, Store};

use crate::place::{Place, battery, mac};

battery!(
    reports_are_kept_and_found,
    of_each_phone_the_last_are_kept,
    reports_at_once_get_numbers_of_their_own,
    the_reports_of_a_phone_are_summed_up,
);

fn report(phone: u32, at: i64, reason: &str) -> Quality {
    Quality { id: 0, mac: mac(phone), at, line: None, reason: reason.into(), call: Call::default() }
}

fn full() -> Quality {
    Quality {
        line: Some("1001".into()),
        call: Call {
            codec: Some("PCMU".into()),
            packets: Some(408),
            lost: Some(8),
            jitter: Some(12_000),
            sent: Some(409),
            sent_lost: Some(0),
            sent_jitter: Some(14),
            round_trip: Some(562_000),
            raw: "Dur=13,Pkt=408; DROP TABLE quality; --'\"ü".into(),
        },
        ..report(1, 1000, "echo")
    }
}

async fn found(store: &Store, query: QualityQuery) -> Vec<i64> {
    let listed = store.quality_reports(&query, &Page::first(10)).await.unwrap();
    assert_eq!(listed.total, listed.rows.len() as u64);
    listed.rows.iter().map(|report| report.id).collect()
}

async fn reports_are_kept_and_found(place: Place) {
    let store = place.store().await;
    let generation = store.current_generation().await.unwrap();
    for report in [full(), report(2, 1001, "echo"), report(1, 1002, "noise"), report(1, 1003, "echo")] {
        store.report_quality(&report, 10).await.unwrap();
    }
    assert_eq!(store.quality(1).await.unwrap(), Some(Quality { id: 1, ..full() }));
    assert_eq!(store.quality(5).await.unwrap(), None);
    let all = QualityQuery::default();
    assert_eq!(found(&store, all.clone()).await, [4, 3, 2, 1]);
    assert_eq!(found(&store, QualityQuery { mac: Some(mac(1)), ..all.clone() }).await, [4, 3, 1]);
    assert_eq!(found(&store, QualityQuery { reason: Some("echo".into()), ..all.clone() }).await, [4, 2, 1]);
    assert_eq!(found(&store, QualityQuery { since: Some(1002), ..all.clone() }).await, [4, 3]);
    for page in [Page::at(1, 2), Page::after(4, 2)] {
        let listed = store.quality_reports(&all, &page).await.unwrap();
        assert_eq!((listed.total, listed.rows.len(), listed.rows[0].id), (4, 2, 3));
    }
    assert_eq!(store.current_generation().await.unwrap(), generation, "no configuration hangs on it");
}

async fn of_each_phone_the_last_are_kept(place: Place) {
    let store = place.store().await;
    store.report_quality(&report(2, 999, "echo"), 3).await.unwrap();
    for at in 1000..1010 {
        store.report_quality(&report(1, at, "echo"), 3).await.unwrap();
    }
    assert_eq!(found(&store, QualityQuery::default()).await, [11, 10, 9, 1]);
}

async fn reports_at_once_get_numbers_of_their_own(place: Place) {
    let store = place.store().await;
    let mut all = tokio::task::JoinSet::new();
    for at in 0..20 {
        let store = store.clone();
        all.spawn(async move { store.report_quality(&report(1, at, "echo"), 50).await.unwrap() });
    }
    let mut numbers = all.join_all().await;
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=20).collect::<Vec<_>>());
}

async fn the_reports_of_a_phone_are_summed_up(place: Place) {
    let store = place.store().await;
    let mut worse = full();
    (worse.at, worse.call.lost, worse.call.jitter) = (2000, Some(100), Some(30_000));
    let mut half = report(1, 1500, "noise");
    half.call.packets = Some(9000);
    for report in [report(2, 1001, "echo"), full(), worse, half] {
        store.report_quality(&report, 10).await.unwrap();
    }
    let phones = store.quality_by_phone(&QualityQuery::default()).await.unwrap();
    let one = &phones[0];
    assert_eq!((one.mac, one.reports, one.last), (mac(1), 3, 2000));
    assert_eq!((one.packets, one.lost, one.jitter), (Some(816), Some(108), Some(30_000)));
    assert_eq!(one.round_trip, Some(562_000));
    assert_eq!((phones[1].mac, phones[1].packets, phones[1].jitter), (mac(2), None, None));
    let noisy = QualityQuery { reason: Some("noise".into()), ..QualityQuery::default() };
    assert_eq!(store.quality_by_phone(&noisy).await.unwrap().len(), 1);
}
