//! What layers say about pages: menus, books and notices of a profile; and the contacts that a user keeps on the phone.
#![expect(clippy::unwrap_used, reason = "tests")]

mod machine;
mod support;
mod visitor;

use std::net::SocketAddr;
use std::sync::Arc;

use machine::Machine;
use offhook::artifact::Artifacts;
use offhook::asterisk::Asterisk;
use offhook::config::{Live, Resolved};
use offhook::directory::Directory;
use offhook::inventory::Inventory;
use offhook::listener::{App, services};
use provision::render::Surroundings;
use store::{ContactQuery, Fetched, Page, Store};
use support::{Site, get};
use tokio_util::sync::CancellationToken;
use virtual_phone::models;
use virtual_phone::services::{Content, Step};
use visitor::Visitor;

const MINE: &str = "SEP001122334455";

struct Running {
    machine: Machine,
    _site: Site,
    address: SocketAddr,
    store: Store,
}

/// A machine with the phone in the profile `desk`, and a server beside the commands.
async fn serve(change: impl FnOnce(&mut Resolved)) -> Running {
    let machine = Machine::empty();
    machine.ok("profile add desk");
    machine.ok(&format!("phone add {MINE} --model 8845 --profile desk"));
    let mut site = Site::new();
    site.config.data_dir = machine.path("data");
    change(&mut site.config);
    let url = format!("sqlite://{}", site.config.data_dir.join("offhook.db").display());
    let store = Store::open_or_create(&url).await.unwrap();
    let config = Live::new(site.config.clone());
    let inventory = Inventory::new(store.clone(), Surroundings::default());
    let directory = Directory::new(Some(inventory.clone()), Asterisk::default(), None);
    let metrics = Arc::default();
    let artifacts = Artifacts::with_inventory(config.clone(), Arc::clone(&metrics), Some(inventory));
    let app = App { config, artifacts, metrics, directory, ..App::default() };
    let bound = services::bind(&site.config).unwrap().unwrap();
    let address = bound.local_addrs()[0];
    tokio::spawn(bound.serve(app, CancellationToken::new()));
    Running { machine, _site: site, address, store }
}

impl Running {
    async fn page(&self, path: &str, phone: &str) -> String {
        get(self.address, &format!("{path}?name={phone}")).await.text()
    }

    fn at(&self, path: &str) -> String {
        format!("http://{}{path}?name={MINE}", self.address)
    }

    async fn personal(&self) -> Vec<(String, Vec<String>)> {
        let query = ContactQuery { any_owner: true, ..ContactQuery::default() };
        let listed = self.store.contacts(&query, &Page::first(1000)).await.unwrap();
        let one = |contact: provision::inventory::Contact| {
            (contact.name, contact.numbers.into_iter().map(|number| number.number).collect())
        };
        listed.rows.into_iter().filter(|contact| contact.owner.is_some()).map(one).collect()
    }
}

