//! Mailboxes and parked calls of a real Asterisk.

use offhook::asterisk::Asterisk;
use virtual_phone::models;
use virtual_phone::services::{Content, Step};

use crate::pbx::{Pbx, account, once, park};
use crate::visitor::Visitor;
use crate::{find, listed, people, serve};

#[tokio::test]
async fn mailboxes_and_parked_calls_come_from_a_real_asterisk() {
    let mut pbx = Pbx::start(3);
    let asterisk = pbx.over("ami", "test-only");
    once(|| asterisk.mailboxes(), |boxes| boxes.len() == 65).await;
    let running = serve(asterisk.clone(), people()).await;
    let mut visitor = Visitor::new(models::find("8845").unwrap(), None);
    let mailboxes = find(&mut visitor, &running, "source=mailboxes&who=al").await;
    assert_eq!(mailboxes, [("Alice Ångström".to_owned(), "101".to_owned())]);
    let both = find(&mut visitor, &running, "who=bob").await;
    assert_eq!(both.iter().map(|(_, number)| number.as_str()).collect::<Vec<_>>(), ["102", "4712"]);

    let parked = format!("http://{}/parked", running.address);
    visitor.open(&parked).await;
    let Content::Text(text) = &visitor.browser.shown().unwrap().page.content else { panic!() };
    assert!(text.contains("No call is parked"), "{text}");
    park(&asterisk).await;
    once(|| asterisk.parked(), |parked| parked.len() == 1).await;
    visitor.open(&parked).await;
    assert_eq!(listed(&visitor)[0].1, "701");
    let Ok(Step::Does(what)) = visitor.browser.press("Dial") else { panic!() };
    assert!(what.contains("701"), "{what}");

    // Away, it stops nobody: mailboxes are those of before, parked calls say why there are none.
    pbx.kill();
    while asterisk.parked().await.is_ok() {}
    assert_eq!(find(&mut visitor, &running, "source=mailboxes&who=al").await, mailboxes);
    visitor.open(&parked).await;
    let Content::Text(text) = &visitor.browser.shown().unwrap().page.content else { panic!() };
    assert!(text.contains("does not answer"), "{text}");
}

#[tokio::test]
async fn without_an_asterisk_the_page_says_so() {
    let nowhere = Asterisk::open(account("ami://127.0.0.1:1", "x"));
    let running = serve(nowhere, people()).await;
    let mut visitor = Visitor::new(models::find("7821").unwrap(), None);
    assert_eq!(find(&mut visitor, &running, "who=anna").await.len(), 2, "other sources answer");
    visitor.open(&format!("http://{}/directory/found?source=mailboxes", running.address)).await;
    let Content::Text(text) = &visitor.browser.shown().unwrap().page.content else { panic!() };
    assert!(text.contains("Mailboxes cannot be asked"), "{text}");
}
