//! What is put is there, what is removed is gone.

use provision::inventory::{
    Change, Contact, ContactNumber, Content, Document, GroupKind, NumberKind, Override, Replacement, State,
};

use crate::place::{Place, battery, group, line, mac, name, number, phone, put};

battery!(
    everything_comes_back_as_it_was_put,
    putting_again_replaces,
    removing_takes_away_what_hangs_on_it,
    the_order_within_a_change_does_not_matter,
    the_same_said_twice_is_once,
);

async fn everything_comes_back_as_it_was_put(place: Place) {
    let store = place.store().await;
    let mut site = group(GroupKind::Site, "Berlin Süd");
    site.description = "two floors".into();
    site.layer.settings.set(name("web_access"), "on");
    let mut desk = phone(mac(1), &["1001", "1002"]);
    desk.site = Some(site.name.clone());
    desk.profile = Some("reception".into());
    desk.state = State::Retired;
    desk.description = "Front desk".into();
    desk.notes = "second drawer\nhas the key".into();
    desk.layer.keys.insert(9, None);
    desk.layer
        .overrides
        .push(Override { path: "vendorConfig/webAccess".into(), replacement: Replacement::Text("0".into()) });
    let mut nameless = phone(mac(2), &[]);
    nameless.model = None;
    let document = Document {
        name: "SoftKeys-desk.xml".into(),
        content: Content::SoftKeys([("onhook".into(), vec!["redial".into()])].into()),
    };
    let profile = group(GroupKind::Profile, "reception");
    store
        .change(&[
            Change::PutGroup(site.clone()),
            Change::PutGroup(profile.clone()),
            Change::PutLine(line("1001")),
            Change::PutLine(line("1002")),
            Change::PutPhone(desk.clone()),
            Change::PutPhone(nameless.clone()),
            Change::PutDocument(document.clone()),
        ])
        .await
        .unwrap();
    // A second program finds the same.
    let store = place.store().await;
    assert_eq!(store.phone(mac(1)).await.unwrap().unwrap(), desk);
    assert_eq!(store.phone(mac(2)).await.unwrap().unwrap(), nameless);
    assert_eq!(store.phone(mac(3)).await.unwrap(), None);
    assert_eq!(store.line(&number("1002")).await.unwrap(), Some(line("1002")));
    assert_eq!(store.group(GroupKind::Site, "Berlin Süd").await.unwrap(), Some(site.clone()));
    assert_eq!(store.groups(GroupKind::Site).await.unwrap(), [site]);
    assert_eq!(store.groups(GroupKind::Profile).await.unwrap(), [profile]);
    assert_eq!(store.document("SoftKeys-desk.xml").await.unwrap(), Some(document.clone()));
    assert_eq!(store.documents().await.unwrap(), [document]);
    assert_eq!(store.phones_in(GroupKind::Series, "8800").await.unwrap(), 1);
    assert_eq!(store.phones_by_group(GroupKind::Site).await.unwrap()["Berlin Süd"], 1);
}

async fn putting_again_replaces(place: Place) {
    let store = place.store().await;
    store.change(&put(phone(mac(1), &["1001", "1002"]))).await.unwrap();
    let mut again = phone(mac(1), &["1002"]);
    again.model = provision::models::find("7965");
    again.description = "moved".into();
    store.change(&[Change::PutPhone(again.clone())]).await.unwrap();
    assert_eq!(store.phone(mac(1)).await.unwrap(), Some(again));
    // Its old keys are forgotten: the line that lost its key may go.
    assert_eq!(store.phones_with_line(&number("1001")).await.unwrap(), []);
    store.change(&[Change::RemoveLine(number("1001"))]).await.unwrap();
    let mut renamed = line("1002");
    renamed.settings.set(name("display_name"), "Other");
    store.change(&[Change::PutLine(renamed.clone())]).await.unwrap();
    assert_eq!(store.line(&number("1002")).await.unwrap(), Some(renamed));
}

async fn removing_takes_away_what_hangs_on_it(place: Place) {
    let store = place.store().await;
    store.change(&put(phone(mac(1), &["1001"]))).await.unwrap();
    let own = Contact {
        id: 0,
        book: "personal".into(),
        owner: Some(mac(1)),
        name: "Mother".into(),
        organisation: String::new(),
        numbers: vec![ContactNumber { kind: NumberKind::Home, number: "030 1".into() }],
    };
    store.change(&[Change::PutContact(own)]).await.unwrap();
    assert_eq!(store.books().await.unwrap(), ["personal"]);
    store.change(&[Change::RemovePhone(mac(1))]).await.unwrap();
    assert_eq!(store.phone(mac(1)).await.unwrap(), None);
    assert_eq!(store.bundle(mac(1)).await.unwrap(), None);
    assert_eq!(store.books().await.unwrap(), [""; 0]);
    // Lines stay, and go when they are told to.
    assert!(store.line(&number("1001")).await.unwrap().is_some());
    store.change(&[Change::RemoveLine(number("1001"))]).await.unwrap();
    assert_eq!(store.line(&number("1001")).await.unwrap(), None);
}

async fn the_order_within_a_change_does_not_matter(place: Place) {
    let store = place.store().await;
    let mut desk = phone(mac(1), &["1001"]);
    desk.site = Some("Berlin".into());
    let berlin = group(GroupKind::Site, "Berlin");
    let mut changes = put(desk);
    changes.push(Change::PutGroup(berlin));
    changes.reverse();
    store.change(&changes).await.unwrap();
    let changes = [
        Change::RemoveGroup(GroupKind::Site, "Berlin".into()),
        Change::RemoveLine(number("1001")),
        Change::RemovePhone(mac(1)),
    ];
    store.change(&changes).await.unwrap();
    assert_eq!(store.groups(GroupKind::Site).await.unwrap(), []);
}

async fn the_same_said_twice_is_once(place: Place) {
    let store = place.store().await;
    let mut changes = put(phone(mac(1), &["1001"]));
    changes.extend(put(phone(mac(2), &["1001"])));
    store.change(&changes).await.unwrap();
    assert_eq!(store.phones_with_line(&number("1001")).await.unwrap(), [mac(1), mac(2)]);
}