#[tokio::test]
async fn menus_and_notices_are_those_of_the_layers() {
    let running = serve(|_| ()).await;
    let machine = &running.machine;
    assert!(
        running.page("/services", MINE).await.contains("About this phone"),
        "the configuration's, at first"
    );
    machine.exactly(&[
        "profile",
        "set",
        "desk",
        "services_menu=Reception = Dial:100; Help = /information; Shake = Vibrate:1:1:1",
        "services_title=Desk & Co",
    ]);
    let page = running.page("/services", MINE).await;
    for part in
        ["<Title>Desk &amp; Co</Title>", "<URL>Dial:100</URL>", "<Name>Help</Name>", "Choose a service"]
    {
        assert!(page.contains(part), "the next request sees it: {part} in {page}");
    }
    assert!(!page.contains("About this phone") && !page.contains("Shake"), "{page}");
    assert!(
        running.page("/services", "SEP00112233FFFF").await.contains("About this phone"),
        "others have their own"
    );
    // A phone says something else for itself; a site may set a notice.
    machine.exactly(&["phone", "set", MINE, "services_menu=Only this = /about"]);
    assert!(running.page("/services", MINE).await.contains("<Name>Only this</Name>"));
    machine.exactly(&[
        "profile",
        "set",
        "desk",
        "notice=New firmware, phones restart",
        "notice_at=2099-11-24 22:00",
    ]);
    let notice = "2099-11-24 22:00: New firmware, phones restart";
    assert!(running.page("/services", MINE).await.contains(&format!("<Prompt>{notice}</Prompt>")));
    for (model, shows) in [("7942", true), ("8845", true), ("7821", false)] {
        let mut visitor = Visitor::new(models::find(model).unwrap(), None);
        visitor.open(&running.at("/idle")).await;
        let shown = visitor.browser.shown().unwrap();
        assert_eq!(!shown.pictures.is_empty(), shows, "{model}");
        let text = format!("{:?}", shown.page);
        for part in ["New firmware, phones restart", "2099-11-24 22:00"] {
            assert!(text.contains(part), "{model}: {text}");
        }
    }
    machine.exactly(&["profile", "set", "desk", "notice_at=2001-01-01 00:00"]);
    assert!(!running.page("/services", MINE).await.contains("New firmware"), "it is over");
    assert!(!running.page("/idle", MINE).await.contains("New firmware"));
    // None of it is in a configuration, so nobody needs a restart.
    let rendered = machine.ok(&format!("phone render {MINE}"));
    assert!(!rendered.contains("Only this") && !rendered.contains("New firmware"), "{rendered}");
    for wrong in ["services_menu=Help", "notice_at=tomorrow", "services_titel=x"] {
        assert_eq!(machine.given(&["profile", "set", "desk", wrong], "").code, 2, "{wrong}");
    }
}

#[tokio::test]
async fn books_are_seen_by_the_phones_that_their_layers_choose() {
    let running = serve(|_| ()).await;
    let machine = &running.machine;
    for (name, book, number) in [("Anna", "company", "1"), ("Bert", "sales", "2"), ("Carl", "board", "3")] {
        machine.ok(&format!("contact add {name} {number} --book {book}"));
    }
    machine.ok(&format!("contact add Mine 4 --book private --owner {MINE}"));
    let seen = async || {
        // The first search may come before all are read; both ways give the same.
        let page = running.page("/directory/found", MINE).await;
        ["Anna", "Bert", "Carl", "Mine"]
            .into_iter()
            .filter(|name| page.contains(&format!("<Name>{name}</Name>")))
            .collect::<Vec<_>>()
    };
    for _ in 0..2 {
        assert_eq!(seen().await, ["Anna", "Bert", "Carl", "Mine"]);
    }
    machine.ok("profile set desk directory_books=company,sales");
    for _ in 0..5 {
        assert_eq!(seen().await, ["Anna", "Bert", "Mine"], "one's own are always there");
    }
    machine.exactly(&["phone", "set", MINE, "directory_books=board"]);
    assert_eq!(seen().await, ["Carl", "Mine"]);
    machine.exactly(&["phone", "set", MINE, "directory_books="]);
    assert_eq!(seen().await, ["Mine"]);
    machine.exactly(&["phone", "set", MINE, "directory_books=*"]);
    assert_eq!(seen().await, ["Anna", "Bert", "Carl", "Mine"]);
}

/// Fills in the form and saves it.
async fn save(visitor: &mut Visitor, fields: &[&str]) {
    for field in fields {
        assert_eq!(visitor.browser.press(field), Ok(Step::Shows), "{field}");
    }
    visitor.press("Save").await;
}

fn text(visitor: &Visitor) -> String {
    match &visitor.browser.shown().unwrap().page.content {
        Content::Text(text) => text.clone(),
        other => panic!("no text: {other:?}"),
    }
}

fn items(visitor: &Visitor) -> Vec<String> {
    match &visitor.browser.shown().unwrap().page.content {
        Content::Menu(items) => items.iter().map(|item| item.name.clone()).collect(),
        other => panic!("no menu: {other:?}"),
    }
}

