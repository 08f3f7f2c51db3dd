//! Bad input: a typed reason in the log each time, the connection closed, and nobody else any the worse.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::until;
use crate::{PHONE, Service, answer, certificate, connect, hex, query, verify};

fn element(tag: u8, value: &[u8]) -> Vec<u8> {
    let len = u16::try_from(value.len()).unwrap().to_be_bytes();
    [&[tag], &len[..], value].concat()
}

fn message(command: u8, body: &[Vec<u8>]) -> Vec<u8> {
    let body = body.concat();
    let len = u16::try_from(body.len()).unwrap().to_be_bytes();
    [&[0x57, 1, command, 0, 0, 0, 0, 1], &len[..], &body].concat()
}

#[tokio::test]
async fn every_field_that_is_wrong_is_named() {
    let service = Service::new();
    let name = || element(1, b"\x01CP-8845-SEP58971ECC97C1");
    let der = certificate("apps").der().to_vec();
    let shown = || element(2, &der);
    let (issuer, serial) = (|| element(4, b"CN=x\0"), || element(5, &[1]));
    let mut too_long = message(1, &[name(), shown()]);
    // The certificate claims one byte more than there is.
    too_long[10 + 27 + 2] += 1;
    for (message, reason) in [
        (b"GET / HTTP/1.1\r\n\r\n".to_vec(), "byte 0: the protocol has the value 71"),
        (hex("5702 0100 00000001 0000"), "byte 1: the version is 2; 1 is the newest known here"),
        (hex("5701 0200 00000001 0000"), "byte 2: the command has the value 2"),
        (hex("5701 6300 00000001 0000"), "byte 2: the command has the value 99"),
        (hex("5701 0100 00000001 ffff"), "byte 8: the length of the body is 65535; 20480 is the most"),
        (message(1, &[]), "byte 10: the device name is missing"),
        (message(1, &[shown()]), "the device name is missing"),
        (message(1, &[element(1, b""), shown()]), "byte 13: the device name is empty"),
        (
            message(1, &[element(1, b"CP-8845-SEP58971ECC97C1"), shown()]),
            "begins with the byte 67 instead of 1",
        ),
        (
            message(1, &[element(1, b"\x01kitchen"), shown()]),
            "the device name is not of the form CP-<model>-SEP",
        ),
        (message(1, &[name(), name(), shown()]), "byte 37: the device name stands there twice"),
        (message(1, &[name()]), "byte 37: the certificate is missing"),
        (message(1, &[name(), element(2, b"")]), "byte 40: the certificate is empty"),
        (message(1, &[name(), shown(), shown()]), "the certificate stands there twice"),
        (too_long, "the certificate wants 877 bytes where 876 are left"),
        (message(1, &[name(), shown(), vec![9]]), "the time to live wants 2 bytes where 0 are left"),
        (message(1, &[name(), shown(), element(7, &[0])]), "the status has no place in such a message"),
        (message(3, &[name(), serial()]), "the issuer is missing"),
        (message(3, &[name(), issuer()]), "the serial number is missing"),
        (message(3, &[name(), issuer(), serial(), element(6, &[2])]), "the serial number stands there twice"),
        (message(3, &[name(), issuer(), element(5, b"")]), "element 5 (issuer or serial number) is empty"),
        (
            message(3, &[name(), element(3, b"CN=x"), issuer(), serial()]),
            "the subject does not end with a NUL",
        ),
        (
            message(3, &[name(), element(3, b"CN=\0x\0"), issuer(), serial()]),
            "the subject has a NUL before its end",
        ),
    ] {
        let mut stream = service.connect().await;
        stream.write_all(&message).await.unwrap();
        assert_eq!(answer(&mut stream).await, None, "{reason}");
        service.logged(reason).await;
    }
    let log = service.log();
    assert_eq!(log.matches("WARN offhook::listener::tvs::ending: connection closed").count(), 23, "{log}");
    assert!(log.contains("listener=\"tvs\" reason=this is no request: byte 0"), "{log}");
    let metrics = service.app.metrics.encode();
    let refused = "offhook_connections_refused_total{listener=\"tvs\",reason=\"garbage\"} 23";
    assert!(metrics.contains(refused), "{metrics}");
}

