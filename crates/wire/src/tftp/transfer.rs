//! The server's end of a read: which block goes out when.
//!
//! Blocks are counted in 64 bits from 1; block 0 stands for the option answer, so that its ACK needs no rule of its
//! own. Only the wire number wraps. A window goes out whole; it goes out again when its time is up, when the client
//! says that it has only the first part of it, or (once, see [`Transfer::again`]) when it says that it has nothing of
//! it. Nothing else is ever sent twice, so duplicated packets cannot multiply (the sorcerer's apprentice).

use std::ops::Range;
use std::time::{Duration, Instant};

use super::netascii::Position;
use super::packet::{data_header, readable};
use super::rtt::Retransmission;
use super::{Action, Agreed, ErrorCode, Limits, Mode, Options, Packet, Request};

/// The server's end of one read, with the file's bytes.
#[derive(Debug)]
pub struct Transfer<B> {
    bytes: B,
    mode: Mode,
    agreed: Agreed,
    /// What block 0 says; without options there is no block 0.
    answer: Options,
    /// The first block the client has not acknowledged.
    base: Edge,
    /// The next block to be sent, at or behind `base`.
    next: Edge,
    /// The highest block ever sent.
    highest: Option<u64>,
    /// The block that ends the file, as soon as that is known.
    last: Option<u64>,
    timing: Timing,
    resent: u64,
    outcome: Option<Outcome>,
}

/// Where a block begins.
#[derive(Clone, Copy, Debug)]
struct Edge {
    block: u64,
    position: Position,
}

#[derive(Debug)]
struct Timing {
    retransmission: Retransmission,
    retries: u32,
    stall: Duration,
    /// How often this window went out in vain.
    attempts: u32,
    /// When the first and the last block of this window went out.
    opened: Instant,
    sent: Instant,
    /// When the client last acknowledged something new.
    progress: Instant,
    /// Something in this window was sent twice: its round trip says nothing (Karn).
    tainted: bool,
    /// So was something in the window before: repeated ACKs may be echoes of that.
    echoes: bool,
}

/// Something the server sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The options it goes by.
    OptionAck(Options),
    /// A block of the file.
    Data(Block),
}

/// A block of the file that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    number: u16,
    position: Position,
    len: usize,
    mode: Mode,
}

/// How a transfer ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The client has everything and said so.
    Complete,
    /// Everything was sent, but the client never acknowledged the last block; some never do.
    Unconfirmed,
    /// The client went silent.
    Silent,
    /// The client did not want it any more.
    Refused {
        /// The kind of error.
        code: ErrorCode,
        /// What it said, cut to 256 bytes and without control characters.
        message: String,
    },
}

impl<B: AsRef<[u8]>> Transfer<B> {
    /// A transfer of `bytes` to a client that sent `request` just now.
    pub fn new(bytes: B, request: &Request<'_>, limits: &Limits, now: Instant) -> Self {
        let size = bytes.as_ref().len() as u64;
        // How long a text is on the wire is known only once it has been sent.
        let announced = (request.mode == Mode::Octet).then_some(size);
        let (agreed, answer) = request.options.negotiate(limits, announced);
        let first = Edge { block: u64::from(answer.is_empty()), position: Position::default() };
        Self {
            bytes,
            mode: request.mode,
            agreed,
            answer,
            base: first,
            next: first,
            highest: None,
            last: announced.map(|size| size / u64::from(agreed.blksize) + 1),
            timing: Timing::new(&agreed, limits, now),
            resent: 0,
            outcome: None,
        }
    }

    /// What both ends go by.
    #[must_use]
    pub fn agreed(&self) -> Agreed {
        self.agreed
    }

    /// How many bytes of the file the client has acknowledged.
    #[must_use]
    pub fn acknowledged(&self) -> usize {
        self.base.position.offset
    }

    /// How many datagrams were sent more than once.
    #[must_use]
    pub fn retransmissions(&self) -> u64 {
        self.resent
    }

    /// Whether the client has stopped answering, so that the same request from it means a new start.
    #[must_use]
    pub fn stalled(&self) -> bool {
        self.timing.attempts > 0 || self.outcome.is_some()
    }

    /// A packet came from the client.
    pub fn handle(&mut self, packet: &Packet<'_>, now: Instant) {
        match *packet {
            _ if self.outcome.is_some() => {}
            Packet::Ack { block } => self.acknowledge(block, now),
            Packet::Error { code, message } => {
                self.outcome = Some(Outcome::Refused { code, message: readable(message) });
            }
            // The client did not see our first answer yet: it gets that again, and no second transfer.
            Packet::Read(_) if self.base.block == u64::from(self.answer.is_empty()) => self.rewind(),
            _ => {}
        }
    }