#[tokio::test]
async fn users_keep_their_contacts_on_phones_of_every_kind() {
    for model in ["7942", "8845", "7821", "9971"] {
        let running = serve(|_| ()).await;
        let mut visitor = Visitor::new(models::find(model).unwrap(), None);
        visitor.open(&running.at("/directory")).await;
        let personal = items(&visitor).iter().position(|name| name == "Personal").unwrap() + 1;
        visitor.press(&personal.to_string()).await;
        visitor.press("Select").await;
        assert!(text(&visitor).contains("nobody here yet"), "{model}");
        visitor.press("Add").await;
        save(&mut visitor, &["who=Müller & Co", "work=4711", "mobile=01715550"]).await;
        assert_eq!(text(&visitor), "Müller & Co is in your list.", "{model}");
        visitor.press("List").await;
        assert_eq!(items(&visitor), ["Müller & Co"], "{model}");
        visitor.press("1").await;
        visitor.press("Select").await;
        assert_eq!(
            items(&visitor),
            ["Call 4711 (work)", "Call 01715550 (mobile)", "Change", "Remove"],
            "{model}"
        );
        assert_eq!(visitor.browser.press("Select"), Ok(Step::Does("Dial:4711".into())), "{model}");
        // What is kept stands in the form; what is emptied goes.
        visitor.press("3").await;
        visitor.press("Select").await;
        let Content::Form { fields, .. } = &visitor.browser.shown().unwrap().page.content else { panic!() };
        assert_eq!((&*fields[0].value, &*fields[2].value), ("Müller & Co", "4711"), "{model}");
        save(&mut visitor, &["who=Miller", "work=", "home=0301"]).await;
        assert_eq!(
            running.personal().await,
            [("Miller".to_owned(), vec!["01715550".to_owned(), "0301".to_owned()])]
        );
        // The directory and the administrator see it, too.
        visitor.open(&running.at("/directory/found")).await;
        assert!(
            format!("{:?}", visitor.browser.shown().unwrap().page.content).contains("Miller (mobile)"),
            "{model}"
        );
        assert!(running.machine.ok(&format!("contact list --only-of {MINE}")).contains("Miller"));
        visitor.open(&running.at("/contacts")).await;
        visitor.press("1").await;
        visitor.press("Select").await;
        visitor.press("4").await;
        visitor.press("Select").await;
        assert!(text(&visitor).contains("Remove Miller"), "{model}");
        visitor.press("Remove").await;
        assert_eq!(text(&visitor), "Miller is not in your list any more.");
        assert_eq!(running.personal().await, []);
    }
}