#[tokio::test]
async fn a_good_request_before_a_bad_one_is_answered() {
    let service = Service::new();
    let mut stream = service.connect().await;
    let good = verify(1, PHONE, certificate("apps").der());
    stream.write_all(&[&good[..], b"noise and more noise"].concat()).await.unwrap();
    assert!(answer(&mut stream).await.is_some());
    assert_eq!(answer(&mut stream).await, None);
}

#[tokio::test]
async fn a_request_cut_short_anywhere_is_told_by_its_stage() {
    let service = Service::new();
    let request = query(1, "CN=x", &[1]);
    for cut in 1..request.len() {
        let mut stream = service.connect().await;
        stream.write_all(&request[..cut]).await.unwrap();
        stream.shutdown().await.unwrap();
        assert_eq!(answer(&mut stream).await, None, "after {cut} bytes");
    }
    let bodies = request.len() - 10;
    for (part, times) in [("body", bodies), ("header", 9)] {
        let words = format!("it hung up before the end of the {part}");
        until(&words, async || service.log().matches(&words).count() == times).await;
    }
}

#[tokio::test]
async fn who_stalls_is_left_at_each_step() {
    let service = Service::with(|site| {
        site.config.limits.handshake = Duration::from_secs(1);
        site.config.limits.header = Duration::from_secs(1);
    });
    let request = verify(1, PHONE, certificate("apps").der());
    let mut silent = TcpStream::connect(service.four()).await.unwrap();
    let mut half = TcpStream::connect(service.four()).await.unwrap();
    half.write_all(b"\x16\x03\x01").await.unwrap();
    let mut stalled = Vec::new();
    for sent in [0, 1, 9, 10, 11, request.len() - 1] {
        let mut stream = service.connect().await;
        stream.write_all(&request[..sent]).await.unwrap();
        stalled.push(stream);
    }
    for stream in &mut stalled {
        assert_eq!(answer(stream).await, None);
    }
    for stream in [&mut silent, &mut half] {
        let _ = stream.read_to_end(&mut Vec::new()).await;
    }
    let log = service.log();
    for (words, times) in [
        ("TLS handshake took too long", 2),
        ("it took too long to send a request", 1),
        ("it took too long to send the header of its request", 2),
        ("it took too long to send the body of its request", 3),
    ] {
        assert_eq!(log.matches(words).count(), times, "{words} in\n{log}");
    }
    let metrics = service.app.metrics.encode();
    let refused = "offhook_connections_refused_total{listener=\"tvs\",reason=\"too_slow\"} 8";
    assert!(metrics.contains(refused), "{metrics}");
}

#[tokio::test]
async fn who_does_not_speak_tls_is_told_apart() {
    let service = Service::new();
    let mut plain = TcpStream::connect(service.four()).await.unwrap();
    plain.write_all(&verify(1, PHONE, certificate("apps").der())).await.unwrap();
    let _ = plain.read_to_end(&mut Vec::new()).await;
    service.logged("TLS handshake failed").await;
    assert!(service.log().contains("does not speak TLS"), "{}", service.log());
}

#[tokio::test]
async fn who_is_not_on_the_access_list_is_not_let_in() {
    let service = Service::with(|site| {
        let listener = site.config.listen.tvs.as_mut().unwrap();
        listener.allow = vec!["127.0.0.0/8".parse().unwrap()];
    });
    let mut refused = TcpStream::connect(service.addresses[1]).await.unwrap();
    assert_eq!(refused.read(&mut [0; 1]).await.unwrap_or_default(), 0);
    connect(service.addresses[0]).await;
}

#[tokio::test]
async fn a_request_under_way_is_answered_when_offhook_stops_and_silence_is_not_waited_for() {
    let service = Service::new();
    let request = verify(1, PHONE, certificate("apps").der());
    let mut asking = service.connect().await;
    let (first, rest) = request.split_at(400);
    asking.write_all(first).await.unwrap();
    let mut silent = service.connect().await;
    let mut shaking = TcpStream::connect(service.four()).await.unwrap();
    // Served once both have been greeted, so the half of the request has been read, too.
    let mut third = service.connect().await;
    third.write_all(&request).await.unwrap();
    assert!(answer(&mut third).await.is_some());
    service.stop.cancel();
    assert_eq!(answer(&mut silent).await, None);
    assert_eq!(shaking.read(&mut [0; 1]).await.unwrap_or_default(), 0);
    asking.write_all(rest).await.unwrap();
    assert!(answer(&mut asking).await.is_some());
    assert_eq!(answer(&mut asking).await, None, "and then it ends");
    service.task.await.unwrap().unwrap();
}
