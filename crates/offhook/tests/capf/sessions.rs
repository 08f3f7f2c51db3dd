//! Sessions that cross each other, stop in the middle, or outlive their server.

use pki::{Certificate, KeyKind, PrivateKey};
use provision::enrol::Required;
use tokio::io::AsyncReadExt;
use wire::capf::{Command, Element, Message, Reason};

use crate::{Capf, INSTALL, KEY, OTHER, PHONE, authenticate, hear, phone, reason, say};

#[tokio::test]
async fn a_phone_enrols_at_one_server_at_a_time() {
    let here = Capf::serve().await;
    let there = here.beside().await;
    here.schedule(PHONE, INSTALL, Required::Nothing).await;
    let mut first = here.connect().await;
    let session = authenticate(&mut first, "SEP58971ECC97C1").await;
    assert_eq!(hear(&mut first).await[1], 3);
    // It begins again at the other server, and the first one has no more to say.
    let mut second = there.connect().await;
    let number = authenticate(&mut second, "SEP58971ECC97C1").await;
    assert_eq!(hear(&mut second).await[1], 3);
    let spki = KEY.to_spki().unwrap();
    say(&mut first, &Message::new(Command::KeyGenerateResponse, session, [Element::PublicKey(&spki)])).await;
    assert_eq!(reason(&hear(&mut first).await), Some(Reason::InvalidElement));
    here.noted(PHONE, "began again in another session").await;
    say(&mut second, &Message::new(Command::KeyGenerateResponse, number, [Element::PublicKey(&spki)])).await;
    assert_eq!(hear(&mut second).await[1], 9);
    let stored = Message::new(Command::StoreResponse, number, [Element::Reason(Reason::Success)]);
    say(&mut second, &stored).await;
    assert_eq!(reason(&hear(&mut second).await), Some(Reason::Success));
    assert!(here.record(PHONE).await.held.is_some());
}

#[tokio::test]
async fn a_database_that_is_away_enrols_nobody_and_phones_come_again() {
    let capf = Capf::serve().await;
    capf.schedule(PHONE, INSTALL, Required::Nothing).await;
    capf.app.artifacts.inventory().unwrap().store().close().await;
    let report = capf.enrol("8845", phone(PHONE)).await;
    assert_eq!((report.succeeded, report.installed.is_none()), (false, true), "{report:?}");
    capf.task.abort();
    let Capf { site, .. } = capf;
    let capf = Capf::of(site).await;
    assert!(capf.enrol("8845", phone(PHONE)).await.succeeded);
}

#[tokio::test]
async fn each_message_leaves_in_one_piece() {
    let capf = Capf::serve().await;
    capf.schedule(PHONE, INSTALL, Required::Nothing).await;
    let mut stream = capf.connect().await;
    let mut buffer = [0; 4096];
    // One read gives one TLS record: header and body are in it together.
    let len = stream.read(&mut buffer).await.unwrap();
    let session = Message::decode(&buffer[..len]).unwrap().session;
    assert_eq!(len, 16);
    let name = Element::DeviceName("SEP58971ECC97C1");
    let elements = [Element::Reason(Reason::Success), Element::Version(3), name];
    say(&mut stream, &Message::new(Command::AuthResponse, session, elements)).await;
    let len = stream.read(&mut buffer).await.unwrap();
    assert_eq!(Message::decode(&buffer[..len]).unwrap().command, Command::KeyGenerateRequest);
    let spki = KEY.to_spki().unwrap();
    say(&mut stream, &Message::new(Command::KeyGenerateResponse, session, [Element::PublicKey(&spki)])).await;
    let len = stream.read(&mut buffer).await.unwrap();
    let message = Message::decode(&buffer[..len]).unwrap();
    assert_eq!(message.command, Command::StoreRequest);
    assert!(Certificate::from_der(message.certificate().unwrap()).unwrap().common_name().is_some());
}

