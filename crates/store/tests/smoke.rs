//! The main road.
#![expect(clippy::unwrap_used, reason = "tests")]

use provision::inventory::{Change, Key, Line, Name, Phone};
use store::{Page, PhoneQuery, Store};

#[tokio::test]
async fn a_phone_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("offhook.db").display());
    let store = Store::open_or_create(&url).await.unwrap();
    let mut line = Line::new("1001".parse().unwrap());
    line.settings.set(Name::new("auth_password").unwrap(), "1234");
    let mut phone = Phone::new("SEP001122334455".parse().unwrap(), provision::models::find("8845"));
    phone.layer.keys.insert(1, Some(Key::line(line.number.clone())));
    let before = store.generation();
    let changes = [Change::PutPhone(phone.clone()), Change::PutLine(line.clone())];
    let after = store.change(&changes).await.unwrap();
    assert!(after > before && store.generation() == after);
    let bundle = store.bundle(phone.mac).await.unwrap().unwrap();
    assert_eq!(bundle.phone, phone);
    assert_eq!(bundle.lines.into_values().collect::<Vec<_>>(), [line.clone()]);
    let listed = store.phones(&PhoneQuery::default(), &Page::first(10)).await.unwrap();
    assert_eq!((listed.total, listed.rows[0].lines.as_slice()), (1, [line.number.clone()].as_slice()));
    let refused = store.change(&[Change::RemoveLine(line.number)]).await.unwrap_err();
    assert_eq!(refused.to_string(), "line 1001 is still needed by key 1 of SEP001122334455");
}

/// Futures of the store go where any task goes.
#[test]
fn its_futures_are_send() {
    fn send<T: Send>(_: T) {}
    fn all(store: &'static Store) {
        send(store.change(&[]));
        send(store.bundles(None, 1));
        send(Store::open(""));
    }
    let _ = all;
}
