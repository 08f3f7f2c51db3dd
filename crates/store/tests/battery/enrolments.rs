//! Phones' certificates: what they are to do, and what they hold.

use store::{
    Enrolment, EnrolmentQuery, Held, Issued, Issuer, LastSession, Page, Record, Revoked, Scheduled, Store,
};

use crate::place::{Place, battery, mac};

battery!(
    an_enrolment_is_kept_as_it_was_changed,
    a_phone_nobody_did_anything_for_is_not_kept,
    changes_at_the_same_time_are_all_counted,
    many_are_changed_at_once,
    enrolments_are_found,
    what_matters_to_configurations_is_counted_and_nothing_else,
    other_servers_hear_of_what_matters,
    a_database_that_is_filled_is_read_anew,
    issuers_are_kept_once,
);

fn scheduled(failures: u8) -> Scheduled {
    Scheduled {
        operation: "install".into(),
        key: Some("rsa2048".into()),
        proof: "password".into(),
        password: Some("123456".into()),
        failures,
        until: Some(1_800_000_000),
        at: 1_790_000_000,
    }
}

fn held(ends: i64) -> Held {
    Held { certificate: vec![0x30, 0, 0xff], origin: "lsc".into(), at: 1_790_000_002, ends }
}

fn full(number: u32) -> Enrolment {
    Enrolment {
        encrypt: true,
        scheduled: Some(scheduled(2)),
        issued: Some(Issued { certificate: vec![0x30, 1], at: 1_790_000_001 }),
        held: Some(held(1_850_000_000)),
        revoked: vec![Revoked { serial: "0a'".into(), issuer: "CN=\"ü\"".into(), at: 7 }],
        last: Some(LastSession { at: 8, peer: "2001:db8::1".into(), result: "installed".into() }),
        session: Some(-5),
        ..Enrolment::new(mac(number))
    }
}

/// All that can be known of a phone, but for what belongs to this moment.
pub(crate) fn fill_in(enrolment: &mut Enrolment) {
    let mac = enrolment.mac;
    *enrolment = Enrolment { mac, session: None, ..full(1) };
}

async fn put(store: &Store, enrolment: Enrolment) {
    store.change_enrolment(enrolment.mac, |kept| *kept = enrolment).await.unwrap();
}

async fn an_enrolment_is_kept_as_it_was_changed(place: Place) {
    let store = place.store().await;
    let generation = store.current_generation().await.unwrap();
    assert_eq!(store.enrolment(mac(1)).await.unwrap(), None);
    put(&store, full(1)).await;
    let kept = store.enrolment(mac(1)).await.unwrap().unwrap();
    assert_eq!(Enrolment { changed: 0, ..kept.clone() }, full(1));
    assert!(!format!("{kept:?}").contains("123456"));
    let told = store.change_enrolment(mac(1), |one| std::mem::take(&mut one.encrypt)).await.unwrap();
    assert!(told && !store.enrolment(mac(1)).await.unwrap().unwrap().encrypt);
    assert_eq!(store.current_generation().await.unwrap(), generation, "no other configuration hangs on it");
}

async fn a_phone_nobody_did_anything_for_is_not_kept(place: Place) {
    let store = place.store().await;
    store.change_enrolment(mac(1), |one| assert_eq!(*one, Enrolment::new(mac(1)))).await.unwrap();
    assert_eq!(store.enrolment(mac(1)).await.unwrap(), None);
}

async fn changes_at_the_same_time_are_all_counted(place: Place) {
    let (here, there) = (place.store().await, place.store().await);
    let first = Enrolment { scheduled: Some(scheduled(0)), ..Enrolment::new(mac(1)) };
    put(&here, first).await;
    let mut all = tokio::task::JoinSet::new();
    for count in 0..40 {
        let store = if count % 2 == 0 { here.clone() } else { there.clone() };
        all.spawn(async move {
            let guess = |one: &mut Enrolment| {
                let scheduled = one.scheduled.as_mut().unwrap();
                scheduled.failures += 1;
                scheduled.failures
            };
            store.change_enrolment(mac(1), guess).await.unwrap()
        });
    }
    let mut told = all.join_all().await;
    told.sort_unstable();
    assert_eq!(told, (1..=40).collect::<Vec<u8>>());
    // Also of a phone that nobody knew before: both begin it, and neither is lost.
    let begin = |store: Store, serial: &'static str| async move {
        let revoked = Revoked { serial: serial.into(), issuer: "x".into(), at: 1 };
        store.change_enrolment(mac(2), |one| one.revoked.push(revoked)).await.unwrap();
    };
    tokio::join!(begin(here.clone(), "1"), begin(there, "2"));
    assert_eq!(here.enrolment(mac(2)).await.unwrap().unwrap().revoked.len(), 2);
}

async fn many_are_changed_at_once(place: Place) {
    let store = place.store().await;
    let mut macs: Vec<_> = (1..=450).rev().map(mac).collect();
    macs.push(mac(7));
    let told = store.change_enrolments(&macs, |one| {
        one.scheduled = Some(scheduled(0));
        one.mac
    });
    assert_eq!(told.await.unwrap(), (1..=450).map(mac).collect::<Vec<_>>(), "each once, in their order");
    let listed = store.enrolments(&EnrolmentQuery::default(), &Page::first(10)).await.unwrap();
    assert_eq!((listed.total, listed.rows.len()), (450, 10));
}

