//! Trust, DHCP, health, and what is done with phones from afar.

use offhook::admin::people;
use provision::inventory::{Change, Phone};
use provision::ledger::{Asked, Event, Fetch};
use provision::mac::Mac;
use provision::models;
use store::{Fetched, Report};

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

/// The phone takes the list that was published last, and shows it by asking for signed files. It asks no Trust Verification
/// Service; an old one knows nobody but who signed the list.
async fn takes_the_list(desk: &Desk, mac: Mac, is_old: bool) {
    let mut contents = desk.store.last_trust_list().await.unwrap().unwrap().contents;
    contents.tvs.clear();
    if is_old {
        contents.sasts = vec![contents.signer.clone()];
    }
    let now = people::now() * 1000;
    let fetch =
        Fetch { contents, name: "ITLFile.tlv".to_owned(), at: now - 2, source: "192.0.2.7".to_owned() };
    let events = [(mac, Event::Fetched(fetch)), (mac, Event::Asked(Asked::Signed, now - 1))];
    desk.store.note_in_ledger(&events, true, |_| None).await.unwrap();
}

#[tokio::test]
async fn trust_is_given_to_some_then_to_all_and_taken_back() {
    let desk = Desk::trusted().await;
    for (fields, said) in
        [(&[("phones", "")][..], "Name the phones"), (&[("phones", "nobody")], "is no address")]
    {
        let refused = desk.fill(2, "/trust", "/trust/enable-some", fields).await;
        assert!(refused.status == 422 && refused.text.contains(said), "{}", refused.text);
    }
    let some =
        desk.fill(2, "/trust", "/trust/enable-some", &[("phones", "SEP020000000001, SEP020000000002")]).await;
    assert!(some.leads_to("/trust"), "{}", some.text);
    let page = desk.look(0, "/trust").await;
    assert!(page.contains("2 phones are given") && page.contains("/phones/SEP020000000002"), "{page}");
    assert!(!page.contains("<button class=\"danger\""), "viewers decide nothing");
    assert_eq!(desk.store.trust_lists().await.unwrap().len(), 1, "the first is on record");
    let left = desk.fill(2, "/trust", "/trust/disable", &[("phones", "SEP020000000002")]).await;
    assert!(left.leads_to("/trust") && desk.look(0, "/trust").await.contains("One phone is given"));
    assert!(desk.fill(2, "/trust", "/trust/enable", &[]).await.leads_to("/trust"));
    assert!(desk.look(0, "/trust").await.contains("Every phone is given a trust list"));
    let refused = desk.fill(2, "/trust", "/trust/disable", &[("phones", "SEP020000000001")]).await;
    assert!(refused.status == 422 && refused.text.contains("every phone"), "{}", refused.text);
    assert!(desk.fill(2, "/trust", "/trust/disable", &[]).await.leads_to("/trust"));
    assert!(desk.look(0, "/trust").await.contains("Trust is off"));
    for step in ["enable", "start", "finish", "release"] {
        assert_eq!(desk.fill(1, "/contacts", &format!("/trust/{step}"), &[]).await.status, 403, "{step}");
    }
    assert_eq!(desk.fill(2, "/trust", "/trust/nonsense", &[]).await.status, 404);
}

#[tokio::test]
async fn a_roll_over_waits_for_phones_and_its_lists_come_back() {
    let desk = Desk::trusted().await;
    let mac = Mac::new([2, 0, 0, 0, 0, 1]);
    desk.store.change(&[Change::PutPhone(Phone::new(mac, models::find("8845")))]).await.unwrap();
    assert!(desk.fill(2, "/trust", "/trust/start", &[]).await.text.contains("No list was published yet"));
    assert!(desk.fill(2, "/trust", "/trust/enable", &[]).await.leads_to("/trust"));
    takes_the_list(&desk, mac, true).await;
    let begun = desk.fill(2, "/trust", "/trust/start", &[]).await;
    assert!(begun.leads_to("/trust"), "{}", begun.text);
    let page = desk.look(2, "/trust").await;
    for needed in ["is under way", "sast-3", "Restart these", "1 still to come", "To lose 1 phones"] {
        assert!(page.contains(needed), "{needed} in {page}");
    }
    for lost in ["", "0", "many"] {
        let refused = desk.fill(2, "/trust", "/trust/finish", &[("lost", lost)]).await;
        assert_eq!(refused.status, 422, "{lost:?}: {}", refused.text);
    }
    let released = desk.fill(2, "/trust", "/trust/release", &[]).await;
    assert!(
        released.status == 422 && released.text.contains("finish or abort it first"),
        "{}",
        released.text
    );
    assert!(desk.fill(2, "/trust", "/trust/abort", &[]).await.leads_to("/trust"));
    assert!(desk.fill(2, "/trust", "/trust/start", &[]).await.leads_to("/trust"), "once more");
    takes_the_list(&desk, mac, false).await;
    assert!(desk.look(2, "/trust").await.contains("1 ready."));
    let finished = desk.fill(2, "/trust", "/trust/finish", &[]).await;
    assert!(finished.leads_to("/trust"), "{}", finished.text);
    assert_eq!(desk.store.last_trust_list().await.unwrap().unwrap().purpose, "rollover-finish");
    takes_the_list(&desk, mac, true).await;
    let first = desk.look(2, "/trust/lists/1").await;
    assert!(first.contains("If phones got it once more") && first.contains("SEP020000000001"), "{first}");
    let kept = desk.fill(2, "/trust", "/trust/restore", &[("number", "1")]).await;
    assert!(kept.status == 422 && kept.text.contains("write 1 where it asks"), "{}", kept.text);
    let restored = desk.fill(2, "/trust", "/trust/restore", &[("number", "1"), ("lost", "1")]).await;
    assert!(restored.leads_to("/trust"), "{}", restored.text);
    assert_eq!(desk.get(2, "/trust/lists/99").await.status, 404);
    let audit = desk.look(0, "/audit?subject=trust").await;
    assert!(
        audit.contains("restore") && audit.contains("finish") && audit.contains("administrator"),
        "{audit}"
    );
}

