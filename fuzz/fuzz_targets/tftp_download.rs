//! The client's end of a TFTP read under arbitrary packets and times: it says little for each input, keeps no more than
//! it wants, and always comes to an end when the server goes silent.
#![no_main]

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use fuzz::Script;
use libfuzzer_sys::fuzz_target;
use wire::tftp::{Action, Download, Packet, Request, Wanted};

const MAX_SIZE: usize = 2000;

/// Takes everything the machine wants to say now: an ACK, and a word to a stranger. Tells when it wants to be woken.
fn drain(download: &mut Download, now: Instant) -> Option<Instant> {
    let mut datagram = Vec::new();
    for _ in 0..3 {
        match download.poll(now) {
            Action::Send(message) => {
                datagram.clear();
                download.write(&message, &mut datagram);
                assert!(Packet::decode(&datagram).is_ok());
            }
            Action::Wait(wake) => return Some(wake),
            Action::Done(_) => {
                assert!(download.content().len() <= MAX_SIZE);
                return None;
            }
        }
    }
    panic!("more than two datagrams for one input");
}

fuzz_target!(|bytes: &[u8]| {
    let mut script = Script::new(bytes);
    let server = SocketAddr::from(([192, 0, 2, 1], 69));
    let peers = [
        SocketAddr::from(([192, 0, 2, 1], 4000)),
        SocketAddr::from(([192, 0, 2, 1], 4001)),
        SocketAddr::from(([192, 0, 2, 2], 4000)),
        server,
    ];
    let request = Request { name: b"file", mode: script.mode(), options: script.options() };
    let wanted =
        Wanted { server, request, retry: Duration::from_millis(500), retries: 3, max_size: MAX_SIZE };
    let mut now = Instant::now();
    let mut download = Download::new(&wanted, now).expect("the name holds no NUL");
    let mut wake = drain(&mut download, now);
    let mut block = 0_u16;

    while !script.is_over() {
        match script.u8() % 5 {
            0 => {
                now = now.max(wake.unwrap_or(now));
                download.handle_timeout(now);
            }
            1 => now += Duration::from_millis(u64::from(script.u16())),
            2 => {
                block = block.wrapping_add(1);
                let data = [&[0, 3][..], &block.to_be_bytes(), script.datagram()].concat();
                download.handle(&data, peers[0], now);
            }
            3 => {
                block = block.wrapping_add(u16::from(script.u8()) & 15).wrapping_sub(8);
            }
            _ => {
                let from = peers[usize::from(script.u8() & 3)];
                download.handle(script.datagram(), from, now);
            }
        }
        wake = drain(&mut download, now);
    }

    // The server has gone silent.
    for _ in 0..=wanted.retries {
        now = now.max(wake.unwrap_or(now));
        download.handle_timeout(now);
        wake = drain(&mut download, now);
    }
    assert_eq!(wake, None, "the download has no end");
});
