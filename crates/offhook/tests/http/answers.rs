//! What is answered to whom.

use std::fs;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::CONFIG;
use crate::support::{Site, get, say};

#[tokio::test]
async fn a_phone_gets_its_file_over_both_families_and_may_ask_again() {
    let site = Site::new();
    site.put(CONFIG, "<device/>");
    let server = site.serve_http();
    for address in [server.four, server.six] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        for _ in 0..3 {
            let request = format!("GET /{CONFIG} HTTP/1.1\r\nHost:{address}\r\n\r\n");
            let reply = say(&mut stream, request.as_bytes()).await;
            assert_eq!((reply.status, reply.text().as_str()), (200, "<device/>"));
            assert_eq!(reply.header("Content-Length"), Some("9"));
            assert_eq!(reply.header("Content-Type"), Some("text/xml"));
            assert_eq!(reply.header("Transfer-Encoding"), None);
        }
    }
}

#[tokio::test]
async fn http_1_0_is_answered_and_closed() {
    let site = Site::new();
    site.put("a", "bytes");
    let server = site.serve_http();
    let mut stream = TcpStream::connect(server.four).await.unwrap();
    let reply = say(&mut stream, b"GET /a HTTP/1.0\r\n\r\n").await;
    assert_eq!(reply.text(), "bytes");
    assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
}

#[tokio::test]
async fn a_miss_says_what_to_do_and_a_normal_one_that_it_is_normal() {
    let site = Site::new();
    let server = site.serve_http();
    let reply = server.get("/SEP001122334455.cnf.xml").await;
    assert_eq!(reply.status, 404);
    assert!(reply.text().contains("put it in the document root"), "{}", reply.text());
    let reply = server.get("/CTLSEP001122334455.tlv").await;
    assert_eq!(reply.status, 404);
    assert!(!reply.text().contains("put it"), "{}", reply.text());
}

#[tokio::test]
async fn heads_conditions_ranges_and_other_methods() {
    let site = Site::new();
    site.put("a.bin", "0123456789");
    let server = site.serve_http();
    let ask = async |request: &str| {
        let mut stream = TcpStream::connect(server.four).await.unwrap();
        say(&mut stream, request.as_bytes()).await
    };
    let reply = ask("HEAD /a.bin HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!((reply.status, reply.header("Content-Length")), (200, Some("10")));
    let tag = reply.header("Etag").unwrap().to_owned();
    let reply = ask(&format!("GET /a.bin HTTP/1.1\r\nHost: x\r\nIf-None-Match: {tag}\r\n\r\n")).await;
    assert_eq!(reply.status, 304);
    let reply = ask("GET /a.bin HTTP/1.1\r\nHost: x\r\nRange: bytes=2-4\r\n\r\n").await;
    assert_eq!((reply.status, reply.text().as_str()), (206, "234"));
    assert_eq!(reply.header("Content-Range"), Some("bytes 2-4/10"));
    let reply = ask("GET /a.bin HTTP/1.1\r\nHost: x\r\nRange: bytes=20-\r\n\r\n").await;
    assert_eq!((reply.status, reply.header("Content-Range")), (416, Some("bytes */10")));
    let reply = ask("PUT /a.bin HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc").await;
    assert_eq!((reply.status, reply.header("Allow")), (405, Some("GET, HEAD")));
    assert_eq!(fs::read(site.path("a.bin")).unwrap(), b"0123456789");
}

#[tokio::test]
async fn who_is_not_on_the_access_list_is_not_served() {
    let mut site = Site::new();
    site.put("a", "bytes");
    if let Some(listener) = &mut site.config.listen.provisioning {
        listener.allow = vec!["127.0.0.0/8".parse().unwrap()];
    }
    let server = site.serve_http();
    assert_eq!(get(server.four, "/a").await.status, 200);
    let mut stream = TcpStream::connect(server.six).await.unwrap();
    let _ = stream.write_all(b"GET /a HTTP/1.1\r\nHost:x\r\n\r\n").await;
    let mut said = Vec::new();
    let _ = stream.read_to_end(&mut said).await;
    assert_eq!(said, b"");
}
