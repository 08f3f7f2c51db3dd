//! Who enrols by what was scheduled: a password, nothing, and names that nobody knows.

use offhook::enrol::Origin;
use pki::{Curve, KeyKind};
use provision::enrol::{Key, Operation, Required};
use provision::inventory::{Change, Phone, State};
use wire::capf::Reason;

use crate::support::until;
use crate::{Capf, DAY, INSTALL, OTHER, PHONE, authenticate, ended, hear, password, phone, reason, typed};

#[tokio::test]
async fn a_phone_gets_its_certificate_by_a_password_and_only_once() {
    let capf = Capf::serve().await;
    capf.schedule(PHONE, INSTALL, password("123456")).await;
    let report = capf.enrol("8845", typed(PHONE, "123456")).await;
    assert!(report.succeeded, "{report:?}");
    assert_eq!(report.reason.as_deref(), Some("success"));
    let installed = report.installed.unwrap().certificate;
    assert!(installed.is_signed_by(&capf.issuer().certificate));
    assert_eq!(installed.common_name().as_deref(), Some("SEP58971ECC97C1"));
    assert_eq!(installed.not_after() - installed.not_before(), 365 * DAY);
    let record = capf.record(PHONE).await;
    let held = record.held.unwrap();
    assert_eq!((held.certificate, held.origin), (installed, Origin::Lsc));
    assert!(record.scheduled.is_none() && record.issued.is_none());
    let again = capf.enrol("8845", typed(PHONE, "123456")).await;
    assert_eq!((again.succeeded, again.reason.as_deref()), (false, Some("no action")));
    ended(&capf, "installed", 1).await;
    ended(&capf, "nothing", 1).await;
    capf.noted(PHONE, "certificate installed").await;
    assert_eq!(capf.record(PHONE).await.last.unwrap().peer, "127.0.0.1");
}

#[tokio::test]
async fn every_kind_of_key_over_old_and_new_tls() {
    let capf = Capf::serve().await;
    for (model, key, kind) in [
        ("7942", Key::Rsa(1024), KeyKind::Rsa(1024)),
        ("7942", Key::Rsa(2048), KeyKind::Rsa(2048)),
        ("8861", Key::Rsa(3072), KeyKind::Rsa(3072)),
        ("8861", Key::P256, KeyKind::Ec(Curve::P256)),
        ("8861", Key::P384, KeyKind::Ec(Curve::P384)),
        ("8861", Key::P521, KeyKind::Ec(Curve::P521)),
    ] {
        capf.schedule(PHONE, Operation::Install(key), Required::Nothing).await;
        let report = capf.enrol(model, phone(PHONE)).await;
        assert!(report.succeeded, "{model} {key}: {report:?}");
        assert_eq!(capf.record(PHONE).await.held.unwrap().certificate.key_kind(), kind);
        let tls = if model == "7942" { "TLSv1 " } else { "TLSv1.2 " };
        assert!(report.steps[0].note.starts_with(tls), "{}", report.steps[0].note);
    }
}

#[tokio::test]
async fn wrong_passwords_lock_the_enrolment_for_the_right_one_too() {
    let capf = Capf::serve().await;
    capf.schedule(PHONE, INSTALL, password("123456")).await;
    let no_password = capf.enrol("8845", phone(PHONE)).await;
    assert_eq!(no_password.reason.as_deref(), Some("invalid element"));
    for failures in 1..=3 {
        let report = capf.enrol("8845", typed(PHONE, "999999")).await;
        assert_eq!(report.reason.as_deref(), Some("invalid element"));
        assert_eq!(capf.record(PHONE).await.scheduled.unwrap().schedule.failures, failures);
    }
    let right = capf.enrol("8845", typed(PHONE, "123456")).await;
    assert_eq!((right.succeeded, right.reason.as_deref()), (false, Some("invalid element")));
    capf.noted(PHONE, "locked after 3 wrong passwords").await;
    capf.schedule(PHONE, INSTALL, password("123456")).await;
    assert!(capf.enrol("8845", typed(PHONE, "123456")).await.succeeded);
}

#[tokio::test]
async fn many_guesses_at_once_are_all_counted() {
    let capf = Capf::serve().await;
    capf.schedule(PHONE, INSTALL, password("0007")).await;
    let guesses = ["0000", "0001", "0002", "0003", "0004", "0005", "0006", "0008"];
    let guesses = guesses.map(|guess| capf.enrol("8845", typed(PHONE, guess)));
    let [a, b, c, d, e, f, g, h] = guesses;
    tokio::join!(a, b, c, d, e, f, g, h);
    assert!(capf.record(PHONE).await.scheduled.unwrap().schedule.is_locked());
}

#[tokio::test]
async fn guesses_at_two_servers_are_all_counted() {
    let here = Capf::serve().await;
    let there = here.beside().await;
    here.schedule(PHONE, INSTALL, password("0007")).await;
    let (a, b) = (here.enrol("8845", typed(PHONE, "0000")), there.enrol("8845", typed(PHONE, "0001")));
    tokio::join!(a, b);
    assert_eq!(here.record(PHONE).await.scheduled.unwrap().schedule.failures, 2);
    there.enrol("8845", typed(PHONE, "0002")).await;
    // What the servers note of the guesses may come later than what is noted of the first of these.
    let locked = async || {
        assert!(!here.enrol("8845", typed(PHONE, "0007")).await.succeeded);
        let last = here.record(PHONE).await.last;
        last.is_some_and(|last| last.result.contains("locked after 3 wrong passwords"))
    };
    until("locked", locked).await;
}

#[tokio::test]
async fn unknown_phones_are_told_so() {
    let capf = Capf::serve().await;
    let report = capf.enrol("8845", phone(OTHER)).await;
    assert_eq!(report.reason.as_deref(), Some("unknown device"));
    assert_eq!(capf.phones().await, [], "and leave nothing behind");
    ended(&capf, "unknown", 1).await;
}

#[tokio::test]
async fn phones_of_the_inventory_are_known_until_they_are_retired() {
    let capf = Capf::serve().await;
    let store = capf.app.artifacts.inventory().unwrap().store().clone();
    let mut of_inventory = Phone::new(PHONE, None);
    store.change(&[Change::PutPhone(of_inventory.clone())]).await.unwrap();
    let report = capf.enrol("8845", phone(PHONE)).await;
    assert_eq!(report.reason.as_deref(), Some("no action"));
    assert_eq!(capf.enrol("8845", phone(OTHER)).await.reason.as_deref(), Some("unknown device"));
    of_inventory.state = State::Retired;
    store.change(&[Change::PutPhone(of_inventory)]).await.unwrap();
    assert_eq!(capf.enrol("8845", phone(PHONE)).await.reason.as_deref(), Some("unknown device"));
    assert_eq!(capf.phones().await, []);
}

#[tokio::test]
async fn names_that_are_no_phones_are_unknown() {
    let capf = Capf::serve().await;
    for name in ["SEP58971ecc97c1", "58971ECC97C1", "SEP58971ECC97C1/../x", "CP-8845-SEP58971ECC97C1", "x"] {
        let mut stream = capf.connect().await;
        authenticate(&mut stream, name).await;
        assert_eq!(reason(&hear(&mut stream).await), Some(Reason::UnknownDevice), "{name}");
    }
}
