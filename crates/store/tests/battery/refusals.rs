//! What is refused, with the name; and then nothing of the whole change is made.

use provision::inventory::{Change, Contact, GroupKind, Key};
use store::{Page, Store};

use crate::place::{Place, battery, group, line, mac, number, phone, put};

battery!(
    a_group_with_phones_stays,
    a_line_with_keys_stays,
    what_is_not_there_cannot_be_named,
    what_is_not_there_cannot_go,
    two_things_about_the_same_are_refused,
    all_or_nothing,
    a_nul_is_found_nowhere,
);

async fn refused(store: &Store, changes: &[Change]) -> String {
    let before = store.current_generation().await.unwrap();
    let problem = store.change(changes).await.unwrap_err();
    assert!(problem.is_refusal(), "{problem}");
    assert_eq!(store.current_generation().await.unwrap(), before);
    problem.to_string()
}

async fn a_group_with_phones_stays(place: Place) {
    let store = place.store().await;
    let mut changes = vec![
        Change::PutGroup(group(GroupKind::Site, "Berlin")),
        Change::PutGroup(group(GroupKind::Profile, "desk")),
        Change::PutGroup(group(GroupKind::Series, "8800")),
    ];
    for place in 1..=3 {
        let mut phone = phone(mac(place), &[]);
        (phone.site, phone.profile) = (Some("Berlin".into()), (place == 2).then(|| "desk".into()));
        changes.push(Change::PutPhone(phone));
    }
    store.change(&changes).await.unwrap();
    assert_eq!(
        refused(&store, &[Change::RemoveGroup(GroupKind::Site, "Berlin".into())]).await,
        "site Berlin is still needed by SEP001100000001 and 2 more"
    );
    assert_eq!(
        refused(&store, &[Change::RemoveGroup(GroupKind::Profile, "desk".into())]).await,
        "profile desk is still needed by SEP001100000002"
    );
    // The models make the series, not the group.
    store.change(&[Change::RemoveGroup(GroupKind::Series, "8800".into())]).await.unwrap();
}

/// SQLite looks for it and finds nothing; PostgreSQL knows no such text, and that is nobody's fault but the asker's.
async fn a_nul_is_found_nowhere(place: Place) {
    let store = place.store().await;
    store.change(&put(phone(mac(1), &["1001"]))).await.unwrap();
    match store.lines(Some("1\0"), &Page::first(10)).await {
        Ok(found) => assert!(found.rows.is_empty()),
        Err(problem) => assert!(problem.is_refusal() && problem.to_string().contains("NUL"), "{problem}"),
    }
}

async fn a_line_with_keys_stays(place: Place) {
    let store = place.store().await;
    let mut changes = put(phone(mac(1), &["1001", "1002"]));
    let mut profile = group(GroupKind::Profile, "desk");
    profile.layer.keys.insert(7, Some(Key::line(number("1002"))));
    changes.push(Change::PutGroup(profile));
    store.change(&changes).await.unwrap();
    assert_eq!(
        refused(&store, &[Change::RemoveLine(number("1001"))]).await,
        "line 1001 is still needed by key 1 of SEP001100000001"
    );
    assert_eq!(
        refused(&store, &[Change::RemoveLine(number("1002"))]).await,
        "line 1002 is still needed by key 2 of SEP001100000001 and 1 more"
    );
    assert_eq!(
        refused(&store, &[Change::RemoveLine(number("1002")), Change::RemovePhone(mac(1))]).await,
        "line 1002 is still needed by key 7 of profile desk"
    );
}

async fn what_is_not_there_cannot_be_named(place: Place) {
    let store = place.store().await;
    let mut desk = phone(mac(1), &[]);
    desk.profile = Some("desk".into());
    assert_eq!(
        refused(&store, &[Change::PutPhone(desk)]).await,
        "SEP001100000001 names profile desk, which is not there"
    );
    assert_eq!(
        refused(&store, &[Change::PutPhone(phone(mac(1), &["1001"]))]).await,
        "key 1 of SEP001100000001 names line 1001, which is not there"
    );
    let mut site = group(GroupKind::Site, "Berlin");
    site.layer.keys.insert(3, Some(Key::line(number("1001"))));
    assert_eq!(
        refused(&store, &[Change::PutGroup(site)]).await,
        "key 3 of site Berlin names line 1001, which is not there"
    );
    let own = Contact {
        id: 0,
        book: "personal".into(),
        owner: Some(mac(9)),
        name: "Mother".into(),
        organisation: String::new(),
        numbers: Vec::new(),
    };
    assert_eq!(
        refused(&store, &[Change::PutContact(own)]).await,
        "contact \"Mother\" names phone SEP001100000009, which is not there"
    );
}

async fn what_is_not_there_cannot_go(place: Place) {
    let store = place.store().await;
    for (change, said) in [
        (Change::RemovePhone(mac(1)), "there is no phone SEP001100000001"),
        (Change::RemoveLine(number("1001")), "there is no line 1001"),
        (Change::RemoveGroup(GroupKind::Site, "x".into()), "there is no site x"),
        (Change::RemoveDocument("x.xml".into()), "there is no document x.xml"),
        (Change::RemoveContact(7), "there is no contact 7"),
    ] {
        assert_eq!(refused(&store, &[change]).await, said);
    }
    let missing = Contact {
        id: 7,
        book: "all".into(),
        owner: None,
        name: "x".into(),
        organisation: String::new(),
        numbers: Vec::new(),
    };
    assert_eq!(refused(&store, &[Change::PutContact(missing)]).await, "there is no contact 7");
}

async fn two_things_about_the_same_are_refused(place: Place) {
    let store = place.store().await;
    let mut other = phone(mac(1), &[]);
    other.description = "other".into();
    let twice = [Change::PutPhone(phone(mac(1), &[])), Change::PutPhone(other)];
    assert_eq!(
        refused(&store, &twice).await,
        "phone SEP001100000001 is given twice in one change, and not the same"
    );
    let both = [Change::PutLine(line("1001")), Change::RemoveLine(number("1001"))];
    assert_eq!(refused(&store, &both).await, "line 1001 is given twice in one change, and not the same");
}

async fn all_or_nothing(place: Place) {
    let store = place.store().await;
    let mut changes: Vec<Change> = (1..=1500).flat_map(|n| put(phone(mac(n), &["1001"]))).collect();
    changes.push(Change::RemoveLine(number("9999")));
    refused(&store, &changes).await;
    assert_eq!(store.phones_after(None, 10).await.unwrap(), []);
    changes.pop();
    store.change(&changes).await.unwrap();
    assert_eq!(store.phones_with_line(&number("1001")).await.unwrap().len(), 1500);
}
