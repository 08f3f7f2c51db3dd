//! Everything goes from one database to another, and is the same there.

use provision::inventory::{
    Change, Contact, ContactNumber, Content, Document, GroupKind, NumberKind, Override, Replacement, State,
};
use store::{
    Call, Counts, Enrolment, Error, Fetched, Issuer, Newcomer, Page, PhoneQuery, Quality, Record, Report,
    Store,
};

use crate::place::{Place, battery, group, line, mac, name, number, phone, put};

battery!(
    everything_is_the_same_elsewhere,
    a_database_that_holds_something_is_not_filled,
    what_dangles_is_not_taken,
    a_snapshot_is_of_one_moment,
    contacts_go_on_counting,
);

/// One of everything, and more phones than one question asks for.
async fn filled(place: &Place) -> Store {
    let store = place.store().await;
    let mut changes: Vec<Change> = (100..4500).flat_map(|n| put(phone(mac(n), &["1001", "1002"]))).collect();
    let mut profile = group(GroupKind::Profile, "desk");
    profile.description = "für 'alle'".into();
    profile.layer.settings.set(name("web_access"), "on");
    let mut desk = phone(mac(1), &["1001"]);
    desk.profile = Some("desk".into());
    desk.state = State::Retired;
    desk.layer.keys.insert(9, None);
    desk.layer.overrides.push(Override { path: "a/b".into(), replacement: Replacement::Nothing });
    let content = Content::FeaturePolicy([("DND".into(), false)].into());
    let contact = Contact {
        id: 0,
        book: "own".into(),
        owner: Some(mac(1)),
        name: "Mutter".into(),
        organisation: String::new(),
        numbers: vec![ContactNumber { kind: NumberKind::Home, number: "030 1".into() }],
    };
    changes.extend([
        Change::PutGroup(group(GroupKind::Site, "Berlin")),
        Change::PutGroup(group(GroupKind::Series, "8800")),
        Change::PutGroup(profile),
        Change::PutLine(line("unused")),
        Change::PutPhone(desk),
        Change::PutDocument(Document { name: "FeaturePolicy.xml".into(), content }),
        Change::PutContact(contact),
    ]);
    store.change(&changes).await.unwrap();
    let newcomer = Newcomer { mac: mac(2), source: "192.0.2.1", now: 1_700_000_000 };
    store.park(newcomer, 10, || "ABCD2345".into()).await.unwrap();
    let fetched = Fetched {
        mac: mac(1),
        stamp: "x".into(),
        fingerprint: vec![0, 255, 16],
        at: 1_700_000_001,
        transport: "https".into(),
        source: "192.0.2.2".into(),
    };
    store.remember_fetched(&[fetched]).await.unwrap();
    let call = Call { codec: Some("ulaw".into()), lost: Some(7), raw: "Dur=1".into(), ..Call::default() };
    let report =
        Quality { id: 0, mac: mac(1), at: 1_700_000_002, line: None, reason: "Es knackt".into(), call };
    store.report_quality(&report, 10).await.unwrap();
    let report = Report {
        id: 0,
        mac: mac(1),
        at: 1_700_000_003,
        serial: "FCH1".into(),
        user: "Änne".into(),
        source: "192.0.2.2".into(),
        bytes: 5 << 30,
        file: "SEP-1.tar.gz".into(),
        note: "new".into(),
    };
    store.keep_report(&report, 10).await.unwrap();
    store.change_enrolment(mac(3), crate::enrolments::fill_in).await.unwrap();
    store.change_enrolment(mac(4), |one: &mut Enrolment| one.encrypt = true).await.unwrap();
    crate::ledger::fill_in(&store).await;
    store.add_token(&crate::tokens::token("backup", 7)).await.unwrap();
    store.keep_issuer(&Issuer { fingerprint: "ab".into(), certificate: vec![0x30, 0xff] }).await.unwrap();
    store
}

async fn all(store: &Store) -> Vec<Record> {
    let mut snapshot = store.snapshot().await.unwrap();
    let (mut records, mut counts) = (Vec::new(), Counts::default());
    loop {
        let some = snapshot.next().await.unwrap();
        if some.is_empty() {
            assert_eq!((counts, counts.total()), (snapshot.counts, records.len() as u64));
            return records;
        }
        some.iter().for_each(|record| counts.add(record));
        records.extend(some);
    }
}

async fn fill(store: &Store, records: &[Record], replace: bool) -> store::Result<u64> {
    let mut filling = store.fill(replace).await?;
    for some in records.chunks(777) {
        filling.put(some).await?;
    }
    filling.finish().await
}