#[tokio::test]
async fn a_list_has_its_limits_and_its_owner() {
    let running = serve(|config| config.services.personal_contacts = 2).await;
    let keep = async |query: &str| {
        let page = get(running.address, &format!("/contacts/keep?name={MINE}&{query}")).await;
        (page.status, page.text())
    };
    for (query, said) in [
        ("who=&work=1", "needs a name"),
        ("who=Anna", "needs a number"),
        ("who=Anna&work=%3F", "is no number"),
        ("who=%3Cb%3E+%26&work=1", "is in your list"),
        ("who=Bert&work=2", "is in your list"),
        ("who=Carl&work=3", "Your list is full: it holds 2"),
        ("id=1&who=Anna&work=1", "Anna is in your list"),
    ] {
        let (status, page) = keep(query).await;
        assert!(status == 200 && page.contains(said), "{query}: {page}");
    }
    assert_eq!(keep("id=77&who=x&work=1").await.0, 400, "it is not there");
    // Another's, everybody's, and those of phones that nobody knows.
    running.machine.ok("phone add SEP001122334466 --model 7821");
    running.machine.ok("contact add Theirs 5 --owner SEP001122334466");
    running.machine.ok("contact add Everybodys 6");
    let all = running.store.contacts_after(0, 100).await.unwrap();
    for name in ["Theirs", "Everybodys"] {
        let id = all.iter().find(|contact| contact.name == name).unwrap().id;
        for path in ["/contacts/one", "/contacts/edit", "/contacts/remove", "/contacts/keep"] {
            let page =
                get(running.address, &format!("{path}?name={MINE}&id={id}&sure=yes&who=x&work=1")).await;
            assert_eq!(page.status, 400, "{path} of {name}: {}", page.text());
        }
    }
    assert_eq!(running.store.contacts_after(0, 100).await.unwrap(), all);
    assert_eq!(get(running.address, "/contacts?name=SEP00112233FFFF").await.status, 403);
    assert_eq!(get(running.address, "/contacts").await.status, 400);
    // Who is elsewhere than the phone was may look, and change nothing.
    let fetched = Fetched {
        mac: "001122334455".parse().unwrap(),
        stamp: String::new(),
        fingerprint: vec![],
        at: 1,
        transport: "http".into(),
        source: "192.0.2.77".into(),
    };
    running.store.remember_fetched(&[fetched]).await.unwrap();
    assert_eq!(get(running.address, &format!("/contacts?name={MINE}")).await.status, 200);
    assert!(keep("who=Eve&work=1").await.1.contains("has moved"));
    assert_eq!(
        get(running.address, &format!("/contacts/remove?name={MINE}&id=1&sure=yes")).await.status,
        400
    );
    assert_eq!(running.store.contacts_after(0, 100).await.unwrap(), all);
    let off = serve(|config| config.services.personal_contacts = 0).await;
    assert!(!off.page("/directory", MINE).await.contains("Personal"));
    assert_eq!(get(off.address, &format!("/contacts?name={MINE}")).await.status, 404);
}

#[tokio::test]
async fn many_who_write_at_once_fill_a_list_and_no_more() {
    let running = serve(|config| config.services.personal_contacts = 3).await;
    let mut writing = tokio::task::JoinSet::new();
    for number in 0..12 {
        let address = running.address;
        writing.spawn(async move {
            get(address, &format!("/contacts/keep?name={MINE}&who=P{number}&work={number}1")).await.status
        });
    }
    let statuses = writing.join_all().await;
    assert!(statuses.iter().all(|status| matches!(status, 200 | 503)), "{statuses:?}");
    assert_eq!(running.personal().await.len(), 3);
    // A program that goes on is stopped.
    let mut statuses = Vec::new();
    for number in 0..25 {
        statuses.push(
            get(running.address, &format!("/contacts/keep?name={MINE}&who=P{number}&work=1")).await.status,
        );
    }
    assert!(statuses.contains(&429), "{statuses:?}");
}

#[tokio::test]
async fn a_phone_tells_its_user_what_is_known_of_it() {
    let running = serve(|_| ()).await;
    running.machine.ok("line add 1001 --label Anna");
    running.machine.ok(&format!("key set {MINE} 1 line 1001"));
    running.machine.exactly(&["phone", "set", MINE, "firmware=sip8845_65.12-8-1-0001-455"]);
    let fetched = Fetched {
        mac: "001122334455".parse().unwrap(),
        stamp: String::new(),
        fingerprint: vec![],
        at: 1_795_414_320,
        transport: "https".into(),
        source: "127.0.0.1".into(),
    };
    running.store.remember_fetched(&[fetched]).await.unwrap();
    let page = running.page("/about", MINE).await;
    for part in [
        "Name: SEP001122334455",
        "Model: 8845",
        "Firmware: sip8845_65.12-8-1-0001-455, as it is told",
        "Line 1: 1001 Anna\n",
        "Configuration: taken over HTTPS 2026-11-23 06:12 UTC, from 127.0.0.1",
        "Connection: not encrypted",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    assert!(
        running.page("/about", "SEP00112233FFFF").await.contains("Inventory: nobody knows this phone here")
    );
}
