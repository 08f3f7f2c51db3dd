//! Texts that mean harm are texts.

use provision::inventory::Content;
use provision::inventory::{
    Change, Contact, ContactNumber, Document, GroupKind, NumberKind, Override, Replacement,
};
use store::{ContactQuery, Page};

use crate::place::{Place, battery, group, line, mac, name, phone, put};

battery!(any_text_comes_back, nul_is_refused_everywhere, names_have_an_end, very_long_texts_are_kept);

const TEXTS: [&str; 9] = [
    "'; DROP TABLE phones; --",
    "\"quoted\" `and` 'more'",
    "Zoë & <Müller> 😀👩‍👩‍👧",
    "Щукин\t\r\n",
    "\\u0000 \\\\u0000 \\",
    "$1 ?1 :name %s {}",
    "\u{feff}\u{200b}\u{202e}",
    "\u{1}\u{7f}\u{85}",
    "",
];

async fn any_text_comes_back(place: Place) {
    let store = place.store().await;
    for (count, text) in (0..).zip(TEXTS) {
        let mut group = group(GroupKind::Site, &format!("site {}", text.replace(char::is_control, "")));
        group.description = text.into();
        let mut desk = phone(mac(count), &["1001"]);
        desk.description = text.into();
        desk.notes = text.into();
        desk.site = Some(group.name.clone());
        desk.layer.settings.set(name("phone_password"), text);
        desk.layer
            .overrides
            .push(Override { path: text.into(), replacement: Replacement::Fragment(text.into()) });
        let mut about = line("1001");
        about.settings.set(name("display_name"), text);
        store
            .change(&[
                Change::PutGroup(group.clone()),
                Change::PutLine(about.clone()),
                Change::PutPhone(desk.clone()),
            ])
            .await
            .unwrap();
        let bundle = store.bundle(desk.mac).await.unwrap().unwrap();
        assert_eq!((bundle.phone, bundle.groups), (desk, vec![group]));
        assert_eq!(bundle.lines.into_values().collect::<Vec<_>>(), [about]);
        let contact = Contact {
            id: 0,
            book: "all".into(),
            owner: None,
            name: format!("unique{count} {text}"),
            organisation: text.into(),
            numbers: vec![ContactNumber { kind: NumberKind::Other, number: text.into() }],
        };
        store.change(&[Change::PutContact(contact.clone())]).await.unwrap();
        let query = ContactQuery { text: Some(format!("unique{count}")), ..ContactQuery::default() };
        let found = store.contacts(&query, &Page::first(9)).await.unwrap().rows;
        assert_eq!(found.into_iter().map(|found| Contact { id: 0, ..found }).collect::<Vec<_>>(), [contact]);
    }
}

async fn nul_is_refused_everywhere(place: Place) {
    let store = place.store().await;
    let bad = "a\0b".to_owned();
    let mut described = phone(mac(1), &[]);
    described.description = bad.clone();
    let mut noted = phone(mac(1), &[]);
    noted.notes = bad.clone();
    let mut set = phone(mac(1), &[]);
    set.layer.settings.set(name("phone_password"), bad.clone());
    let mut about = line("1001");
    about.settings.set(name("display_name"), bad.clone());
    let content = Content::FeaturePolicy([(bad.clone(), true)].into());
    for change in [
        Change::PutPhone(described),
        Change::PutPhone(noted),
        Change::PutPhone(set),
        Change::PutLine(about),
        Change::PutGroup(group(GroupKind::Site, &bad)),
        Change::PutDocument(Document { name: "x.xml".into(), content }),
    ] {
        let problem = store.change(&[change]).await.unwrap_err();
        assert!(problem.is_refusal(), "{problem}");
    }
}

async fn names_have_an_end(place: Place) {
    let store = place.store().await;
    let longest = "ü".repeat(100);
    store.change(&[Change::PutGroup(group(GroupKind::Profile, &longest))]).await.unwrap();
    for text in [String::new(), format!("{longest}x"), "x".repeat(1 << 20)] {
        let problem = store.change(&[Change::PutGroup(group(GroupKind::Profile, &text))]).await.unwrap_err();
        assert!(problem.is_refusal() && problem.to_string().len() < 200, "{problem}");
    }
}

async fn very_long_texts_are_kept(place: Place) {
    let store = place.store().await;
    let text = "long ü ".repeat(150_000);
    let mut desk = phone(mac(1), &["1001"]);
    desk.notes = text.clone();
    desk.layer.settings.set(name("phone_password"), text.clone());
    store.change(&put(desk.clone())).await.unwrap();
    assert_eq!(store.phone(mac(1)).await.unwrap(), Some(desk.clone()));
    let contact = Contact {
        id: 0,
        book: "all".into(),
        owner: None,
        name: text.clone(),
        organisation: "x".repeat(1 << 20),
        numbers: vec![ContactNumber { kind: NumberKind::Work, number: "1".repeat(1 << 20) }],
    };
    store.change(&[Change::PutContact(contact)]).await.unwrap();
    let query = ContactQuery { text: Some("long".into()), ..ContactQuery::default() };
    assert_eq!(store.contacts(&query, &Page::first(9)).await.unwrap().rows[0].name, text);
    desk.notes = "x".repeat(5 << 20);
    assert!(store.change(&[Change::PutPhone(desk)]).await.unwrap_err().is_refusal());
}