async fn everything_is_the_same_elsewhere(place: Place) {
    let store = filled(&place).await;
    let records = all(&store).await;
    let counts = store.counts().await.unwrap();
    assert_eq!(
        counts,
        Counts {
            groups: 3,
            lines: 3,
            phones: 4402,
            documents: 1,
            contacts: 1,
            waiting: 1,
            fetched: 1,
            quality: 1,
            enrolments: 2,
            issuers: 1,
            reports: 1,
            trust_lists: 2,
            ledger: 3,
            tokens: 1,
            ..Counts::default()
        }
    );
    // Through the text of a backup, into both kinds of database.
    let lines: Vec<String> = records.iter().map(Record::to_line).collect();
    let read: Vec<Record> = lines.iter().map(|line| Record::from_line(line).unwrap()).collect();
    assert_eq!(read, records);
    for other in [Place::sqlite(), Place::postgres()] {
        let copy = other.store().await;
        fill(&copy, &read, false).await.unwrap();
        assert_eq!(all(&copy).await, records);
        // What lists and searches rest on came along.
        assert_eq!(copy.phones_with_line(&number("1001")).await.unwrap().len(), 4401);
        assert_eq!(copy.bundle(mac(1)).await.unwrap(), store.bundle(mac(1)).await.unwrap());
        let query = PhoneQuery { text: Some("desk 1001".into()), ..PhoneQuery::default() };
        assert_eq!(copy.phones(&query, &Page::first(1)).await.unwrap().total, 4401);
        assert_eq!(copy.waiting_by_code("abcd-2345").await.unwrap().unwrap().mac, mac(2));
    }
}

async fn a_database_that_holds_something_is_not_filled(place: Place) {
    let store = filled(&place).await;
    let records = all(&store).await;
    let other = [Record::Line(line("7"))];
    let before = store.generation();
    assert!(matches!(fill(&store, &other, false).await, Err(Error::NotEmpty(..))));
    assert_eq!(all(&store).await, records);
    // It is replaced when that is said, and everybody learns of it.
    assert!(fill(&store, &other, true).await.unwrap() > before);
    assert_eq!(all(&store).await, other);
    assert!(fill(&store, &records, true).await.is_ok());
    assert_eq!(all(&store).await, records);
}

async fn what_dangles_is_not_taken(place: Place) {
    let store = place.store().await;
    let mut lost = phone(mac(1), &[]);
    lost.site = Some("nowhere".into());
    let contact = Contact {
        id: 4,
        book: "own".into(),
        owner: Some(mac(7)),
        name: "x".into(),
        organisation: String::new(),
        numbers: vec![],
    };
    for (record, said) in [
        (Record::Phone(Box::new(lost), 0), "SEP001100000001 names site nowhere, which is not there"),
        (
            Record::Phone(Box::new(phone(mac(1), &["7"])), 0),
            "phone 001100000001 names line 7, which is not there",
        ),
        (Record::Contact(contact), "contact x names phone SEP001100000007, which is not there"),
    ] {
        assert_eq!(fill(&store, &[record], true).await.unwrap_err().to_string(), said);
        assert_eq!(all(&store).await, []);
    }
}

async fn a_snapshot_is_of_one_moment(place: Place) {
    let store = filled(&place).await;
    let records = all(&store).await;
    let mut snapshot = store.snapshot().await.unwrap();
    let mut read = snapshot.next().await.unwrap();
    place
        .store()
        .await
        .change(&[Change::RemovePhone(mac(4499)), Change::PutLine(line("2000"))])
        .await
        .unwrap();
    loop {
        let some = snapshot.next().await.unwrap();
        if some.is_empty() {
            break;
        }
        read.extend(some);
    }
    assert!(read == records);
}

async fn contacts_go_on_counting(place: Place) {
    let store = place.store().await;
    let contact = |id| Contact {
        id,
        book: "all".into(),
        owner: None,
        name: "x".into(),
        organisation: String::new(),
        numbers: vec![],
    };
    fill(&store, &[Record::Contact(contact(41))], false).await.unwrap();
    store.change(&[Change::PutContact(contact(0)), Change::PutContact(contact(0))]).await.unwrap();
    store.change(&[Change::RemoveContact(43)]).await.unwrap();
    store.change(&[Change::PutContact(contact(0))]).await.unwrap();
    let ids: Vec<i64> = all(&store)
        .await
        .iter()
        .filter_map(|record| match record {
            Record::Contact(contact) => Some(contact.id),
            _ => None,
        })
        .collect();
    assert_eq!(ids, [41, 42, 44]);
}