#[tokio::test]
async fn a_server_stopped_in_the_middle_leaves_a_phone_that_can_enrol_again() {
    let capf = Capf::serve().await;
    capf.schedule(PHONE, INSTALL, Required::Nothing).await;
    let mut stream = capf.connect().await;
    let session = authenticate(&mut stream, "SEP58971ECC97C1").await;
    hear(&mut stream).await;
    let spki = KEY.to_spki().unwrap();
    say(&mut stream, &Message::new(Command::KeyGenerateResponse, session, [Element::PublicKey(&spki)])).await;
    hear(&mut stream).await;
    // The certificate is out, the phone has not said that it stored it, and the server dies.
    capf.task.abort();
    drop(stream);
    let record = capf.record(PHONE).await;
    assert!(record.issued.is_some() && record.held.is_none() && record.scheduled.is_some());
    let Capf { site, .. } = capf;
    let capf = Capf::of(site).await;
    let report = capf.enrol("8845", phone(PHONE)).await;
    assert!(report.succeeded);
    let record = capf.record(PHONE).await;
    assert_eq!(record.held.unwrap().certificate, report.installed.unwrap().certificate);
    assert!(record.issued.is_none() && record.scheduled.is_none());
}

#[tokio::test]
async fn a_stop_is_told_to_phones_that_wait_and_waits_for_phones_that_store() {
    let capf = Capf::serve().await;
    capf.schedule(PHONE, INSTALL, Required::Nothing).await;
    capf.schedule(OTHER, INSTALL, Required::Nothing).await;
    let (mut storing, mut making) = (capf.connect().await, capf.connect().await);
    let session = authenticate(&mut storing, "SEP58971ECC97C1").await;
    hear(&mut storing).await;
    let spki = KEY.to_spki().unwrap();
    say(&mut storing, &Message::new(Command::KeyGenerateResponse, session, [Element::PublicKey(&spki)]))
        .await;
    hear(&mut storing).await;
    authenticate(&mut making, "SEP58971ECC97C2").await;
    hear(&mut making).await;
    capf.stop.cancel();
    assert_eq!(reason(&hear(&mut making).await), Some(Reason::InvalidElement));
    let stored = Message::new(Command::StoreResponse, session, [Element::Reason(Reason::Success)]);
    say(&mut storing, &stored).await;
    assert_eq!(reason(&hear(&mut storing).await), Some(Reason::Success));
    assert!(capf.record(PHONE).await.held.is_some());
    capf.task.await.unwrap().unwrap();
}

#[tokio::test]
async fn the_newest_session_of_a_phone_counts() {
    let capf = Capf::serve().await;
    capf.schedule(PHONE, INSTALL, Required::Nothing).await;
    let mut first = capf.connect().await;
    authenticate(&mut first, "SEP58971ECC97C1").await;
    assert_eq!(hear(&mut first).await[1], 3);
    let report = capf.enrol("8845", phone(PHONE)).await;
    assert!(report.succeeded);
    assert_eq!(reason(&hear(&mut first).await), Some(Reason::InvalidElement));
    assert_eq!(capf.record(PHONE).await.held.unwrap().certificate, report.installed.unwrap().certificate);
}

#[tokio::test]
async fn a_key_other_than_asked_or_worthless_gets_no_certificate() {
    let capf = Capf::serve().await;
    let short = PrivateKey::generate(KeyKind::Rsa(1024)).unwrap().to_spki().unwrap();
    for (spki, words) in [(short.as_slice(), "was told to make a key rsa2048"), (b"0000", "not a public key")]
    {
        capf.schedule(PHONE, INSTALL, Required::Nothing).await;
        let mut stream = capf.connect().await;
        let session = authenticate(&mut stream, "SEP58971ECC97C1").await;
        hear(&mut stream).await;
        say(&mut stream, &Message::new(Command::KeyGenerateResponse, session, [Element::PublicKey(spki)]))
            .await;
        assert_eq!(reason(&hear(&mut stream).await), Some(Reason::InvalidElement));
        // Closed: the record of it is there.
        let _ = stream.read(&mut [0; 8]).await;
        capf.noted(PHONE, words).await;
        assert!(capf.record(PHONE).await.issued.is_none());
    }
}
