//! What is here: tables in files, contacts, lines, and the order in which sources stand.

use std::fs;
use std::path::Path;

use offhook::asterisk::Asterisk;
use offhook::directory::{Directory, Search};
use offhook::inventory::Inventory;
use provision::inventory::{Change, Contact, ContactNumber, Group, GroupKind, Line, Name, NumberKind, Phone};
use provision::mac::Mac;
use provision::phonebook::Format;
use provision::render::Surroundings;
use store::Store;

use crate::radicale::card;
use crate::{LONG, directory, files, find, names};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_are_read_again_when_they_change() {
    let folder = tempfile::tempdir().unwrap();
    let (table, cards) = (folder.path().join("a.csv"), folder.path().join("cards"));
    fs::create_dir(&cards).unwrap();
    fs::write(&table, "Name;Phone\nAnna;4711\n").unwrap();
    fs::write(cards.join("b.vcf"), card("b", "Bob", &[("WORK", "4712")])).unwrap();
    let both = directory(&[files("table", &table, Format::Csv), files("cards", &cards, Format::Vcard)]);
    assert_eq!(names(&find(&both, "").await), ["Anna", "Bob"]);
    fs::write(&table, "Name;Phone\nEve;4713\n").unwrap();
    fs::write(cards.join("z.vcf"), card("z", "Zoë", &[("WORK", "4714")])).unwrap();
    let found = find(&both, "").await;
    assert_eq!((names(&found), found.old.len()), (vec!["Bob", "Eve", "Zoë"], 0), "the next search sees it");
    fs::write(&table, "this is no table").unwrap();
    let found = find(&both, "").await;
    assert_eq!(
        (names(&found), found.old.len()),
        (vec!["Bob", "Eve", "Zoë"], 1),
        "what it held stays, and is marked"
    );
    fs::remove_file(cards.join("b.vcf")).unwrap();
    assert_eq!(names(&find(&both, "").await), ["Eve", "Zoë"]);
}

/// An inventory with two phones, of which one has the profile sales, and some contacts and lines.
async fn inventory(folder: &Path) -> Inventory {
    let url = format!("sqlite://{}", folder.join("offhook.db").display());
    let store = Store::open_or_create(&url).await.unwrap();
    let mut seller = Phone::new(mac(1), None);
    seller.profile = Some("sales".to_owned());
    let mut line = Line::new("1001".parse().unwrap());
    line.settings.set(Name::new("display_name").unwrap(), "Reception");
    let mut labelled = Line::new("1002".parse().unwrap());
    labelled.settings.set(Name::new("label").unwrap(), "Workshop");
    let changes = vec![
        Change::PutGroup(Group::new(GroupKind::Profile, "sales")),
        Change::PutPhone(seller),
        Change::PutPhone(Phone::new(mac(2), None)),
        Change::PutLine(line),
        Change::PutLine(labelled),
        Change::PutLine(Line::new("1003".parse().unwrap())),
        Change::PutContact(contact("Anna Müller", "+49 (0)30 1234-567", None)),
        Change::PutContact(contact("Anna's own", "+49 30 7654321", Some(mac(1)))),
    ];
    store.change(&changes).await.unwrap();
    Inventory::new(store, Surroundings::default())
}

fn mac(last: u8) -> Mac {
    Mac::new([0, 0x11, 0x22, 0x33, 0x44, last])
}

fn contact(name: &str, number: &str, owner: Option<Mac>) -> Contact {
    let numbers = vec![ContactNumber { kind: NumberKind::Work, number: number.to_owned() }];
    Contact { id: 0, book: "all".into(), owner, name: name.into(), organisation: "Acme".into(), numbers }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sources_stand_in_their_order_and_profiles_see_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("a.csv");
    fs::write(&table, "Name;Phone\nSecret;4711\n").unwrap();
    let inventory = inventory(folder.path()).await;
    let mut sources = vec![files("early", &table, Format::Csv), files("late", &table, Format::Csv)];
    (sources[1].order, sources[1].profiles) = (25, vec!["sales".to_owned()]);
    let directory = Directory::new(Some(inventory), Asterisk::default(), None).with(&sources).patient(LONG);
    let seen = async |phone: Option<Mac>| {
        let sources = directory.sources(phone).await;
        sources.iter().map(|source| source.title().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(seen(Some(mac(1))).await, ["EARLY", "Contacts", "LATE"]);
    assert_eq!(seen(Some(mac(2))).await, ["EARLY", "Contacts"]);
    assert_eq!(seen(None).await, ["EARLY", "Contacts"]);
    let late = directory.source("late");
    for (phone, expected) in [(1, 1), (2, 0)] {
        let search = Search { phone: Some(mac(phone)), source: late.clone(), ..Search::default() };
        assert_eq!(directory.search(&search).await.entries.len(), expected, "phone {phone}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_are_known_from_lines_and_every_source() {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("a.csv");
    fs::write(&table, "Name;Phone\nAnna of the table;030 1234567\nEve;+43 1 555666777\n").unwrap();
    let inventory = inventory(folder.path()).await;
    let store = inventory.store().clone();
    let directory = Directory::new(Some(inventory), Asterisk::default(), None)
        .with(&[files("table", &table, Format::Csv)])
        .patient(LONG);
    let who = async |number: &str| {
        let who = directory.who_is(number).await;
        assert!(who.away.is_empty(), "{who:?}");
        who.known
            .into_iter()
            .map(|known| (known.name, known.source.word().to_owned(), known.sure))
            .collect::<Vec<_>>()
    };
    let named = |name: &str, source: &str, sure: bool| (name.to_owned(), source.to_owned(), sure);
    assert_eq!(who("10 01").await, [named("Reception", "lines", true)]);
    assert_eq!(who("1002").await, [named("Workshop", "lines", true)]);
    assert_eq!(who("1003").await, []);
    assert_eq!(who("nobody").await, []);
    // At first the database is asked, then what is in memory; both say the same.
    for _ in 0..50 {
        let (surely, likely) =
            (named("Anna Müller", "contacts", true), named("Anna of the table", "table", false));
        assert_eq!(who("0049 30 1234567").await, [surely, likely]);
        let (surely, likely) =
            (named("Anna of the table", "table", true), named("Anna Müller", "contacts", false));
        assert_eq!(who("0301234567").await, [surely, likely]);
        assert_eq!(who("+49307654321").await, [], "what is somebody's own names no caller");
    }
    store.change(&[Change::PutContact(contact("Bob", "00 41 44 1234567", None))]).await.unwrap();
    assert_eq!(
        who("+41441234567").await,
        [named("Bob", "contacts", true)],
        "the next question sees a change"
    );
}
