//! The HTTP listener as phones, people's tools and nuisances meet it.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use std::fs;
use std::os::unix::fs::symlink;
use std::time::Duration;

use support::{Site, get, hear, say};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const CONFIG: &str = "SEP001122334455.cnf.xml";

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
async fn names_that_mean_harm_find_nothing() {
    let site = Site::new();
    site.put("a", "inside");
    fs::write(site.outside().join("secret"), "outside").unwrap();
    fs::create_dir(site.path("folder")).unwrap();
    let server = site.serve_http();
    let long = format!("/{}", "a".repeat(4096));
    let names = [
        "/../secret",
        "/%2e%2e/secret",
        "/%2E%2e%2fsecret",
        "/..%2fsecret",
        "/folder/../../secret",
        "/..\\secret",
        "/%5c..%5c..%5csecret",
        "/a%00",
        "/%00",
        "/a%0d%0a",
        "/%ff%fe",
        "/",
        "//",
        "/folder",
        "/folder/",
        "/.",
        "/%2f",
        "//etc/passwd",
        "/%252e%252e/secret",
        &long,
    ];
    for name in names {
        let reply = get(server.four, name).await;
        assert!(matches!(reply.status, 400 | 404), "{name}: {}", reply.status);
        assert!(!reply.text().contains("outside"), "{name}");
        assert!(!reply.text().contains(site.outside().to_str().unwrap()), "{name} names a path");
    }
    for (name, text) in [
        ("/a", "inside"),
        ("//a", "inside"),
        ("/A", "inside"),
        ("/a?locale=de", "inside"),
        ("/%61", "inside"),
    ] {
        assert_eq!(get(server.four, name).await.text(), text, "{name}");
    }
}

#[tokio::test]
async fn links_stay_inside_the_root_unless_told_otherwise() {
    let mut site = Site::new();
    fs::write(site.outside().join("secret"), "outside").unwrap();
    fs::create_dir(site.outside().join("shelf")).unwrap();
    fs::write(site.outside().join("shelf/book"), "on the shelf").unwrap();
    site.put("real/file", "inside");
    symlink(site.path("real/file"), site.path("absolute")).unwrap();
    symlink("real", site.path("folder")).unwrap();
    symlink("../secret", site.path("escape")).unwrap();
    symlink(site.outside().join("shelf"), site.path("shelf")).unwrap();
    symlink("nowhere", site.path("dangling")).unwrap();
    symlink("loop", site.path("loop")).unwrap();
    let expected = |anywhere: bool| {
        let outside = if anywhere { 200 } else { 403 };
        [
            ("/absolute", 200),
            ("/folder/file", 200),
            ("/dangling", 404),
            ("/loop", 404),
            ("/escape", outside),
            ("/shelf/book", outside),
        ]
    };
    let server = site.serve_http();
    for (name, status) in expected(false) {
        assert_eq!(server.get(name).await.status, status, "{name}");
    }
    site.config.links = offhook::config::Links::Anywhere;
    let server = site.serve_http();
    for (name, status) in expected(true) {
        assert_eq!(server.get(name).await.status, status, "{name}");
    }
}

#[tokio::test]
async fn pipes_and_sockets_are_no_files() {
    let site = Site::new();
    nix::unistd::mkfifo(&site.path("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(site.path("socket")).unwrap();
    let server = site.serve_http();
    assert_eq!(server.get("/pipe").await.status, 404);
    assert!(matches!(server.get("/socket").await.status, 403 | 404));
}

#[tokio::test]
async fn the_next_request_sees_a_change_of_the_same_length() {
    let site = Site::new();
    let server = site.serve_http();
    for round in 1000..1200 {
        let text = format!("<device>{round}</device>");
        site.put(CONFIG, &text);
        assert_eq!(server.get(&format!("/{CONFIG}")).await.text(), text);
    }
    fs::remove_file(site.path(CONFIG)).unwrap();
    assert_eq!(server.get(&format!("/{CONFIG}")).await.status, 404);
    site.put("sep001122334455.CNF.xml", "other case");
    assert_eq!(server.get(&format!("/{CONFIG}")).await.text(), "other case");
    site.put(CONFIG, "exact");
    assert_eq!(server.get(&format!("/{CONFIG}")).await.text(), "exact", "the exact name goes first");
}

#[tokio::test]
async fn what_was_refused_is_given_once_it_is_put_right() {
    let site = Site::new();
    fs::write(site.outside().join("secret"), "outside").unwrap();
    symlink("../secret", site.path("link")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(site.path("socket")).unwrap();
    fs::File::create(site.path("huge")).unwrap().set_len(2 << 30).unwrap();
    // Whatever a young file is, it is looked at again: these are to be settled.
    tokio::time::sleep(Duration::from_millis(50)).await;
    let server = site.serve_http();
    for name in ["link", "socket", "huge"] {
        assert_ne!(server.get(&format!("/{name}")).await.status, 200, "{name}");
        fs::remove_file(site.path(name)).unwrap();
        site.put(name, "put right");
        assert_eq!(server.get(&format!("/{name}")).await.text(), "put right", "{name}");
    }
}

#[tokio::test]
async fn a_file_replaced_while_it_is_sent_arrives_in_one_version() {
    let site = Site::new();
    let old = vec![b'o'; 8 << 20];
    site.put("load.sbn", &old);
    let server = site.serve_http();
    let mut stream = TcpStream::connect(server.four).await.unwrap();
    stream.write_all(b"GET /load.sbn HTTP/1.1\r\nHost:x\r\n\r\n").await.unwrap();
    // The first byte is here: sending has begun.
    let first = stream.read_u8().await.unwrap();
    assert_eq!(first, b'H');
    site.put("load.sbn", vec![b'n'; 8 << 20]);
    let mut rest = Vec::new();
    let mut head = vec![first];
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    rest.resize(old.len(), 0);
    stream.read_exact(&mut rest).await.unwrap();
    assert!(rest == old);
    assert!(server.get("/load.sbn").await.body.iter().all(|&byte| byte == b'n'));
}

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
