//! The contacts that a user keeps on the phone.

use virtual_phone::models;
use virtual_phone::services::{Content, Step};

use crate::support::{fetched_elsewhere, get};
use crate::visitor::Visitor;
use crate::{MINE, serve};

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
    running.store.remember_fetched(&[fetched_elsewhere("001122334455")]).await.unwrap();
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