#[tokio::test]
async fn phones_are_let_go_and_held_again() {
    let desk = Desk::trusted().await;
    assert!(desk.fill(2, "/trust", "/trust/enable", &[]).await.leads_to("/trust"));
    assert!(desk.fill(2, "/trust", "/trust/release", &[]).await.leads_to("/trust"));
    assert!(desk.look(2, "/trust").await.contains("Hold phones again"));
    assert!(desk.fill(2, "/trust", "/trust/start", &[]).await.text.contains("hold them again first"));
    assert!(desk.fill(2, "/trust", "/trust/return", &[]).await.leads_to("/trust"));
    assert!(desk.look(2, "/trust").await.contains("Let them go"));
}

#[tokio::test]
async fn what_came_of_a_restart_or_a_push_is_told() {
    let desk = Desk::new().await;
    let (new, old) = (Mac::new([2, 0, 0, 0, 0, 1]), Mac::new([2, 0, 0, 0, 0, 2]));
    let phones = [Phone::new(new, models::find("8845")), Phone::new(old, models::find("7962"))];
    desk.store.change(&phones.map(Change::PutPhone)).await.unwrap();
    let page = |mac: Mac| format!("/phones/{}", mac.device_name());
    let restart = desk.fill(1, &page(new), &format!("{}/restart", page(new)), &[("how", "restart")]).await;
    assert!(restart.status == 409 && restart.text.contains("only by the PBX"), "{}", restart.text);
    let push = |what: &'static str| {
        let (page, to) = (page(old), format!("{}/push", page(old)));
        let desk = &desk;
        async move { desk.fill(1, &page, &to, &[("what", what), ("when", "now")]).await }
    };
    let nothing = push(" \n ").await;
    assert!(nothing.status == 422 && nothing.text.contains("Say what it is to do"), "{}", nothing.text);
    let nowhere = push("Key:Services").await;
    assert!(nowhere.status == 409 && nowhere.text.contains("obody knows where"), "{}", nowhere.text);
    assert!(nowhere.text.contains(">Key:Services</textarea>"), "what was typed stays");
    // Nobody has this address of loopback.
    let fetched = Fetched {
        mac: old,
        stamp: String::new(),
        fingerprint: Vec::new(),
        at: people::now(),
        transport: "http".to_owned(),
        source: "127.213.77.9".to_owned(),
    };
    desk.store.remember_fetched(&[fetched]).await.unwrap();
    let away = push("Key:Services").await;
    assert!(away.status == 409 && away.text.contains("127.213.77.9:80"), "{}", away.text);
    assert_eq!(desk.fill(0, "/contacts", &format!("{}/push", page(old)), &[("what", "x")]).await.status, 403);
    assert_eq!(desk.fill(0, "/contacts", &format!("{}/restart", page(old)), &[]).await.status, 403);
}

#[tokio::test]
async fn a_problem_report_says_what_it_complains_about() {
    let desk = Desk::new().await;
    let (mine, other) = (Mac::new([2, 0, 0, 0, 0, 1]), Mac::new([2, 0, 0, 0, 0, 2]));
    let phones = [mine, other].map(|mac| Change::PutPhone(Phone::new(mac, models::find("8845"))));
    desk.store.change(&phones).await.unwrap();
    let log = b"0001 ERR something failed <b>here</b>\n";
    let folder = desk.folder.path().join("data/reports");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("SEP020000000001-1.log"), log).unwrap();
    let report = Report {
        id: 0,
        mac: mine,
        at: people::now(),
        serial: "FCH1".to_owned(),
        user: String::new(),
        source: "192.0.2.7".to_owned(),
        bytes: log.len() as i64,
        file: "SEP020000000001-1.log".to_owned(),
        note: String::new(),
    };
    let (number, _) = desk.store.keep_report(&report, 10).await.unwrap();
    let path = format!("/phones/SEP020000000001/reports/{number}");
    assert!(desk.look(0, "/phones/SEP020000000001").await.contains(&path));
    let page = desk.look(0, &path).await;
    assert!(
        page.contains("something failed &#60;b&#62;here") && !page.contains(&format!("{path}/file")),
        "{page}"
    );
    let file = desk.get(1, &format!("{path}/file")).await;
    assert!(
        file.status == 200 && file.head.contains("attachment") && file.text.contains("<b>here"),
        "{file:?}"
    );
    assert_eq!(desk.get(0, &format!("{path}/file")).await.status, 403, "logs are for operators");
    assert_eq!(desk.get(1, &format!("/phones/SEP020000000002/reports/{number}")).await.status, 404);
    assert_eq!(desk.get(1, "/phones/SEP020000000001/reports/999").await.status, 404);
    std::fs::remove_file(folder.join("SEP020000000001-1.log")).unwrap();
    assert!(desk.look(0, &path).await.contains("is not here"));
}
