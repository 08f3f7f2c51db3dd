//! Contacts, and finding them.

use provision::inventory::{Change, Contact, ContactNumber, NumberKind};
use provision::mac::Mac;
use store::{ContactQuery, Page, Store};

use crate::place::{Place, battery, mac, phone};

battery!(
    contacts_are_found_by_words_digits_and_keys,
    books_and_owners_are_kept_apart,
    contacts_change_and_go,
    who_keeps_all_contacts_hears_of_every_change_and_of_nothing_else
);

fn contact(name: &str, organisation: &str, number: &str) -> Contact {
    Contact {
        id: 0,
        book: "all".into(),
        owner: None,
        name: name.into(),
        organisation: organisation.into(),
        numbers: vec![ContactNumber { kind: NumberKind::Work, number: number.into() }],
    }
}

async fn names(store: &Store, query: ContactQuery) -> Vec<String> {
    let listed = store.contacts(&query, &Page::first(100)).await.unwrap();
    assert_eq!(listed.total, listed.rows.len() as u64);
    listed.rows.into_iter().map(|contact| contact.name).collect()
}

async fn contacts_are_found_by_words_digits_and_keys(place: Place) {
    let store = place.store().await;
    let contacts = [
        contact("Anna May", "Müller & Söhne", "+49 30 1234-0"),
        contact("Özil, Mesut", "", "0171 5550100"),
        contact("mayer", "", "110"),
    ];
    store.change(&contacts.map(Change::PutContact)).await.unwrap();
    let text = |text: &str| ContactQuery { text: Some(text.into()), ..ContactQuery::default() };
    let keys = |keys: &str| ContactQuery { keypad: Some(keys.into()), ..ContactQuery::default() };
    assert_eq!(names(&store, ContactQuery::default()).await, ["Anna May", "mayer", "Özil, Mesut"]);
    for (query, found) in [
        (text("may"), vec!["Anna May", "mayer"]),
        (text("MAY an"), vec!["Anna May"]),
        (text("mül"), vec!["Anna May"]),
        (text("özil"), vec!["Özil, Mesut"]),
        (text("ayer"), vec![]),
        (text("301234"), vec!["Anna May"]),
        (text("5550"), vec!["Özil, Mesut"]),
        (text("%"), vec!["Anna May", "mayer", "Özil, Mesut"]),
        (text("' OR 1=1"), vec![]),
        (keys("629"), vec!["Anna May", "mayer"]),
        (keys("6293"), vec!["mayer"]),
        (keys("6945"), vec!["Özil, Mesut"]),
        (keys("685537"), vec!["Anna May"]),
    ] {
        assert_eq!(names(&store, query.clone()).await, found, "{query:?}");
    }
}

async fn books_and_owners_are_kept_apart(place: Place) {
    let store = place.store().await;
    let phones = [1, 2].map(|n| Change::PutPhone(phone(mac(n), &[])));
    store.change(&phones).await.unwrap();
    let of = |book: &str, owner: Option<Mac>, name: &str| {
        Change::PutContact(Contact { book: book.into(), owner, ..contact(name, "", "1") })
    };
    let contacts = [
        of("staff", None, "a"),
        of("press", None, "b"),
        of("own", Some(mac(1)), "c"),
        of("own", Some(mac(2)), "d"),
    ];
    store.change(&contacts).await.unwrap();
    let all = ContactQuery::default;
    let books = |books: &[&str]| Some(books.iter().map(|book| (*book).to_owned()).collect());
    assert_eq!(names(&store, all()).await, ["a", "b"]);
    assert_eq!(names(&store, ContactQuery { owner: Some(mac(1)), ..all() }).await, ["a", "b", "c"]);
    assert_eq!(names(&store, ContactQuery { any_owner: true, ..all() }).await, ["a", "b", "c", "d"]);
    assert_eq!(names(&store, ContactQuery { books: books(&["press"]), ..all() }).await, ["b"]);
    assert_eq!(names(&store, ContactQuery { books: books(&[]), ..all() }).await, [""; 0]);
    assert_eq!(store.books().await.unwrap(), ["own", "press", "staff"]);
    let page = Page::after(store.contacts(&all(), &Page::first(1)).await.unwrap().rows[0].id, 10);
    assert_eq!(store.contacts(&all(), &page).await.unwrap().rows[0].name, "b");
}

async fn contacts_change_and_go(place: Place) {
    let store = place.store().await;
    store.change(&[Change::PutContact(contact("Anna", "", "1"))]).await.unwrap();
    let mut found = store.contacts(&ContactQuery::default(), &Page::first(1)).await.unwrap().rows.remove(0);
    assert_eq!(store.contact(found.id).await.unwrap(), Some(found.clone()));
    found.name = "Berta".into();
    store.change(&[Change::PutContact(found.clone())]).await.unwrap();
    let text = |text: &str| ContactQuery { text: Some(text.into()), ..ContactQuery::default() };
    assert_eq!(names(&store, text("anna")).await, [""; 0]);
    assert_eq!(names(&store, text("berta")).await, ["Berta"]);
    store.change(&[Change::RemoveContact(found.id)]).await.unwrap();
    assert_eq!(names(&store, ContactQuery::default()).await, [""; 0]);
    assert_eq!(store.contact(found.id).await.unwrap(), None);
}

async fn who_keeps_all_contacts_hears_of_every_change_and_of_nothing_else(place: Place) {
    let store = place.store().await;
    let mut last = store.contact_changes().await.unwrap();
    let mut moves = async |changes: &[Change]| {
        store.change(changes).await.unwrap();
        let now = store.contact_changes().await.unwrap();
        std::mem::replace(&mut last, now) != now
    };
    assert!(!moves(&[Change::PutPhone(phone(mac(1), &[]))]).await);
    let own = Contact { owner: Some(mac(1)), ..contact("Own", "", "2") };
    assert!(moves(&[Change::PutContact(contact("Anna", "", "1")), Change::PutContact(own)]).await);
    let anna = store.contacts(&ContactQuery::default(), &Page::first(1)).await.unwrap().rows.remove(0);
    assert!(moves(&[Change::PutContact(Contact { name: "Berta".into(), ..anna.clone() })]).await);
    assert!(moves(&[Change::RemoveContact(anna.id)]).await);
    assert!(moves(&[Change::RemovePhone(mac(1))]).await, "its own contacts go with it");
    assert!(!moves(&[Change::PutPhone(phone(mac(1), &[]))]).await);
}
