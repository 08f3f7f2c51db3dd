//! Many clients, silent clients, and the end.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::thread;
use std::time::{Duration, Instant};

use wire::tftp::Options;

use crate::server::{Client, LONG, Server, content, plain};
use crate::support::Site;

#[test]
fn a_storm_of_phones_gets_everything() {
    let site = Site::new();
    let names: Vec<String> = (0..11).map(|number| format!("file-{number}")).collect();
    for (number, name) in names.iter().enumerate() {
        site.put(name, content(number * 1500));
    }
    let server = Server::start(&site);
    thread::scope(|scope| {
        for phone in 0..60 {
            let (names, server) = (&names, server.addresses[phone % 2]);
            scope.spawn(move || {
                for (number, name) in names.iter().enumerate() {
                    let (got, _) = Client::of(server).fetch(plain(name));
                    assert!(got.unwrap() == content(number * 1500), "{name}");
                }
            });
        }
    });
    server.counts(r#"offhook_requests_total{transport="tftp",outcome="sent"} 660"#);
    server.counts("offhook_tftp_transfers_running 0");
}

#[test]
fn a_client_that_stalls_costs_only_its_own_place() {
    let site = Site::new();
    site.put("file", content(100_000));
    let server = Server::start(&site);
    let silent: Vec<Client> = (0..300).map(|_| Client::of(server.address())).collect();
    let window = Options { windowsize: Some(16), ..Options::default() };
    for (number, client) in silent.iter().enumerate() {
        client.ask_with("file", if number % 2 == 0 { Options::default() } else { window });
        client.hear();
    }
    let began = Instant::now();
    assert!(Client::of(server.address()).fetch(plain("file")).0.unwrap() == content(100_000));
    assert!(began.elapsed() < LONG);
    server.counts("offhook_tftp_transfers_running 300");
}

#[test]
fn one_address_cannot_take_all_places() {
    let mut site = Site::new();
    site.config.limits.tftp_transfers_per_address = 2;
    site.put("file", content(1000));
    let server = Server::start(&site);
    let [first, second, third] = [(); 3].map(|()| Client::of(server.address()));
    first.ask("file");
    let (_, from) = first.block();
    second.ask("file");
    second.block();
    third.ask("file");
    third.heard_nothing();
    server.counts(r#"offhook_connections_refused_total{listener="tftp",reason="full_for_address"} 1"#);
    // Another address is not concerned, and a finished transfer leaves its place to the next.
    assert!(Client::of(server.addresses[1]).fetch(plain("file")).0.is_ok());
    first.ack(from, 1);
    first.block();
    first.ack(from, 2);
    assert!(third.fetch(plain("file")).0.is_ok());
}

#[test]
fn who_is_silent_gives_way_when_there_is_no_room() {
    let mut site = Site::new();
    site.config.limits.tftp_transfers = 1;
    site.put("file", content(1000));
    let server = Server::start(&site);
    let (silent, phone) = (Client::of(server.address()), Client::of(server.address()));
    silent.ask("file");
    let first = silent.block();
    phone.ask("file");
    phone.heard_nothing();
    // It is sent the first block again: it has missed its time.
    assert_eq!(silent.block(), first);
    assert!(phone.fetch(plain("file")).0.is_ok());
    assert_eq!(silent.error(), (0, "silent too long while others wait".to_owned()));
    server.counts(r#"offhook_connections_refused_total{listener="tftp",reason="full"} 1"#);
}

#[test]
fn silence_ends_a_transfer() {
    let mut site = Site::new();
    site.config.limits.stall = Duration::from_millis(100);
    site.put("file", content(1000));
    let server = Server::start(&site);
    let client = Client::of(server.address());
    client.ask("file");
    let (_, from) = client.block();
    // Until it is over, a late request from another port of the client's only shows that the server is there.
    let began = Instant::now();
    while server.app.metrics.tftp_running.get() > 0 {
        assert!(began.elapsed() < LONG);
        thread::yield_now();
    }
    client.ack(from, 1);
    assert_eq!(client.error().0, 5);
    server.counts(r#"offhook_requests_total{transport="tftp",outcome="cut"} 1"#);
}

#[test]
fn a_stop_lets_running_transfers_finish_and_begins_no_new_ones() {
    let site = Site::new();
    site.put("file", content(1000));
    let server = Server::start(&site);
    let client = Client::of(server.address());
    client.ask("file");
    let (_, from) = client.block();
    server.stop.cancel();
    // Who asks before the stop is heard is still served; then there is silence.
    let began = Instant::now();
    while Client::of(server.address()).answered_within(Duration::from_millis(50), plain("nothing")) {
        assert!(began.elapsed() < LONG);
    }
    client.ack(from, 1);
    assert_eq!(client.block(), (2, from));
    assert!(!server.task.is_finished());
    client.ack(from, 2);
    server.runtime.block_on(server.task).unwrap().unwrap();
}

#[test]
fn a_stop_does_not_wait_for_those_that_are_silent() {
    let mut site = Site::new();
    site.config.limits.shutdown = Duration::from_millis(50);
    site.put("file", content(1000));
    let server = Server::start(&site);
    let client = Client::of(server.address());
    client.ask("file");
    client.block();
    server.stop.cancel();
    assert_eq!(client.error(), (0, "the server is stopping".to_owned()));
    server.runtime.block_on(server.task).unwrap().unwrap();
}
