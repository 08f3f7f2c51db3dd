//! Which way answers go: from the address that was asked, marked, by a port of their own or by the one.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::io::IoSliceMut;
use std::net::SocketAddr;
use std::os::fd::AsRawFd;

use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg};
use socket2::SockRef;
use wire::tftp::{Mode, Options, Packet, Request};

use crate::server::{Client, Server, content, plain, site_on};
use crate::support::Site;

fn window(windowsize: u64) -> Request<'static> {
    let options = Options { windowsize: Some(windowsize), blksize: Some(1024), ..Options::default() };
    Request { name: b"file", mode: Mode::Octet, options }
}

/// The same port of other addresses of this machine.
fn asked(server: &Server, addresses: &[&str]) -> Vec<SocketAddr> {
    let port = server.address().port();
    addresses.iter().map(|address| SocketAddr::new(address.parse().unwrap(), port)).collect()
}

#[test]
fn answers_come_from_the_address_that_was_asked() {
    for single_port in [false, true] {
        for (bound, addresses) in [
            ("[::]:0", ["127.0.0.1", "127.0.0.2", "127.1.2.3", "::1"].as_slice()),
            ("0.0.0.0:0", &["127.0.0.1", "127.0.0.2"]),
            ("127.0.0.2:0", &["127.0.0.2"]),
            ("[::1]:0", &["::1"]),
        ] {
            let mut site = site_on(&[bound]);
            site.config.tftp.single_port = single_port;
            site.put("file", content(60_000));
            let server = Server::start(&site);
            for address in asked(&server, addresses) {
                for request in [plain("file"), window(16)] {
                    let (got, froms) = Client::of(address).fetch(request);
                    assert!(got.unwrap() == content(60_000), "{address} by {bound}");
                    let [from] = froms.as_slice() else { panic!("{address} by {bound}: from {froms:?}") };
                    assert_eq!((from.ip(), from.port() == address.port()), (address.ip(), single_port));
                }
            }
        }
    }
}

#[test]
fn errors_too_come_from_the_address_that_was_asked() {
    let site = site_on(&["[::]:0"]);
    let server = Server::start(&site);
    for address in asked(&server, &["127.0.0.1", "127.0.0.3", "::1"]) {
        let client = Client::of(address);
        client.ask("nothing");
        assert_eq!(client.hear().1.ip(), address.ip());
        client.ack(address, 7);
        assert_eq!(client.hear().1, address);
    }
}

/// Old boot programs ask everybody, because they know nobody.
#[test]
fn a_broadcast_is_answered_by_this_machine_s_own_address() {
    for bound in ["[::]:0", "0.0.0.0:0"] {
        let site = site_on(&[bound]);
        site.put("file", content(1000));
        let server = Server::start(&site);
        let client = Client::of(asked(&server, &["127.255.255.255"])[0]);
        client.socket.set_broadcast(true).unwrap();
        client.ask("file");
        let (block, from) = client.block();
        assert_eq!((block, from.ip().to_string()), (1, "127.0.0.1".to_owned()));
        client.ack(from, 1);
        assert_eq!(client.block().0, 2);
    }
}

#[test]
fn separate_sockets_for_both_families_work_beside_each_other() {
    let free = Client::of("127.0.0.1:1".parse().unwrap()).socket.local_addr().unwrap().port();
    let site = site_on(&[&format!("0.0.0.0:{free}"), &format!("[::]:{free}")]);
    site.put("file", content(1000));
    let server = Server::start(&site);
    for address in asked(&server, &["127.0.0.1", "::1"]) {
        assert_eq!(Client::of(address).fetch(plain("file")).0.unwrap(), content(1000));
    }
}

#[test]
fn datagrams_are_marked_as_the_vendor_s_server_marks_them() {
    for single_port in [false, true] {
        let mut site = site_on(&["[::]:0"]);
        site.config.tftp.single_port = single_port;
        site.put("file", content(1000));
        let server = Server::start(&site);
        for address in asked(&server, &["127.0.0.1", "::1"]) {
            let client = Client::of(address);
            let socket = SockRef::from(&client.socket);
            if address.is_ipv4() { socket.set_recv_tos_v4(true) } else { socket.set_recv_tclass_v6(true) }
                .unwrap();
            client.ask("file");
            let (mut buffer, mut control) = ([0; 600], [0; 64]);
            let mut slices = [IoSliceMut::new(&mut buffer)];
            let fd = client.socket.as_raw_fd();
            let message =
                recvmsg::<SockaddrStorage>(fd, &mut slices, Some(&mut control), MsgFlags::empty()).unwrap();
            let marks: Vec<i32> = message
                .cmsgs()
                .unwrap()
                .filter_map(|control| match control {
                    ControlMessageOwned::Ipv4Tos(mark) => Some(i32::from(mark)),
                    ControlMessageOwned::Ipv6TClass(mark) => Some(mark),
                    _ => None,
                })
                .collect();
            assert_eq!(marks, [96], "{address}, single_port = {single_port}");
        }
    }
}

#[test]
fn a_phone_asks_twice_and_gets_one_transfer() {
    let site = Site::new();
    site.put("file", content(1000));
    let server = Server::start(&site);
    let client = Client::of(server.address());
    client.ask("file");
    let (first, from) = client.block();
    client.ask("file");
    assert_eq!(((first, from), client.block()), ((1, from), (1, from)));
    client.ack(from, 1);
    assert_eq!(client.block(), (2, from));
    // The second of two ACKs, and a request that was on its way for long, change nothing.
    client.ack(from, 1);
    client.ask("file");
    client.heard_nothing();
    client.ack(from, 2);
    // Another file from the same port is another transfer.
    site.put("other", content(10));
    client.ask("other");
    let (block, from) = client.block();
    client.ask("file");
    let (again, by) = client.block();
    assert_eq!((block, again), (1, 1));
    client.ack(by, 1);
    assert_eq!(client.block(), (2, by));
    client.ack(by, 2);
    client.ack(from, 1);
    client.heard_only_late_errors();
    server.counts(r#"offhook_requests_total{transport="tftp",outcome="sent"} 2"#);
    server.counts(r#"offhook_requests_total{transport="tftp",outcome="cut"} 1"#);
}

#[test]
fn a_file_that_changes_is_sent_as_it_was_and_is_new_to_the_next() {
    let site = Site::new();
    site.put("file", vec![b'a'; 1000]);
    let server = Server::start(&site);
    let client = Client::of(server.address());
    client.ask("file");
    let (_, from) = client.block();
    site.put("file", vec![b'b'; 700]);
    client.ack(from, 1);
    let (datagram, _) = client.hear();
    assert_eq!(Packet::decode(&datagram), Ok(Packet::Data { block: 2, data: &[b'a'; 488] }));
    assert_eq!(Client::of(server.address()).fetch(plain("file")).0.unwrap(), [b'b'; 700]);
}
