//! Certificates that a phone shows: which enrol it, which do not, and what becomes of those that are fetched or deleted.

use offhook::enrol::Vouchers;
use pki::chain::Manufacturer;
use pki::tls::Stream;
use pki::{Identity, KeyKind, PrivateKey, Request, Subject};
use provision::enrol::{Operation, Required};
use tokio::net::TcpStream;
use virtual_phone::enrol::Enrolling;
use wire::capf::{Command, Element, Message, Reason};

use crate::{Capf, DAY, INSTALL, OTHER, PHONE, authenticate, hear, issued, maker, now, phone, reason, say};

#[tokio::test]
async fn certificates_are_fetched_and_deleted() {
    let capf = Capf::serve().await;
    let lsc = issued(&capf.issuer(), "SEP58971ECC97C1", 30, now());
    let holder = Enrolling { certificate: Some(lsc.clone()), ..phone(PHONE) };
    capf.schedule(PHONE, Operation::Fetch, Required::Nothing).await;
    let report = capf.enrol("8845", holder.clone()).await;
    assert_eq!((report.succeeded, report.reason.as_deref()), (true, Some("no action")), "{report:?}");
    assert_eq!(capf.record(PHONE).await.held.unwrap().certificate, lsc.certificate);
    capf.schedule(PHONE, Operation::Delete, Required::Lsc).await;
    let report = capf.enrol("8845", holder).await;
    assert!(report.succeeded && report.deleted);
    assert_eq!(capf.record(PHONE).await.held, None);
    assert!(capf.record(PHONE).await.scheduled.is_none());
}

#[tokio::test]
async fn a_fetched_certificate_of_somebody_else_is_not_kept() {
    let capf = Capf::serve().await;
    capf.schedule(PHONE, Operation::Fetch, Required::Nothing).await;
    let foreign = issued(&maker("Other CA"), "SEP58971ECC97C1", 30, now());
    let mut stream = capf.connect().await;
    let session = authenticate(&mut stream, "SEP58971ECC97C1").await;
    assert_eq!(hear(&mut stream).await[1], 11);
    let elements = [Element::Reason(Reason::Success), Element::Certificate(foreign.certificate.der())];
    say(&mut stream, &Message::new(Command::FetchResponse, session, elements)).await;
    assert_eq!(reason(&hear(&mut stream).await), Some(Reason::InvalidElement));
    assert_eq!(capf.record(PHONE).await.held, None);
    assert!(capf.record(PHONE).await.scheduled.is_some());
}

#[tokio::test]
async fn a_certificate_enrols_the_phone_it_names_and_no_other() {
    let capf = Capf::serve().await;
    let lsc = issued(&capf.issuer(), "SEP58971ECC97C1", 30, now());
    for mac in [PHONE, OTHER] {
        capf.schedule(mac, INSTALL, Required::Certificate).await;
    }
    let thief = Enrolling { certificate: Some(lsc.clone()), ..phone(OTHER) };
    let report = capf.enrol("8845", thief).await;
    assert_eq!((report.succeeded, report.reason.as_deref()), (false, Some("invalid element")));
    capf.noted(OTHER, "does not name SEP58971ECC97C2").await;
    let owner = Enrolling { certificate: Some(lsc), ..phone(PHONE) };
    assert!(capf.enrol("8845", owner).await.succeeded);
}

#[tokio::test]
async fn factory_certificates_count_when_their_maker_was_brought_along() {
    let capf = Capf::serve().await;
    let (maker, vouchers) = (maker("Maker CA"), Vouchers::open(&capf.site.config.data_dir));
    let mic = issued(&maker, "CP-8845-SEP58971ECC97C1", 3000, now() - DAY);
    let with = |certificate: &Identity, sudi: Option<&Identity>| Enrolling {
        certificate: Some(certificate.clone()),
        sudi: sudi.cloned(),
        ..phone(PHONE)
    };
    capf.schedule(PHONE, INSTALL, Required::Mic).await;
    assert!(!capf.enrol("8845", with(&mic, None)).await.succeeded, "nobody knows the maker");
    let known = Manufacturer { certificate: maker.certificate.clone(), allow_expired: false };
    vouchers.import("maker", &known).unwrap();
    assert!(capf.enrol("8845", with(&mic, Some(&mic))).await.succeeded);

    let old = issued(&maker, "CP-8845-SEP58971ECC97C1", 100, now() - 200 * DAY);
    capf.schedule(PHONE, INSTALL, Required::Mic).await;
    let report = capf.enrol("8845", with(&old, None)).await;
    assert!(!report.succeeded);
    capf.noted(PHONE, "not valid now").await;
    vouchers.import("maker", &Manufacturer { allow_expired: true, ..known }).unwrap();
    assert!(capf.enrol("8845", with(&old, None)).await.succeeded);

    // A right certificate beside a false proof for the session is refused.
    capf.schedule(PHONE, INSTALL, Required::Mic).await;
    let stranger = issued(&self::maker("Stranger CA"), "CP-8845-SEP58971ECC97C1", 100, now());
    assert!(!capf.enrol("8845", with(&old, Some(&stranger))).await.succeeded);
    // An LSC is no MIC, and the other way round.
    let lsc = issued(&capf.issuer(), "SEP58971ECC97C1", 30, now());
    assert!(!capf.enrol("8845", with(&lsc, None)).await.succeeded);
    capf.schedule(PHONE, INSTALL, Required::Lsc).await;
    assert!(!capf.enrol("8845", with(&old, None)).await.succeeded);
    assert!(capf.enrol("8845", with(&lsc, None)).await.succeeded);
}

