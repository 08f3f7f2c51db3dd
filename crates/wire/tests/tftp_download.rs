//! The client's end of a TFTP read, packet by packet.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use wire::tftp::{Action, Download, ErrorCode, Failure, Mode, Options, Packet, Request, Wanted};

const SERVER: &str = "192.0.2.1:69";
const PEER: &str = "192.0.2.1:40000";

struct Bench {
    download: Download,
    now: Instant,
}

impl Bench {
    fn new(options: Options) -> Self {
        Self::with(Mode::Octet, options)
    }

    fn with(mode: Mode, options: Options) -> Self {
        let now = Instant::now();
        let wanted = Wanted {
            server: SERVER.parse().unwrap(),
            request: Request { name: b"file", mode, options },
            retry: Duration::from_millis(500),
            retries: 3,
            max_size: 2000,
        };
        Self { download: Download::new(&wanted, now).unwrap(), now }
    }

    /// What goes out now: addressee and bytes.
    fn sends(&mut self) -> Vec<(SocketAddr, Vec<u8>)> {
        let mut sent = Vec::new();
        while let Action::Send(message) = self.download.poll(self.now) {
            let mut datagram = Vec::new();
            self.download.write(&message, &mut datagram);
            sent.push((message.to, datagram));
        }
        sent
    }

    fn from(&mut self, from: &str, packet: Packet<'_>) -> Vec<(SocketAddr, Vec<u8>)> {
        let mut datagram = Vec::new();
        packet.encode(&mut datagram).unwrap();
        self.download.handle(&datagram, from.parse().unwrap(), self.now);
        self.sends()
    }

    fn data(&mut self, block: u16, data: &[u8]) -> Vec<(SocketAddr, Vec<u8>)> {
        self.from(PEER, Packet::Data { block, data })
    }

    fn wait(&mut self) -> Vec<(SocketAddr, Vec<u8>)> {
        let Action::Wait(deadline) = self.download.poll(self.now) else { panic!("nothing to wait for") };
        assert_eq!(deadline - self.now, Duration::from_millis(500));
        self.now = deadline;
        self.download.handle_timeout(self.now);
        self.sends()
    }

    fn end(&mut self) -> Option<Result<(), Failure>> {
        match self.download.poll(self.now) {
            Action::Done(end) => Some(end),
            _ => None,
        }
    }
}

fn to(peer: &str, datagram: &[u8]) -> Vec<(SocketAddr, Vec<u8>)> {
    vec![(peer.parse().unwrap(), datagram.to_vec())]
}

fn ack(block: u8) -> Vec<(SocketAddr, Vec<u8>)> {
    to(PEER, &[0, 4, 0, block])
}

#[test]
fn a_file_comes_block_by_block() {
    let mut bench = Bench::new(Options::default());
    assert_eq!(bench.sends(), to(SERVER, b"\0\x01file\0octet\0"));
    assert_eq!(bench.data(1, &[1; 512]), ack(1));
    assert_eq!(bench.data(2, b"end"), ack(2));
    assert_eq!(bench.end(), Some(Ok(())));
    assert_eq!(bench.download.content().len(), 515);
    // The server missed our last ACK.
    assert_eq!(bench.data(2, b"end"), ack(2));
    assert_eq!(bench.data(1, &[1; 512]), []);
    assert_eq!(bench.download.into_content().len(), 515);
}

#[test]
fn what_was_said_last_is_said_again() {
    let mut bench = Bench::new(Options::default());
    let request = bench.sends();
    assert_eq!(bench.wait(), request);
    bench.data(1, &[1; 512]);
    assert_eq!(bench.wait(), ack(1));
    assert_eq!(bench.wait(), ack(1));
    assert_eq!(bench.wait(), ack(1));
    assert_eq!(bench.wait(), []);
    assert_eq!(bench.end(), Some(Err(Failure::Silent { blocks: 1 })));
    assert_eq!(bench.download.retransmissions(), 4);
}

#[test]
fn strangers_are_told_so_and_disturb_nothing() {
    let mut bench = Bench::new(Options::default());
    bench.sends();
    // Another machine, before and after the server has answered; then another port of the same one.
    let answer = b"\0\x05\0\x05unknown transfer\0";
    assert_eq!(bench.from("192.0.2.9:69", Packet::Data { block: 1, data: b"x" }), to("192.0.2.9:69", answer));
    assert_eq!(bench.data(1, &[1; 512]), ack(1));
    let other = "192.0.2.1:40001";
    assert_eq!(bench.from(other, Packet::Data { block: 2, data: b"x" }), to(other, answer));
    let error = Packet::Error { code: ErrorCode::NotDefined, message: b"" };
    assert_eq!(bench.from(other, error), []);
    assert_eq!(bench.data(2, b""), ack(2));
    assert_eq!(bench.end(), Some(Ok(())));
}

