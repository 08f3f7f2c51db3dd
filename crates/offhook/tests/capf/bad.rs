//! Whoever does not behave: other protocols, silence, and addresses that are kept out.

use std::time::Duration;

use provision::mac::Mac;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use wire::capf::Reason;

use crate::support::Site;
use crate::{Capf, INSTALL, PHONE, ended, hear, password, phone, reason, typed};

#[tokio::test]
async fn garbage_and_other_protocols_are_told_apart_and_counted() {
    let capf = Capf::serve().await;
    for garbage in
        [b"GET / HTTP/1.1\r\n\r\n".as_slice(), &[85, 2, 0, 0, 0, 1, 0xff, 0xff], &[85, 2, 9, 9, 9, 9, 0, 0]]
    {
        let mut stream = capf.connect().await;
        hear(&mut stream).await;
        stream.write_all(garbage).await.unwrap();
        assert_eq!(reason(&hear(&mut stream).await), Some(Reason::InvalidElement));
    }
    ended(&capf, "garbage", 3).await;
}

#[tokio::test]
async fn a_crowd_that_says_nothing_delays_nobody() {
    let capf = Capf::serve().await;
    let mut silent = Vec::new();
    // Before the handshake, and behind it.
    for _ in 0..200 {
        silent.push(TcpStream::connect(capf.addresses[0]).await.unwrap());
    }
    let mut shaken = Vec::new();
    for _ in 0..20 {
        shaken.push(capf.connect().await);
    }
    for number in 0..10 {
        let mac = Mac::new([2, 0, 0, 0, 0, number]);
        capf.schedule(mac, INSTALL, password("4321")).await;
        assert!(capf.enrol("8845", typed(mac, "4321")).await.succeeded);
    }
    ended(&capf, "installed", 10).await;
}

#[tokio::test]
async fn silence_ends_a_session_in_its_time() {
    let mut site = Site::new();
    site.config.limits.stall = Duration::from_millis(200);
    let capf = Capf::of(site).await;
    let mut stream = capf.connect().await;
    hear(&mut stream).await;
    assert_eq!(reason(&hear(&mut stream).await), Some(Reason::InvalidElement));
    ended(&capf, "silent", 1).await;
}

#[tokio::test]
async fn who_is_not_in_the_access_list_is_not_let_in() {
    let mut site = Site::new();
    site.config.listen.capf.as_mut().unwrap().allow = vec!["192.0.2.0/24".parse().unwrap()];
    let capf = Capf::of(site).await;
    let report = capf.enrol("8845", phone(PHONE)).await;
    assert!(!report.succeeded && report.why.contains("no session"), "{report:?}");
}