async fn enrolments_are_found(place: Place) {
    let store = place.store().await;
    for (number, is_scheduled, end) in [(1, true, None), (2, false, Some(100)), (3, true, Some(200))] {
        let scheduled = is_scheduled.then(|| scheduled(0));
        put(&store, Enrolment { scheduled, held: end.map(held), ..Enrolment::new(mac(number)) }).await;
    }
    let found = async |query: EnrolmentQuery, page: Page<provision::mac::Mac>| {
        let listed = store.enrolments(&query, &page).await.unwrap();
        (listed.total, listed.rows.into_iter().map(|one| one.mac).collect::<Vec<_>>())
    };
    let all = EnrolmentQuery::default();
    assert_eq!(found(all, Page::first(9)).await, (3, vec![mac(1), mac(2), mac(3)]));
    assert_eq!(found(all, Page::after(mac(1), 1)).await, (3, vec![mac(2)]));
    assert_eq!(found(all, Page::at(2, 5)).await, (3, vec![mac(3)]));
    let scheduled = EnrolmentQuery { scheduled: true, ..all };
    assert_eq!(found(scheduled, Page::first(9)).await, (2, vec![mac(1), mac(3)]));
    let ending = EnrolmentQuery { ends_before: Some(200), ..all };
    assert_eq!(found(ending, Page::first(9)).await, (1, vec![mac(2)]));
    let both = EnrolmentQuery { scheduled: true, ends_before: Some(201) };
    assert_eq!(found(both, Page::first(9)).await, (1, vec![mac(3)]));
    assert_eq!(store.certificate_counts(150, 250).await.unwrap(), [0, 1, 1]);
    assert_eq!(store.certificate_counts(50, 100).await.unwrap(), [2, 0, 0]);
}

async fn what_matters_to_configurations_is_counted_and_nothing_else(place: Place) {
    let store = place.store().await;
    let begun = store.enrolments_since(0).await.unwrap();
    let changed = async |number: u32, change: &dyn Fn(&mut Enrolment)| {
        let before = store.enrolments_known();
        store.change_enrolment(mac(number), change).await.unwrap();
        let moved = store.enrolments_known() - before;
        let told = store.enrolments_since(before).await.unwrap();
        assert_eq!((told.enrolments.len() as u64, told.known, told.all), (moved, before + moved, false));
        moved == 1
    };
    // A phone whose configuration is given in the clear changes nothing, whatever it enrols.
    assert!(!changed(1, &|one| one.scheduled = Some(scheduled(0))).await);
    assert!(!changed(1, &|one| one.held = Some(held(5))).await);
    assert!(changed(1, &|one| one.encrypt = true).await);
    assert!(!changed(1, &|one| one.encrypt = true).await);
    assert!(!changed(1, &|one| one.scheduled = Some(scheduled(1))).await, "a wrong password");
    assert!(!changed(1, &|one| one.last = full(1).last).await);
    assert!(!changed(1, &|one| one.session = Some(9)).await);
    assert!(changed(1, &|one| one.scheduled = None).await);
    assert!(changed(1, &|one| one.revoked = full(1).revoked).await);
    assert!(changed(1, &|one| one.held = None).await);
    assert!(changed(1, &|one| one.encrypt = false).await);
    assert!(!changed(1, &|one| one.held = Some(held(6))).await);
    assert!(changed(2, &|one| *one = full(2)).await);
    let all = store.enrolments_since(begun.known).await.unwrap();
    assert_eq!(all.enrolments.iter().map(|one| (one.mac, one.encrypt)).collect::<Vec<_>>().len(), 2);
}

async fn other_servers_hear_of_what_matters(place: Place) {
    let (here, there) = (place.store().await, place.store().await);
    put(&here, full(1)).await;
    let known = here.enrolments_known();
    if place.is_a_file() {
        there.current_generation().await.unwrap();
    }
    let heard = async {
        while there.enrolments_known() < known {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), heard).await.unwrap();
    assert_eq!(there.enrolments_since(0).await.unwrap().enrolments.len(), 1);
}

async fn a_database_that_is_filled_is_read_anew(place: Place) {
    let store = place.store().await;
    put(&store, full(1)).await;
    put(&store, full(2)).await;
    let known = store.enrolments_since(0).await.unwrap().known;
    let mut filling = store.fill(true).await.unwrap();
    let unprotected = Enrolment { encrypt: false, ..full(3) };
    let records = [full(2), unprotected].map(|one| Record::Enrolment(Box::new(one)));
    filling.put(&records).await.unwrap();
    filling.finish().await.unwrap();
    let told = store.enrolments_since(known).await.unwrap();
    assert!(told.all && told.known > known && store.enrolments_known() == told.known);
    assert_eq!(told.enrolments.iter().map(|one| one.mac).collect::<Vec<_>>(), [mac(2)]);
    assert_eq!(told.enrolments[0].session, None, "nobody enrols from a backup");
    assert!(!store.enrolments_since(told.known).await.unwrap().all);
}

async fn issuers_are_kept_once(place: Place) {
    let store = place.store().await;
    let issuer = |name: &str| Issuer { fingerprint: name.into(), certificate: vec![1, 2] };
    for name in ["b", "a", "b"] {
        store.keep_issuer(&issuer(name)).await.unwrap();
    }
    assert_eq!(store.issuers().await.unwrap(), [issuer("a"), issuer("b")]);
}