#[test]
fn options_are_acknowledged_and_gone_by() {
    let asked = Options { blksize: Some(1024), tsize: Some(0), windowsize: Some(2), ..Options::default() };
    let mut bench = Bench::new(asked);
    bench.sends();
    let answer = Packet::OptionAck(Options { blksize: Some(16), tsize: Some(40), ..asked });
    assert_eq!(bench.from(PEER, answer), ack(0));
    assert_eq!(bench.from(PEER, answer), ack(0));
    assert_eq!(bench.data(1, &[1; 16]), []);
    assert_eq!(bench.data(2, &[1; 16]), ack(2));
    assert_eq!(bench.from(PEER, answer), []);
    assert_eq!(bench.data(3, &[1; 8]), ack(3));
    assert_eq!(bench.end(), Some(Ok(())));
    assert_eq!((bench.download.announced(), bench.download.agreed().blksize), (Some(40), 16));
}

#[test]
fn a_server_without_options_is_taken_at_rfc_1350() {
    let mut bench = Bench::new(Options { blksize: Some(1024), windowsize: Some(8), ..Options::default() });
    bench.sends();
    assert_eq!(bench.data(1, &[1; 512]), ack(1));
    assert_eq!(bench.data(2, &[1; 511]), ack(2));
    assert_eq!(bench.end(), Some(Ok(())));
}

#[test]
fn a_hole_is_reported_once() {
    let mut bench = Bench::new(Options { windowsize: Some(4), ..Options::default() });
    bench.sends();
    bench.from(PEER, Packet::OptionAck(Options { windowsize: Some(4), ..Options::default() }));
    assert_eq!(bench.data(1, &[1; 512]), []);
    assert_eq!(bench.data(3, &[1; 512]), ack(1));
    assert_eq!(bench.data(4, &[1; 512]), []);
    assert_eq!(bench.data(2, &[1; 512]), []);
    assert_eq!(bench.data(2, &[1; 512]), []);
    assert_eq!(bench.data(3, &[1; 100]), ack(3));
    assert_eq!(bench.end(), Some(Ok(())));
    assert_eq!(bench.download.duplicates(), 1);
}

#[test]
fn each_failure_says_why() {
    let tsize = Options { tsize: Some(0), ..Options::default() };
    let announce = |size| Packet::OptionAck(Options { tsize: Some(size), ..Options::default() });

    let mut bench = Bench::new(tsize);
    bench.sends();
    assert_eq!(bench.from(PEER, announce(2001)), to(PEER, b"\0\x05\0\x03the file is too large\0"));
    assert_eq!(bench.end(), Some(Err(Failure::TooLarge { limit: 2000 })));

    let mut bench = Bench::new(tsize);
    bench.sends();
    bench.from(PEER, announce(2000));
    assert_eq!(bench.data(1, b"short"), ack(1));
    assert_eq!(bench.end(), Some(Err(Failure::WrongSize { announced: 2000, received: 5 })));

    let mut bench = Bench::new(Options::default());
    bench.sends();
    let refusal = to(PEER, b"\0\x05\0\x08these options were not asked for\0");
    assert_eq!(bench.from(PEER, announce(5)), refusal);
    assert_eq!(bench.end(), Some(Err(Failure::BadOptions)));

    let mut bench = Bench::new(Options::default());
    bench.sends();
    assert_eq!(bench.data(1, &[1; 513]), to(PEER, b"\0\x05\0\x04the block is longer than agreed\0"));
    assert_eq!(bench.end(), Some(Err(Failure::BlockTooLong(513))));

    let mut bench = Bench::new(Options::default());
    bench.sends();
    for block in 1..4 {
        bench.data(block, &[1; 512]);
    }
    assert_eq!(bench.data(4, &[1; 512]), to(PEER, b"\0\x05\0\x03the file is too large\0"));

    let mut bench = Bench::new(Options::default());
    bench.sends();
    let code = ErrorCode::FileNotFound;
    assert_eq!(bench.from(SERVER, Packet::Error { code, message: b"no\tsuch file" }), []);
    let failure = Failure::Refused { code, message: "no such file".to_owned() };
    assert_eq!(failure.to_string(), "the server refused: file not found: no such file");
    assert_eq!(bench.end(), Some(Err(failure)));
}

#[test]
fn text_is_converted_back() {
    let mut bench =
        Bench::with(Mode::Netascii, Options { blksize: Some(8), tsize: Some(0), ..Options::default() });
    bench.sends();
    // The size on the wire is not the size of the file, and servers announce either.
    bench.from(PEER, Packet::OptionAck(Options { blksize: Some(8), tsize: Some(99), ..Options::default() }));
    bench.data(1, b"1234567\r");
    bench.data(2, b"\n9\r\0\r");
    assert_eq!(bench.end(), Some(Ok(())));
    assert_eq!(bench.download.content(), b"1234567\n9\r\r");
}