#[tokio::test]
async fn a_signature_by_another_key_proves_nothing() {
    let capf = Capf::serve().await;
    capf.schedule(PHONE, INSTALL, Required::Certificate).await;
    let stolen = Identity {
        key: PrivateKey::generate(KeyKind::Rsa(2048)).unwrap(),
        ..issued(&capf.issuer(), "SEP58971ECC97C1", 30, now())
    };
    let report = capf.enrol("8845", Enrolling { certificate: Some(stolen), ..phone(PHONE) }).await;
    assert!(!report.succeeded);
    capf.noted(PHONE, "SHA-1 signature").await;
}

/// The signatures of a phone over its name and certificate, as it sends them.
async fn prove(stream: &mut Stream<TcpStream>, holder: &Identity, version: u8, sign: &PrivateKey) -> u32 {
    let request = hear(stream).await;
    let session = Message::decode(&request).unwrap().session;
    let (name, der) = ("SEP58971ECC97C1", holder.certificate.der());
    let [sha1, _] = sign.prove(&[name.as_bytes(), &[0], der]).unwrap();
    let elements = [
        Element::Reason(Reason::Success),
        Element::Version(version),
        Element::DeviceName(name),
        Element::Certificate(der),
        Element::SignedData(&sha1),
    ];
    say(stream, &Message::new(Command::AuthResponse, session, elements)).await;
    session
}

#[tokio::test]
async fn phones_of_before_prove_themselves_by_one_signature_and_only_they() {
    let capf = Capf::serve().await;
    let lsc = issued(&capf.issuer(), "SEP58971ECC97C1", 30, now());
    let other = PrivateKey::generate(KeyKind::Rsa(2048)).unwrap();
    for (version, key, goes_on) in [(2, &lsc.key, true), (3, &lsc.key, false), (2, &other, false)] {
        capf.schedule(PHONE, INSTALL, Required::Lsc).await;
        let mut stream = capf.connect().await;
        prove(&mut stream, &lsc, version, key).await;
        let answer = hear(&mut stream).await;
        if goes_on {
            assert_eq!(answer[1], 3, "it is told to make a key");
        } else {
            assert_eq!(reason(&answer), Some(Reason::InvalidElement), "version {version}");
        }
    }
    capf.noted(PHONE, "SHA-1 signature").await;
}

#[tokio::test]
async fn revoked_certificates_prove_nothing() {
    let capf = Capf::serve().await;
    let lsc = issued(&capf.issuer(), "SEP58971ECC97C1", 30, now());
    capf.schedule(PHONE, INSTALL, Required::Lsc).await;
    let revoked = lsc.certificate.clone();
    capf.enrolments().change(PHONE, move |record| record.revoke(&revoked, now())).await.unwrap();
    let report = capf.enrol("8845", Enrolling { certificate: Some(lsc), ..phone(PHONE) }).await;
    assert!(!report.succeeded);
    capf.noted(PHONE, "revoked").await;
}

#[tokio::test]
async fn a_certificate_near_its_end_is_renewed_by_itself_even_after_the_issuer_was_replaced() {
    let capf = Capf::serve().await;
    capf.schedule(PHONE, INSTALL, Required::Nothing).await;
    assert!(capf.enrol("8845", phone(PHONE)).await.succeeded);
    let near = issued(&capf.issuer(), "SEP58971ECC97C1", 20, now());
    let held = near.certificate.clone();
    capf.enrolments()
        .change(PHONE, move |record| record.held.as_mut().unwrap().certificate = held)
        .await
        .unwrap();
    // A new issuer takes over.
    let folder = offhook::trust::certificates_folder(&capf.site.config.data_dir);
    let subject = Subject { cn: "CAPF 2".into(), o: "Example".into(), ou: "Voice".into() };
    let request = Request { subject, names: Vec::new(), key: KeyKind::Rsa(2048), days: 3650 };
    Identity::self_signed(&request, now()).unwrap().write(&folder, "capf").unwrap();
    assert!(!capf.enrol("8845", phone(PHONE)).await.succeeded, "only who holds it");
    let report = capf.enrol("8845", Enrolling { certificate: Some(near), ..phone(PHONE) }).await;
    assert!(report.succeeded, "{report:?}");
    let held = capf.record(PHONE).await.held.unwrap().certificate;
    assert!(held.issuer().contains("CAPF 2") && held.not_after() > now() + 300 * DAY);
}
