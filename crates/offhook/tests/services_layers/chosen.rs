//! What layers choose: menus, notices, books, and what a phone tells its user.

use store::Fetched;
use virtual_phone::models;

use crate::visitor::Visitor;
use crate::{MINE, serve};

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
