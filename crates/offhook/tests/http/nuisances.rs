//! Garbage, silence, crowds, and an end.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Site, hear, say};

#[tokio::test]
async fn half_requests_and_garbage_end_and_disturb_nobody() {
    let mut site = Site::new();
    site.put("a", "bytes");
    site.config.limits.header = Duration::from_millis(300);
    let server = site.serve_http();
    let mut nuisances = Vec::new();
    for nuisance in [
        &b"GET /a HTT"[..],
        b"",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"\x00\xff\x00\xff\r\n\r\n",
        b"GET\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(server.four).await.unwrap();
        stream.write_all(nuisance).await.unwrap();
        nuisances.push(stream);
    }
    assert_eq!(server.get("/a").await.status, 200);
    for mut stream in nuisances {
        let mut said = Vec::new();
        // Either a reset or an end, with at most a short refusal before it.
        let _ = stream.read_to_end(&mut said).await;
        assert!(said.len() < 400 && !said.windows(5).any(|part| part == b"bytes"));
    }
}

#[tokio::test]
async fn a_header_that_drips_is_cut_off() {
    let mut site = Site::new();
    site.config.limits.header = Duration::from_millis(300);
    let server = site.serve_http();
    let mut stream = TcpStream::connect(server.four).await.unwrap();
    // One byte and a wait, again and again, as long as the server puts up with it.
    let mut dripped = 0;
    while stream.write_all(b"G").await.is_ok() {
        dripped += 1;
        assert!(dripped < 200, "the server waits for ever");
        if tokio::time::timeout(Duration::from_millis(20), stream.read(&mut [0; 512])).await.is_ok() {
            break;
        }
    }
}

#[tokio::test]
async fn a_crowd_that_says_nothing_keeps_nobody_out() {
    let mut site = Site::new();
    site.put("a", "bytes");
    site.config.limits.connections = 2000;
    site.config.limits.connections_per_address = 2000;
    let server = site.serve_http();
    let mut crowd = Vec::new();
    for _ in 0..1500 {
        crowd.push(TcpStream::connect(server.four).await.unwrap());
    }
    for _ in 0..50 {
        assert_eq!(server.get("/a").await.status, 200);
    }
    drop(crowd);
}

#[tokio::test]
async fn stopping_lets_a_running_transfer_finish() {
    let site = Site::new();
    site.put("big", vec![7; 8 << 20]);
    let server = site.serve_http();
    let mut stream = TcpStream::connect(server.four).await.unwrap();
    let mut idle = TcpStream::connect(server.four).await.unwrap();
    say(&mut idle, b"GET /none HTTP/1.1\r\nHost:x\r\n\r\n").await;
    stream.write_all(b"GET /big HTTP/1.1\r\nHost:x\r\n\r\n").await.unwrap();
    stream.readable().await.unwrap();
    server.stop.cancel();
    let reply = hear(&mut stream, true).await;
    assert_eq!(reply.body.len(), 8 << 20);
    assert_eq!(idle.read(&mut [0]).await.unwrap_or(0), 0, "idle connections are closed");
    server.task.await.unwrap().unwrap();
    assert!(TcpStream::connect(server.four).await.is_err());
}
