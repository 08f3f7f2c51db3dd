//! Trust, DHCP and health.

use crate::desk::Desk;

#[tokio::test]
async fn dhcp_shows_what_to_write() {
    let desk = Desk::new().await;
    let page = desk.look(0, "/dhcp?address=192.0.2.10+192.0.2.11&name=pbx.example.net").await;
    for needed in [
        "option phone-servers 192.0.2.10, 192.0.2.11;",
        "dhcp-option=150,192.0.2.10,192.0.2.11",
        "0xC000020AC000020B",
    ] {
        assert!(page.contains(needed), "{needed} in {page}");
    }
    let only = desk.look(0, "/dhcp?address=192.0.2.10&name=&phones=yes").await;
    assert!(only.contains("Cisco Systems") && !only.contains("RouterOS"), "{only}");
    let wrong = desk.look(0, "/dhcp?address=999.1.1.1&name=x%22y").await;
    assert!(wrong.contains("is no IPv4 address"), "{wrong}");
}

#[tokio::test]
async fn trust_shows_certificates_and_publishes_the_next_list() {
    let desk = Desk::trusted().await;
    let page = desk.look(0, "/trust").await;
    for needed in ["sast-1", "signs trust lists", "Trust is off", "The next one"] {
        assert!(page.contains(needed), "{needed} in {page}");
    }
    assert!(!page.contains("Publish it") && !page.contains("PRIVATE"), "{page}");
    assert_eq!(desk.fill(1, "/contacts", "/trust/publish", &[]).await.status, 403);
    let published = desk.fill(2, "/trust", "/trust/publish", &[("note", "the first")]).await;
    assert!(published.leads_to("/trust"), "{}", published.text);
    let lists = desk.store.trust_lists().await.unwrap();
    assert_eq!((lists.len(), lists[0].note.as_str()), (1, "the first"));
    assert!(desk.look(0, "/trust").await.contains("It would hold just the same"));
}

#[tokio::test]
async fn trust_says_so_when_nothing_was_made() {
    let desk = Desk::new().await;
    let page = desk.look(0, "/trust").await;
    assert!(page.contains("offhook init") && page.contains("None were made yet"), "{page}");
}

#[tokio::test]
async fn health_shows_what_the_doctor_finds_to_operators() {
    let desk = Desk::new().await;
    assert_eq!(desk.get(0, "/health").await.status, 403);
    let page = desk.look(1, "/health").await;
    for needed in ["Files", "Clock", "Database", "Ports", "offhook doctor"] {
        assert!(page.contains(needed), "{needed} in {page}");
    }
}
