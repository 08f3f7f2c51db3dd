//! A phone with all that rendering it needs.

use provision::inventory::{Bundle, Change, GroupKind, Key};
use store::Store;

use crate::place::{Place, battery, group, line, mac, name, number, phone};

battery!(
    a_bundle_has_groups_in_order_and_all_lines,
    fleets_come_in_parts,
    a_phone_that_is_not_kept_can_be_tried
);

/// One site, one series, one profile, each with a key of its own; a phone that has them all, one that has none.
async fn filled(place: &Place) -> (Store, Bundle, Bundle) {
    let store = place.store().await;
    let groups = [
        (group(GroupKind::Site, "Berlin"), 3, "3001"),
        (group(GroupKind::Series, "8800"), 4, "4001"),
        (group(GroupKind::Profile, "desk"), 5, "5001"),
    ];
    let groups = groups.map(|(mut group, button, text)| {
        group.layer.keys.insert(button, Some(Key::line(number(text))));
        group.layer.settings.set(name("web_access"), "on");
        group
    });
    let numbers = ["1001", "3001", "4001", "5001", "9001"];
    let mut changes: Vec<_> = numbers.map(|text| Change::PutLine(line(text))).into();
    changes.extend(groups.iter().cloned().map(Change::PutGroup));
    let mut full = Bundle::new(phone(mac(1), &["1001"]));
    full.phone.site = Some("Berlin".into());
    full.phone.profile = Some("desk".into());
    full.groups = groups.to_vec();
    full.lines = numbers[..4].iter().map(|text| (number(text), line(text))).collect();
    let mut bare = Bundle::new(phone(mac(2), &[]));
    bare.phone.model = None;
    changes.extend([&full, &bare].map(|bundle| Change::PutPhone(bundle.phone.clone())));
    store.change(&changes).await.unwrap();
    (store, full, bare)
}

async fn a_bundle_has_groups_in_order_and_all_lines(place: Place) {
    let (store, full, bare) = filled(&place).await;
    assert_eq!(store.bundle(mac(1)).await.unwrap(), Some(full));
    assert_eq!(store.bundle(mac(2)).await.unwrap(), Some(bare));
    assert_eq!(store.bundle(mac(3)).await.unwrap(), None);
    for text in ["3001", "4001", "5001"] {
        assert_eq!(store.phones_with_line(&number(text)).await.unwrap(), [mac(1)], "{text}");
    }
    let at_once =
        store.phones_with_lines(&["1001", "3001", "4001", "5001", "9001"].map(number)).await.unwrap();
    let expected = ["1001", "3001", "4001", "5001"].map(|text| (number(text), vec![mac(1)]));
    assert_eq!(at_once, expected.into());
    assert!(store.phones_with_lines(&[]).await.unwrap().is_empty());
    let with = store.groups_with_line(&number("4001")).await.unwrap();
    assert_eq!(with, [(GroupKind::Series, "8800".to_owned())]);
}

async fn fleets_come_in_parts(place: Place) {
    let (store, full, bare) = filled(&place).await;
    assert_eq!(store.bundles(None, 10).await.unwrap(), [full.clone(), bare.clone()]);
    assert_eq!(store.bundles(None, 1).await.unwrap(), [full]);
    assert_eq!(store.bundles(Some(mac(1)), 10).await.unwrap(), [bare]);
    assert_eq!(store.bundles(Some(mac(2)), 10).await.unwrap(), []);
}

async fn a_phone_that_is_not_kept_can_be_tried(place: Place) {
    let (store, full, _) = filled(&place).await;
    let mut tried = full.clone();
    tried.phone.mac = mac(77);
    tried.phone.layer.keys.insert(2, Some(Key::line(number("9001"))));
    tried.phone.layer.keys.insert(8, Some(Key::line(number("not-there"))));
    tried.lines.insert(number("9001"), line("9001"));
    assert_eq!(store.bundle_of(tried.phone.clone()).await.unwrap(), tried);
    assert_eq!(store.phone(mac(77)).await.unwrap(), None);
}
