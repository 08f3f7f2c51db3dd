//! Phones that nobody knows: refused, waiting with a code, or taken in.

use offhook::artifact::Reason;
use offhook::config::Onboarding;
use provision::inventory::{Change, Group, GroupKind, Name, State};
use provision::models;

use crate::site::{Site, mac, number, on_both, phone};

on_both!(
    rejected_phones_get_nothing,
    parked_phones_get_a_code,
    parked_phones_are_claimed,
    many_names_from_one_address_are_refused,
    registered_phones_get_a_number,
    a_full_range_is_said
);

const CONFIGURATION: &str = "SEP020000000001.cnf.xml";

async fn rejected_phones_get_nothing(mut site: Site) {
    site.config.provisioning.onboarding = Onboarding::Reject;
    let server = site.server().await;
    assert_eq!(server.get(CONFIGURATION).await.unwrap_err(), Reason::Missing(CONFIGURATION.to_owned()));
    assert_eq!(server.store.phone(mac(1)).await.unwrap(), None);
    server.store.change(&phone(1, "Anna")).await.unwrap();
    assert!(server.text(CONFIGURATION).await.contains("Anna"));
}

async fn parked_phones_get_a_code(site: Site) {
    let server = site.server().await;
    let shown = server.text(CONFIGURATION).await;
    let waiting = server.store.waiting(mac(1)).await.unwrap().unwrap();
    assert!(shown.contains(&waiting.code), "{shown}");
    assert_eq!(waiting.source, "192.0.2.9");
    // The same again, whoever is asked, and signed for a phone that has a trust list.
    let other = site.server().await;
    assert_eq!(other.text(CONFIGURATION).await, shown);
    assert!(server.get("SEP020000000001.cnf.xml.sgn").await.is_ok());
    assert!(server.get("CTLSEP020000000001.tlv").await.is_err(), "only configurations make a phone wait");
    assert!(server.get("SEP020000000002.cnf.xml.enc.sgn").await.is_err());
    assert_eq!(server.store.waiting(mac(2)).await.unwrap(), None);
    // A file in the document root makes a phone known.
    site.put("SEP020000000003.cnf.xml", "<device/>");
    server.get("SEP020000000003.cnf.xml").await.unwrap();
    server.get("SEP020000000003.cnf.xml.sgn").await.unwrap();
    assert_eq!(server.store.waiting(mac(3)).await.unwrap(), None);
}

async fn parked_phones_are_claimed(site: Site) {
    let server = site.server().await;
    server.text(CONFIGURATION).await;
    let code = server.store.waiting(mac(1)).await.unwrap().unwrap().code;
    server.store.claim(&code, &phone(1, "Anna")).await.unwrap();
    let claimed = server.text(CONFIGURATION).await;
    assert!(claimed.contains("Anna") && !claimed.contains(&code));
}

async fn many_names_from_one_address_are_refused(mut site: Site) {
    site.config.newcomers.per_minute = 3;
    let server = site.server().await;
    server.store.change(&phone(9, "Anna")).await.unwrap();
    for last in 1..=3 {
        server.text(&format!("SEP0200000000{last:02X}.cnf.xml")).await;
    }
    let refused = server.get("SEP020000000004.cnf.xml").await.unwrap_err();
    assert_eq!(refused, Reason::TooMany("SEP020000000004".to_owned()));
    assert_eq!(server.store.phone(mac(4)).await.unwrap(), None);
    // Those that are known, or wait already, or come from elsewhere, are served.
    for (name, from) in [
        ("SEP020000000009.cnf.xml", "192.0.2.9"),
        ("SEP020000000001.cnf.xml", "192.0.2.9"),
        ("SEP020000000004.cnf.xml", "192.0.2.10"),
    ] {
        server.get_from(name, from).await.unwrap();
    }
}

async fn registered_phones_get_a_number(mut site: Site) {
    site.config.provisioning.onboarding = Onboarding::Register;
    site.config.newcomers.range = Some("2000-2099".parse().unwrap());
    site.config.newcomers.profile = Some("office".to_owned());
    site.config.newcomers.model = models::find("8845");
    let server = site.server().await;
    let mut office = Group::new(GroupKind::Profile, "office");
    office.layer.settings.set(Name::new("auth_password").unwrap(), "s3cret");
    server.store.change(&[Change::PutGroup(office)]).await.unwrap();
    for (name, number) in [(CONFIGURATION, "2000"), ("SEP020000000002.cnf.xml", "2001")] {
        let text = server.text(name).await;
        assert!(text.contains(&format!("<name>{number}</name>")) && text.contains("s3cret"), "{text}");
    }
    let kept = server.store.phone(mac(1)).await.unwrap().unwrap();
    assert_eq!((kept.state, kept.model), (State::Active, models::find("8845")));
    assert_eq!(server.store.phones_with_line(&number("2000")).await.unwrap(), [mac(1)]);
}

async fn a_full_range_is_said(mut site: Site) {
    site.config.provisioning.onboarding = Onboarding::Register;
    site.config.newcomers.range = Some("7-7".parse().unwrap());
    let server = site.server().await;
    server.text(CONFIGURATION).await;
    let refused = server.get("SEP020000000002.cnf.xml").await.unwrap_err().to_string();
    assert!(refused.contains("no free number from 7 to 7"), "{refused}");
}
