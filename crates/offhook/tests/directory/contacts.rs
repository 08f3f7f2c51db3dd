//! Contacts of the inventory.

use offhook::asterisk::Asterisk;
use provision::inventory::NumberKind;
use virtual_phone::models;
use virtual_phone::services::{Content, Step};

use crate::visitor::Visitor;
use crate::{MINE, contact, find, listed, people, serve};

#[tokio::test]
async fn phones_of_every_kind_look_somebody_up_and_dial() {
    let running = serve(Asterisk::default(), people()).await;
    for model in ["7942", "8845", "7821"] {
        let mut visitor = Visitor::new(models::find(model).unwrap(), None);
        visitor.open(&format!("http://{}/directory?name=SEP{MINE}", running.address)).await;
        visitor.press("2").await;
        visitor.press("Select").await;
        let entries = listed(&visitor);
        let names: Vec<&str> = entries.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names[..4],
            ["Anna Müller (mobile)", "Anna Müller (work)", "Bob <b> & Co", "Only mine"],
            "{model}"
        );
        assert_eq!(entries.len(), 5, "another's contacts are nobody else's business");
        visitor.press("3").await;
        let Ok(Step::Does(what)) = visitor.browser.press("Dial") else { panic!("{model} dials") };
        assert!(what.contains("4712"), "{model}: {what}");
    }
}

#[tokio::test]
async fn names_are_found_by_letters_by_digits_and_by_keys() {
    let running = serve(Asterisk::default(), people()).await;
    let mut visitor = Visitor::new(models::find("8845").unwrap(), None);
    for query in ["who=m%C3%BCl", "who=4711", "keys=685", "who=anna+m&keys="] {
        let entries = find(&mut visitor, &running, query).await;
        assert!(entries.iter().all(|(name, _)| name.starts_with("Anna Müller")), "{query}: {entries:?}");
        assert!(!entries.is_empty());
    }
    let by_script = find(&mut visitor, &running, "who=%D0%B6").await;
    assert_eq!(by_script.len(), 1);
    visitor.open(&format!("http://{}/directory/found?who=nobody", running.address)).await;
    let Content::Text(text) = &visitor.browser.shown().unwrap().page.content else { panic!() };
    assert!(text.contains("Nobody was found"), "{text}");
}

#[tokio::test]
async fn many_are_leafed_through() {
    let many = (0..400).map(|number| {
        contact(&format!("Person {number:03}"), &[(NumberKind::Work, &format!("5{number:03}"))], None)
    });
    let running = serve(Asterisk::default(), many).await;
    let mut visitor = Visitor::new(models::find("7942").unwrap(), None);
    let first = find(&mut visitor, &running, "source=contacts").await;
    assert_eq!((first.len(), &*first[0].0), (32, "Person 000"));
    visitor.press("Next").await;
    assert_eq!(listed(&visitor)[0].0, "Person 032");
    visitor.press("Previous").await;
    assert_eq!(listed(&visitor), first);
    let last = find(&mut visitor, &running, "source=contacts&page=999").await;
    assert_eq!(last.last().unwrap().0, "Person 319", "more are found by searching");
}
