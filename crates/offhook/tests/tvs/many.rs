//! Crowds: silent ones while others are answered, and many at once.

use std::time::Duration;

use offhook::listener::Name;
use offhook::privileges::raise_descriptor_limit;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::support::until;
use crate::{PHONE, Service, answer, certificate, connect, verify};

const FOR_EVER: Duration = Duration::from_secs(86_400);

fn patient(site: &mut crate::support::Site) {
    // No deadline ends any of the crowd while the test looks.
    site.config.limits.handshake = FOR_EVER;
    site.config.limits.header = FOR_EVER;
    site.config.limits.connections = 4000;
    site.config.limits.connections_per_address = 4000;
    raise_descriptor_limit().unwrap();
}

#[tokio::test]
async fn a_thousand_silent_connections_delay_nobody() {
    let service = Service::with(patient);
    let request = verify(1, PHONE, certificate("apps").der());
    let mut silent = Vec::new();
    for _ in 0..1000 {
        silent.push(TcpStream::connect(service.four()).await.unwrap());
    }
    let mut stalled = Vec::new();
    for sent in [0, 5, 10, 500].repeat(10) {
        let mut stream = service.connect().await;
        stream.write_all(&request[..sent]).await.unwrap();
        stalled.push(stream);
    }
    for _ in 0..20 {
        assert!(!service.ask(&request).await.is_empty());
    }
    let open = "offhook_connections_open{listener=\"tvs\"} ";
    let metrics = service.app.metrics.encode();
    let open: usize = metrics.split(open).nth(1).unwrap().lines().next().unwrap().parse().unwrap();
    assert!(open >= 1040, "the crowd is still there: {open}");
    assert_eq!(service.app.metrics.listener(Name::Tvs).refused(offhook::metrics::Refused::TooSlow).get(), 0);
    drop((silent, stalled));
}

#[tokio::test]
async fn many_at_once_are_all_answered() {
    let service = Service::with(patient);
    let (server, der) = (service.four(), certificate("asterisk").der().to_vec());
    let mut phones = JoinSet::new();
    for number in 0..200 {
        let der = der.clone();
        phones.spawn(async move {
            let mut stream = connect(server).await;
            let device = format!("CP-8845-SEP58971ECC{number:04X}");
            for session in 0..3 {
                stream.write_all(&verify(session, &device, &der)).await.unwrap();
                let answer = answer(&mut stream).await.unwrap();
                let expected = [
                    &[0x57, 1, 2, 0][..],
                    &session.to_be_bytes(),
                    &[0, 16, 7, 0, 1, 0, 8, 0, 2, 1, 3, 9, 0, 4, 0, 0, 14, 16],
                ];
                assert_eq!(answer, expected.concat());
            }
        });
    }
    while let Some(phone) = phones.join_next().await {
        phone.unwrap();
    }
    assert_eq!(service.app.metrics.tvs.answer(wire::tvs::Ask::Verify, true).get(), 600);
}

#[tokio::test]
async fn one_address_has_no_more_than_its_share() {
    let service = Service::with(|site| {
        patient(site);
        site.config.limits.connections_per_address = 3;
    });
    let mut kept = Vec::new();
    for _ in 0..3 {
        kept.push(service.connect().await);
    }
    let refused = service.app.metrics.listener(Name::Tvs).refused(offhook::metrics::Refused::FullForAddress);
    let mut over = TcpStream::connect(service.four()).await.unwrap();
    let _ = over.write_all(b"hello").await;
    until("the fourth is refused", async || refused.get() == 1).await;
}
