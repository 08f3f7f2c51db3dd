//! The server's end of a TFTP read, packet by packet.

use std::time::{Duration, Instant};

use wire::tftp::{Action, ErrorCode, Limits, Mode, Options, Outcome, Packet, Request, Transfer};

const MS: fn(u64) -> Duration = Duration::from_millis;

/// A transfer under test, with a clock of its own.
struct Bench {
    transfer: Transfer<Vec<u8>>,
    now: Instant,
}

impl Bench {
    fn new(size: usize, options: Options) -> Self {
        Self::with(vec![7; size], Mode::Octet, options)
    }

    fn with(bytes: Vec<u8>, mode: Mode, options: Options) -> Self {
        let now = Instant::now();
        let request = Request { name: b"file", mode, options };
        Self { transfer: Transfer::new(bytes, &request, &Limits::default(), now), now }
    }

    /// What goes out now: block numbers, -1 for the option answer.
    fn sends(&mut self) -> Vec<i32> {
        let mut sent = Vec::new();
        while let Action::Send(reply) = self.transfer.poll(self.now) {
            let mut datagram = Vec::new();
            self.transfer.write(&reply, &mut datagram);
            sent.push(match Packet::decode(&datagram) {
                Ok(Packet::Data { block, .. }) => i32::from(block),
                Ok(Packet::OptionAck(_)) => -1,
                other => panic!("a server sends blocks and options, not {other:?}"),
            });
        }
        sent
    }

    fn after(&mut self, time: Duration, packet: Packet<'_>) -> Vec<i32> {
        self.now += time;
        self.transfer.handle(&packet, self.now);
        self.sends()
    }

    fn ack(&mut self, block: u16) -> Vec<i32> {
        self.after(MS(10), Packet::Ack { block })
    }

    /// Lets time pass until something is due, and says how long that was.
    fn wait(&mut self) -> (Duration, Vec<i32>) {
        let Action::Wait(deadline) = self.transfer.poll(self.now) else { panic!("nothing to wait for") };
        let waited = deadline - self.now;
        self.now = deadline;
        self.transfer.handle_timeout(self.now);
        (waited, self.sends())
    }

    fn outcome(&mut self) -> Option<Outcome> {
        match self.transfer.poll(self.now) {
            Action::Done(outcome) => Some(outcome),
            _ => None,
        }
    }
}

fn window(windowsize: u64) -> Options {
    Options { windowsize: Some(windowsize), ..Options::default() }
}

fn again() -> Packet<'static> {
    Packet::Read(Request { name: b"file", mode: Mode::Octet, options: Options::default() })
}

#[test]
fn a_file_goes_out_in_lock_step_and_ends_with_a_short_block() {
    let mut bench = Bench::new(1024, Options::default());
    assert_eq!(bench.sends(), [1]);
    assert_eq!(bench.ack(1), [2]);
    assert_eq!(bench.transfer.acknowledged(), 512);
    assert_eq!(bench.ack(2), [3]);
    assert_eq!(bench.outcome(), None);
    assert_eq!(bench.ack(3), []);
    assert_eq!(bench.outcome(), Some(Outcome::Complete));
    assert_eq!((bench.transfer.acknowledged(), bench.transfer.retransmissions()), (1024, 0));
}

#[test]
fn an_empty_file_is_one_empty_block() {
    let mut bench = Bench::new(0, Options::default());
    assert_eq!(bench.sends(), [1]);
    bench.ack(1);
    assert_eq!(bench.outcome(), Some(Outcome::Complete));
}

#[test]
fn duplicate_and_foreign_acks_send_nothing() {
    let mut bench = Bench::new(5000, Options::default());
    bench.sends();
    assert_eq!(bench.ack(1), [2]);
    for stale in [1, 1, 0, 3, 4, 65535] {
        assert_eq!(bench.ack(stale), [], "{stale}");
    }
    assert_eq!(bench.after(MS(500), Packet::Ack { block: 1 }), []);
    assert_eq!(bench.ack(2), [3]);
}

#[test]
fn options_are_block_zero() {
    let mut bench = Bench::new(1024, Options { blksize: Some(1024), ..Options::default() });
    assert_eq!(bench.sends(), [-1]);
    assert_eq!(bench.ack(1), []);
    assert_eq!(bench.after(MS(1), again()), [-1]);
    assert_eq!(bench.ack(0), [1]);
    assert_eq!(bench.ack(0), []);
    assert_eq!(bench.ack(1), [2]);
}

#[test]
fn a_repeated_request_gets_the_first_answer_again_and_later_nothing() {
    let mut bench = Bench::new(1024, Options::default());
    assert_eq!(bench.sends(), [1]);
    assert_eq!(bench.after(MS(500), again()), [1]);
    assert_eq!(bench.ack(1), [2]);
    assert_eq!(bench.after(MS(500), again()), []);
    assert!(!bench.transfer.stalled());
    bench.wait();
    assert!(bench.transfer.stalled());
}

#[test]
fn a_window_goes_out_whole() {
    let mut bench = Bench::new(512 * 6, window(4));
    assert_eq!(bench.sends(), [-1]);
    assert_eq!(bench.ack(0), [1, 2, 3, 4]);
    assert_eq!(bench.ack(4), [5, 6, 7]);
    assert_eq!(bench.ack(7), []);
    assert_eq!(bench.outcome(), Some(Outcome::Complete));
}

