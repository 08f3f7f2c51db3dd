//! Names that mean harm, links, and files that change.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::time::{Duration, UNIX_EPOCH};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::CONFIG;
use crate::support::{Site, get, until};

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
    // Whatever a young file is, it is looked at again: these are to be older than any tick of their file system.
    let settled = async || {
        ["link", "socket", "huge"].iter().all(|name| {
            let looked = fs::symlink_metadata(site.path(name)).unwrap();
            let changed =
                Duration::new(looked.ctime().unsigned_abs(), looked.ctime_nsec().try_into().unwrap());
            UNIX_EPOCH.elapsed().unwrap().abs_diff(changed) > Duration::from_millis(50)
        })
    };
    until("files are settled", settled).await;
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
