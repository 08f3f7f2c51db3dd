//! Contacts, and phones that wait.

use provision::inventory::{Change, Phone, State};
use provision::mac::Mac;
use store::{ContactQuery, Newcomer, Page};

use crate::desk::Desk;

#[tokio::test]
async fn contacts_are_added_found_changed_and_removed() {
    let desk = Desk::new().await;
    let form = [
        ("name", "Zoë <b>Äpfel</b>"),
        ("organisation", "Obst"),
        ("book", "firm"),
        ("owner", ""),
        ("kind", "work"),
        ("number", "0211 123"),
        ("kind", "mobile"),
        ("number", ""),
    ];
    let added = desk.fill(1, "/contacts/new", "/contacts/new", &form).await;
    assert!(added.leads_to("/contacts"), "{}", added.text);
    let found = desk.look(0, "/contacts?q=zo%C3%AB").await;
    assert!(found.contains("Zoë &#60;b&#62;"), "{found}");
    assert!(desk.look(0, "/contacts?q=nobody").await.contains("Nobody fits"));
    let all = desk
        .store
        .contacts(&ContactQuery { any_owner: true, ..ContactQuery::default() }, &Page::first(10))
        .await
        .unwrap();
    let contact = &all.rows[0];
    assert_eq!((contact.numbers.len(), contact.book.as_str()), (1, "firm"));
    let path = format!("/contacts/{}", contact.id);
    let changed = desk
        .fill(1, &path, &path, &[("name", "Zoe"), ("book", "firm"), ("kind", "home"), ("number", "1")])
        .await;
    assert!(changed.leads_to("/contacts"), "{}", changed.text);
    for (field, value, said) in [("owner", "nobody", "is no phone"), ("name", " ", "needs a name")] {
        let mut form = vec![("name", "Zoe"), ("book", "firm"), ("kind", "home"), ("number", "1")];
        form.retain(|(name, _)| *name != field);
        form.push((field, value));
        let refused = desk.fill(1, &path, &path, &form).await;
        assert!(refused.status == 422 && refused.text.contains(said), "{}", refused.text);
    }
    assert_eq!(desk.fill(0, "/contacts", &format!("{path}/remove"), &[]).await.status, 403);
    assert!(desk.fill(1, "/contacts", &format!("{path}/remove"), &[]).await.leads_to("/contacts"));
    assert_eq!(desk.get(1, &path).await.status, 404);
}

#[tokio::test]
async fn a_phone_that_waits_is_claimed_by_its_code() {
    let desk = Desk::new().await;
    let mac = Mac::new([2, 0, 0, 0, 0, 7]);
    assert!(desk.look(0, "/unknown").await.contains("No phone waits"));
    desk.store
        .park(Newcomer { mac, source: "192.0.2.7", now: 1_790_000_000 }, 10, || "K7QM4X".to_owned())
        .await
        .unwrap();
    let list = desk.look(0, "/unknown").await;
    assert!(
        list.contains("K7QM4X") && list.contains("192.0.2.7") && !list.contains("Claim a phone"),
        "{list}"
    );
    let wrong = desk.fill(1, "/unknown", "/unknown", &[("code", "AAAAAA"), ("lines", "1001")]).await;
    assert!(wrong.status == 422 && wrong.text.contains("value=\"1001\""), "{}", wrong.text);
    let form = [("code", "k7qm4x"), ("model", "8845"), ("lines", "1001 1002"), ("description", "Hall")];
    let claimed = desk.fill(1, "/unknown", "/unknown", &form).await;
    assert!(
        claimed.status == 200 && claimed.text.contains("is yours") && claimed.text.contains("Its password"),
        "{}",
        claimed.text
    );
    let phone = desk.store.phone(mac).await.unwrap().unwrap();
    assert_eq!((phone.state, phone.description.as_str(), phone.layer.keys.len()), (State::Active, "Hall", 2));
    assert_eq!(desk.fill(0, "/unknown", "/unknown", &form).await.status, 403);
}

#[tokio::test]
async fn only_phones_that_wait_are_turned_away() {
    let desk = Desk::new().await;
    let (mine, strange) = (Mac::new([2, 0, 0, 0, 0, 1]), Mac::new([2, 0, 0, 0, 0, 2]));
    desk.store.change(&[Change::PutPhone(Phone::new(mine, None))]).await.unwrap();
    desk.store
        .park(Newcomer { mac: strange, source: "192.0.2.8", now: 1_790_000_000 }, 10, || "ABCDEF".to_owned())
        .await
        .unwrap();
    let path = |mac: Mac| format!("/unknown/{}/remove", mac.device_name());
    assert_eq!(desk.fill(1, "/unknown", &path(mine), &[]).await.status, 404);
    assert!(desk.fill(1, "/unknown", &path(strange), &[]).await.leads_to("/unknown"));
    assert!(
        desk.store.phone(mine).await.unwrap().is_some() && desk.store.phone(strange).await.unwrap().is_none()
    );
}