#[test]
fn a_hole_is_filled_from_where_it_begins() {
    let mut bench = Bench::new(512 * 20, window(4));
    bench.sends();
    bench.ack(0);
    assert_eq!(bench.ack(2), [3, 4, 5, 6]);
    assert_eq!(bench.transfer.retransmissions(), 2);
    // Older than the window, and not yet sent.
    assert_eq!(bench.ack(1), []);
    assert_eq!(bench.ack(7), []);
    assert_eq!(bench.ack(6), [7, 8, 9, 10]);
}

#[test]
fn a_window_that_lost_its_first_block_goes_out_again_once() {
    let mut bench = Bench::new(512 * 40, window(4));
    bench.sends();
    bench.ack(0); // a round trip of 10 ms
    assert_eq!(bench.ack(4), [5, 6, 7, 8]);
    // Too early: a duplicate of the ACK before.
    assert_eq!(bench.after(MS(9), Packet::Ack { block: 4 }), []);
    assert_eq!(bench.after(MS(1), Packet::Ack { block: 4 }), [5, 6, 7, 8]);
    assert_eq!(bench.ack(4), []);
    // The window behind it: this may be the echo of a block that went out twice.
    assert_eq!(bench.ack(8), [9, 10, 11, 12]);
    assert_eq!(bench.after(MS(50), Packet::Ack { block: 8 }), []);
    assert_eq!(bench.ack(12), [13, 14, 15, 16]);
    assert_eq!(bench.after(MS(50), Packet::Ack { block: 12 }), [13, 14, 15, 16]);
}

#[test]
fn silence_is_answered_more_and_more_slowly_and_then_given_up() {
    let mut bench = Bench::new(5000, Options::default());
    bench.sends();
    bench.ack(1); // 10 ms: 200 ms at least
    let mut waited = Vec::new();
    while bench.outcome().is_none() {
        let (time, sent) = bench.wait();
        waited.push(time.as_millis());
        assert!(sent == [2] || bench.outcome().is_some());
    }
    assert_eq!(waited, [200, 400, 800, 1600, 3200, 6400, 8000, 8000, 1400]);
    assert_eq!(bench.outcome(), Some(Outcome::Silent));
    assert_eq!(bench.ack(2), []);
}

#[test]
fn a_client_that_never_confirms_the_end_is_told_apart() {
    let mut bench = Bench::new(600, Options::default());
    bench.sends();
    bench.ack(1);
    while bench.outcome().is_none() {
        bench.wait();
    }
    assert_eq!(bench.outcome(), Some(Outcome::Unconfirmed));
}

#[test]
fn the_clients_timeout_is_kept_to_the_letter() {
    let mut bench = Bench::new(5000, Options { timeout: Some(3), ..Options::default() });
    bench.sends();
    bench.ack(0);
    let waited: Vec<_> = (0..3).map(|_| bench.wait().0.as_secs()).collect();
    assert_eq!(waited, [3, 3, 3]);
}

#[test]
fn a_round_trip_that_began_twice_is_not_measured() {
    let mut bench = Bench::new(5000, Options::default());
    bench.sends();
    bench.ack(1);
    bench.wait(); // block 2 again, the next wait would be 400 ms
    assert_eq!(bench.ack(2), [3]);
    assert_eq!(bench.wait().0, MS(400));
    bench.ack(3);
    bench.ack(4);
    assert_eq!(bench.wait().0, MS(200));
}

#[test]
fn an_error_ends_it_and_its_message_is_fit_for_a_log() {
    let mut bench = Bench::new(5000, Options { tsize: Some(0), ..Options::default() });
    bench.sends();
    let code = ErrorCode::OptionsRefused;
    assert_eq!(bench.after(MS(1), Packet::Error { code, message: b"only\n\x1b[1masking\xff" }), []);
    let message = "only  [1masking\u{fffd}".to_owned();
    assert_eq!(bench.outcome(), Some(Outcome::Refused { code, message }));
}

#[test]
fn text_is_converted_and_its_size_not_announced() {
    let options = Options { tsize: Some(0), blksize: Some(8), ..Options::default() };
    let mut bench = Bench::with(b"1234567\n\r".to_vec(), Mode::Netascii, options);
    let Action::Send(reply) = bench.transfer.poll(bench.now) else { panic!("options are answered") };
    let mut datagram = Vec::new();
    bench.transfer.write(&reply, &mut datagram);
    assert_eq!(datagram, b"\0\x06blksize\x008\0");
    assert_eq!(bench.ack(0), [1]);
    assert_eq!(bench.ack(1), [2]);
    bench.wait();
    assert_eq!(bench.ack(2), []);
    assert_eq!(bench.outcome(), Some(Outcome::Complete));
    assert_eq!(bench.transfer.acknowledged(), 9);
}

#[test]
fn a_block_says_which_bytes_of_the_file_it_is() {
    let bytes: Vec<u8> = (0..=255).cycle().take(700).collect();
    let mut bench = Bench::with(bytes.clone(), Mode::Octet, Options::default());
    bench.sends();
    bench.transfer.handle(&Packet::Ack { block: 1 }, bench.now);
    let Action::Send(reply) = bench.transfer.poll(bench.now) else { panic!("a block is due") };
    let wire::tftp::Reply::Data(block) = reply else { panic!("it is a block") };
    assert_eq!((block.range(), block.len(), block.number()), (Some(512..700), 188, 2));
    let mut datagram = Vec::new();
    bench.transfer.write(&reply, &mut datagram);
    assert_eq!(datagram, [&block.header(), &bytes[512..]].concat());
}