    /// The moment [`Action::Wait`] named has come.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.outcome.is_some() || now < self.timing.deadline() {
            return;
        }
        self.timing.attempts += 1;
        if self.timing.hopeless(now) {
            let all_sent = self.last == Some(self.base.block);
            self.outcome = Some(if all_sent { Outcome::Unconfirmed } else { Outcome::Silent });
            return;
        }
        self.timing.retransmission.back_off();
        self.rewind();
    }

    /// What to do next.
    pub fn poll(&mut self, now: Instant) -> Action<Reply, Outcome> {
        if let Some(outcome) = &self.outcome {
            return Action::Done(outcome.clone());
        }
        if self.next.block >= self.window_end() {
            return Action::Wait(self.timing.deadline());
        }
        let (reply, behind) = self.reply();
        if self.highest.is_some_and(|highest| self.next.block <= highest) {
            self.resent += 1;
        }
        self.highest = self.highest.max(Some(self.next.block));
        if self.next.block == self.base.block {
            self.timing.opened = now;
        }
        self.timing.sent = now;
        self.next = behind;
        Action::Send(reply)
    }

    /// Appends the datagram that `reply` stands for to `out`.
    pub fn write(&self, reply: &Reply, out: &mut Vec<u8>) {
        match reply {
            Reply::OptionAck(options) => {
                Packet::OptionAck(*options).encode(out).expect("options hold numbers, which fit");
            }
            Reply::Data(block) => {
                out.extend_from_slice(&block.header());
                match block.range() {
                    Some(range) => out.extend_from_slice(self.bytes.as_ref().get(range).unwrap_or_default()),
                    None => {
                        block.position.encode(self.bytes.as_ref(), block.len, |byte| out.push(byte));
                    }
                }
            }
        }
    }

    /// The bytes of the file.
    #[must_use]
    pub fn bytes(&self) -> &B {
        &self.bytes
    }

    fn acknowledge(&mut self, wire: u16, now: Instant) {
        // A window holds at most 65,535 blocks, so the number says which of them is meant.
        let ahead = wire.wrapping_sub(self.base.block as u16);
        let block = self.base.block + u64::from(ahead);
        if ahead == u16::MAX && self.base.block > 0 {
            self.again(now);
        } else if self.highest.is_some_and(|highest| block <= highest) {
            self.advance(block, now);
        }
    }

    /// The client has everything up to `block`, which is new.
    fn advance(&mut self, block: u64, now: Instant) {
        while self.base.block <= block {
            self.base = self.behind(self.base).1;
        }
        if self.last == Some(block) {
            self.outcome = Some(Outcome::Complete);
        }
        let whole = self.highest == Some(block);
        if whole && !self.timing.tainted {
            self.timing.retransmission.sample(now.saturating_duration_since(self.timing.sent));
        }
        self.timing.echoes = self.timing.tainted;
        // The rest of the window did not arrive and goes out again (RFC 7440).
        self.timing.tainted = !whole;
        self.timing.attempts = 0;
        self.timing.progress = now;
        self.next = self.base;
    }

    /// The client says once more what it said before this window.
    ///
    /// In lock-step that is a duplicate and means nothing. A window may have lost its first block (RFC 7440); then
    /// it goes out again, but once only, not before a round trip has passed, and not when the repetition may be the
    /// echo of something that was sent twice.
    fn again(&mut self, now: Instant) {
        let timing = &self.timing;
        let round_trip = timing.retransmission.smoothed();
        let late = round_trip.is_some_and(|time| now.saturating_duration_since(timing.opened) >= time);
        let started = self.next.block > self.base.block;
        if self.agreed.windowsize > 1 && started && late && !timing.tainted && !timing.echoes {
            self.rewind();
        }
    }

    fn rewind(&mut self) {
        self.next = self.base;
        self.timing.tainted = true;
    }

    /// The first block that must not be sent yet.
    fn window_end(&self) -> u64 {
        let full = match self.base.block {
            0 => 1,
            block => block + u64::from(self.agreed.windowsize),
        };
        self.last.map_or(full, |last| full.min(last + 1))
    }

    /// The next reply, and where the one behind it begins.
    fn reply(&mut self) -> (Reply, Edge) {
        let edge = self.next;
        if edge.block == 0 {
            return (Reply::OptionAck(self.answer), self.behind(edge).1);
        }
        let (len, behind) = self.behind(edge);
        if len < usize::from(self.agreed.blksize) {
            self.last = Some(edge.block);
        }
        let block = Block { number: edge.block as u16, position: edge.position, len, mode: self.mode };
        (Reply::Data(block), behind)
    }

    /// How long the block at `edge` is, and where the one behind it begins.
    fn behind(&self, edge: Edge) -> (usize, Edge) {
        let limit = if edge.block == 0 { 0 } else { usize::from(self.agreed.blksize) };
        let file = self.bytes.as_ref();
        let (len, position) = match self.mode {
            Mode::Octet => {
                let len = limit.min(file.len() - edge.position.offset);
                (len, Position::at(edge.position.offset + len))
            }
            Mode::Netascii => edge.position.encode(file, limit, |_| {}),
        };
        (len, Edge { block: edge.block + 1, position })
    }
}

impl Timing {
    fn new(agreed: &Agreed, limits: &Limits, now: Instant) -> Self {
        let retransmission = match agreed.timeout {
            Some(interval) => Retransmission::fixed(interval),
            None => Retransmission::adaptive(limits.pace),
        };
        Self {
            retransmission,
            retries: limits.retries,
            stall: limits.stall,
            attempts: 0,
            opened: now,
            sent: now,
            progress: now,
            tainted: false,
            echoes: false,
        }
    }

    fn deadline(&self) -> Instant {
        (self.sent + self.retransmission.interval()).min(self.progress + self.stall)
    }

    fn hopeless(&self, now: Instant) -> bool {
        self.attempts > self.retries || now >= self.progress + self.stall
    }
}

impl Block {
    /// Its number on the wire.
    #[must_use]
    pub fn number(&self) -> u16 {
        self.number
    }

    /// What stands before its bytes in the datagram.
    #[must_use]
    pub fn header(&self) -> [u8; 4] {
        data_header(self.number)
    }

    /// How many bytes it carries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it only says that the file ends.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Which bytes of the file it carries, if they travel as they are, so that they need not be copied.
    #[must_use]
    pub fn range(&self) -> Option<Range<usize>> {
        (self.mode == Mode::Octet).then(|| self.position.offset..self.position.offset + self.len)
    }
}
