//! Clients that want what they may not, or say what nobody understands.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::net::SocketAddr;

use wire::tftp::{ErrorCode, Mode, Options, Packet, Request};

use crate::server::{Client, Server, content, plain};
use crate::support::Site;

#[test]
fn a_refusal_has_a_code_for_the_phone_and_a_reason_for_people() {
    let site = Site::new();
    std::fs::write(site.outside().join("secret"), "secret").unwrap();
    std::os::unix::fs::symlink("../secret", site.path("link")).unwrap();
    std::fs::create_dir(site.path("folder")).unwrap();
    let server = Server::start(&site);
    let client = Client::of(server.address());
    for (name, code, reason) in [
        ("RINGLIST.DAT", 1, "RINGLIST.DAT is not here"),
        ("CTLSEP001122334455.tlv", 1, "CTLSEP001122334455.tlv is not here"),
        ("folder", 1, "folder is"),
        ("../secret", 2, ""),
        ("a/../../secret", 2, ""),
        ("..\\secret", 2, ""),
        ("/../secret", 2, ""),
        ("link", 2, "leaves the document root"),
        ("bad\nname", 2, ""),
        (&"x".repeat(600), 2, ""),
        ("", 2, ""),
    ] {
        client.ask(name);
        let (got, text) = client.error();
        assert_eq!(got, code, "{name:?}: {text}");
        assert!(text.contains(reason) && !text.is_empty(), "{name:?}: {text}");
        assert!(!text.contains(site.outside().to_str().unwrap()), "{text}");
    }
}

#[test]
fn nobody_writes_here() {
    let site = Site::new();
    let server = Server::start(&site);
    let client = Client::of(server.address());
    client.send(server.address(), &Packet::Write(plain("config.text")));
    assert_eq!(client.error(), (2, "files here are only read".to_owned()));
    assert!(!site.path("config.text").exists());
}

#[test]
fn garbage_is_met_with_silence_or_an_error_and_the_next_phone_notices_nothing() {
    let site = Site::new();
    site.put("file", content(2000));
    let server = Server::start(&site);
    let client = Client::of(server.address());
    let say = |datagram: &[u8]| assert!(client.socket.send_to(datagram, server.address()).is_ok());
    for request in [b"\0\x01file".as_slice(), b"\0\x01file\0", b"\0\x01file\0mail\0", b"\0\x02file\0octet"] {
        say(request);
        assert_eq!(client.error().0, 4, "{request:?}");
    }
    for silent in
        [b"".as_slice(), b"\0", b"\0\x09", b"GET / HTTP/1.1\r\n\r\n", &[0xff; 5000], b"\0\x05\0\0x\0"]
    {
        say(silent);
        client.heard_nothing();
    }
    for stray in [b"\0\x04\0\x01".as_slice(), b"\0\x03\0\x01data", b"\0\x06blksize\x008\0"] {
        say(stray);
        assert_eq!(client.error(), (5, "there is no such transfer".to_owned()));
    }
    let mut long = b"\0\x01".to_vec();
    long.extend([b'a'; 4000]);
    say(&[&long, b"\0octet\0".as_slice()].concat());
    client.heard_nothing();
    assert_eq!(Client::of(server.address()).fetch(plain("file")).0.unwrap(), content(2000));
}

#[test]
fn strangers_do_not_disturb_a_transfer() {
    for single_port in [false, true] {
        let mut site = Site::new();
        site.config.tftp.single_port = single_port;
        site.put("file", content(1000));
        let server = Server::start(&site);
        let (client, stranger) = (Client::of(server.address()), Client::of(server.address()));
        client.ask("file");
        let (_, from) = client.block();
        stranger.ack(from, 1);
        assert_eq!(stranger.error(), (5, "there is no such transfer".to_owned()));
        stranger.send(from, &Packet::Error { code: ErrorCode::NotDefined, message: b"stop" });
        stranger.socket.send_to(b"\0", from).unwrap();
        client.ack(from, 1);
        assert_eq!(client.block(), (2, from));
        client.ack(from, 2);
        // Now the client itself is a stranger: the transfer is over.
        client.ack(from, 2);
        assert_eq!(client.error().0, 5);
    }
}

#[test]
fn an_error_from_the_client_ends_its_transfer() {
    let site = Site::new();
    site.put("file", content(1000));
    let server = Server::start(&site);
    let client = Client::of(server.address());
    client.ask_with("file", Options { tsize: Some(0), ..Options::default() });
    let (datagram, from) = client.hear();
    assert_eq!(datagram, b"\0\x06tsize\x001000\0");
    client.send(from, &Packet::Error { code: ErrorCode::OptionsRefused, message: b"only asking" });
    client.ack(from, 0);
    assert_eq!(client.error().0, 5);
    server.counts(r#"offhook_requests_total{transport="tftp",outcome="cut"} 1"#);
}

#[test]
fn who_is_not_in_the_access_list_gets_nothing() {
    let mut site = Site::new();
    site.put("file", content(10));
    let listener = site.config.listen.tftp.as_mut().unwrap();
    listener.allow = vec!["127.0.0.1/32".parse().unwrap(), "2001:db8::/32".parse().unwrap()];
    let server = Server::start(&site);
    let refused = |address: SocketAddr| {
        let client = Client::of(address);
        client.ask("file");
        assert_eq!(client.error(), (2, "your address is not in the access list".to_owned()));
        client.send(address, &Packet::Write(plain("file")));
        assert_eq!(client.error().0, 2);
    };
    assert!(Client::of(server.addresses[0]).fetch(plain("file")).0.is_ok());
    refused(server.addresses[1]);
    server.counts(r#"offhook_connections_refused_total{listener="tftp",reason="not_allowed"} 2"#);
}

#[test]
fn modes_are_read_in_any_case_and_an_old_phone_s_extra_nul_is_harmless() {
    let site = Site::new();
    site.put("OS79XX.TXT", "P0S3-08-11-00");
    let server = Server::start(&site);
    for request in [
        b"\0\x01OS79XX.TXT\0octet\0\0".as_slice(),
        b"\0\x01/OS79XX.TXT\0OCTET\0",
        b"\0\x01os79xx.txt\0oCtEt\0",
    ] {
        let client = Client::of(server.address());
        client.socket.send_to(request, server.address()).unwrap();
        let (datagram, from) = client.hear();
        assert_eq!(Packet::decode(&datagram), Ok(Packet::Data { block: 1, data: b"P0S3-08-11-00" }));
        client.ack(from, 1);
    }
    let request = Request { name: b"OS79XX.TXT", mode: Mode::Octet, options: Options::default() };
    assert!(Client::of(server.address()).fetch(request).0.is_ok());
}
