//! The client's end of a read: a phone, or a load program, that fetches one file.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::netascii::Decoder;
use super::packet::readable;
use super::{Action, Agreed, EncodeError, ErrorCode, Mode, Options, Packet, Request};

/// What to fetch, and how.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Where requests go. The answers come from another port of the same address.
    pub server: SocketAddr,
    /// The file, how it travels, and which options to ask for; phones ask for none.
    pub request: Request<'a>,
    /// When to say again what was said last; phones take 500 ms.
    pub retry: Duration,
    /// How often to say it again before giving up.
    pub retries: u32,
    /// No file is larger than this: phones refuse what does not fit their memory, and so do we.
    pub max_size: usize,
}

/// The client's end of one read.
#[derive(Debug)]
pub struct Download {
    server: SocketAddr,
    /// The request as it goes out, again from the same port if need be.
    request: Vec<u8>,
    mode: Mode,
    asked: Options,
    retry: Duration,
    retries: u32,
    max_size: usize,

    /// The port the server has chosen for this transfer, from its first answer on.
    peer: Option<SocketAddr>,
    agreed: Agreed,
    announced: Option<u64>,
    content: Vec<u8>,
    decoder: Decoder,
    /// Blocks that arrived in order, and up to which one we said so.
    received: u64,
    acknowledged: u64,
    /// A hole was reported and has not been filled since.
    hole: bool,

    say: Option<Said>,
    stray: Option<SocketAddr>,
    deadline: Instant,
    attempts: u32,
    counters: Counters,
    end: Option<Result<(), Failure>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counters {
    repeated: u64,
    duplicates: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    Request,
    Ack(u16),
    Error(ErrorCode, &'static str),
}

/// Something the client sends, and where to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// Whom it is for: the server's listening port, the transfer's port, or a stranger who is told to go away.
    pub to: SocketAddr,
    said: Said,
}

/// Why there is no file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The server said so.
    #[error("the server refused: {code}: {message}")]
    Refused {
        /// The kind of error.
        code: ErrorCode,
        /// Its reason, cut to 256 bytes and without control characters.
        message: String,
    },
    /// No answer, however often we asked.
    #[error("the server went silent after {blocks} blocks")]
    Silent {
        /// How many had arrived.
        blocks: u64,
    },
    /// More than we want.
    #[error("the file is larger than {limit} bytes")]
    TooLarge {
        /// What we want at most.
        limit: usize,
    },
    /// Not what was announced.
    #[error("{received} bytes arrived where {announced} were announced")]
    WrongSize {
        /// What the server said first.
        announced: u64,
        /// What it sent.
        received: u64,
    },
    /// Options we did not ask for, or more than we asked for.
    #[error("the server answered with options that were not asked for")]
    BadOptions,
    /// A block of more than the block size.
    #[error("a block of {0} bytes is longer than agreed")]
    BlockTooLong(usize),
}

impl Download {
    /// A download that begins now.
    pub fn new(wanted: &Wanted<'_>, now: Instant) -> Result<Self, EncodeError> {
        let mut request = Vec::new();
        Packet::Read(wanted.request).encode(&mut request)?;
        Ok(Self {
            server: wanted.server,
            request,
            mode: wanted.request.mode,
            asked: wanted.request.options,
            retry: wanted.retry,
            retries: wanted.retries,
            max_size: wanted.max_size,
            peer: None,
            agreed: Agreed::default(),
            announced: None,
            content: Vec::new(),
            decoder: Decoder::default(),
            received: 0,
            acknowledged: 0,
            hole: false,
            say: Some(Said::Request),
            stray: None,
            deadline: now + wanted.retry,
            attempts: 0,
            counters: Counters::default(),
            end: None,
        })
    }

    /// The file so far; all of it once [`Action::Done`] said `Ok`.
    #[must_use]
    pub fn content(&self) -> &[u8] {
        &self.content
    }

    /// The file.
    #[must_use]
    pub fn into_content(self) -> Vec<u8> {
        self.content
    }

    /// The size the server announced, if it was asked for that.
    #[must_use]
    pub fn announced(&self) -> Option<u64> {
        self.announced
    }

    /// What both ends go by.
    #[must_use]
    pub fn agreed(&self) -> Agreed {
        self.agreed
    }

    /// How often we had to say something again because nothing came.
    #[must_use]
    pub fn retransmissions(&self) -> u64 {
        self.counters.repeated
    }

    /// How many blocks came that were there already.
    #[must_use]
    pub fn duplicates(&self) -> u64 {
        self.counters.duplicates
    }

    /// A datagram came. After the end this still repeats the last ACK, for a server that missed it.
    pub fn handle(&mut self, datagram: &[u8], from: SocketAddr, now: Instant) {
        let ours = match self.peer {
            Some(peer) => peer == from,
            None => self.server.ip().to_canonical() == from.ip().to_canonical(),
        };
        let Ok(packet) = Packet::decode(datagram) else { return };
        if !ours {
            // An ERROR is never answered, or two ends could go on forever.
            if !matches!(packet, Packet::Error { .. }) {
                self.stray = Some(from);
            }
            return;
        }
        if matches!(self.end, Some(Err(_))) {
            return;
        }
        match packet {
            Packet::OptionAck(answer) => self.options(&answer, from, now),
            Packet::Data { block, data } => self.data(block, data, from, now),
            Packet::Error { code, message } if self.end.is_none() => {
                self.end = Some(Err(Failure::Refused { code, message: readable(message) }));
            }
            _ => {}
        }
    }

    /// The moment [`Action::Wait`] named has come.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.end.is_some() || now < self.deadline {
            return;
        }
        self.attempts += 1;
        if self.attempts > self.retries {
            self.end = Some(Err(Failure::Silent { blocks: self.received }));
            return;
        }
        self.counters.repeated += 1;
        match self.peer {
            None => self.say = Some(Said::Request),
            Some(_) => self.acknowledge(),
        }
        self.deadline = now + self.retry;
    }

    /// What to do next.
    pub fn poll(&mut self, _now: Instant) -> Action<Message, Result<(), Failure>> {
        if let Some(to) = self.stray.take() {
            return Action::Send(Message {
                to,
                said: Said::Error(ErrorCode::UnknownTransfer, "unknown transfer"),
            });
        }
        if let Some(said) = self.say.take() {
            let to = if said == Said::Request { self.server } else { self.peer.unwrap_or(self.server) };
            return Action::Send(Message { to, said });
        }
        match &self.end {
            Some(end) => Action::Done(end.clone()),
            None => Action::Wait(self.deadline),
        }
    }

    /// Appends the datagram that `message` stands for to `out`.
    pub fn write(&self, message: &Message, out: &mut Vec<u8>) {
        let packet = match message.said {
            Said::Request => return out.extend_from_slice(&self.request),
            Said::Ack(block) => Packet::Ack { block },
            Said::Error(code, text) => Packet::Error { code, message: text.as_bytes() },
        };
        packet.encode(out).expect("our own texts hold no NUL");
    }

    fn options(&mut self, answer: &Options, from: SocketAddr, now: Instant) {
        if self.received > 0 {
            return;
        }
        if self.peer.is_none() {
            let Some(agreed) = self.asked.accept(answer) else {
                self.peer = Some(from);
                return self.fail(
                    Failure::BadOptions,
                    ErrorCode::OptionsRefused,
                    "these options were not asked for",
                );
            };
            self.agreed = agreed;
            self.announced = answer.tsize;
            self.heard(from, now);
            if self.announced.is_some_and(|size| size > self.max_size as u64) {
                return self.too_large();
            }
        }
        self.acknowledge();
    }

    fn data(&mut self, wire: u16, data: &[u8], from: SocketAddr, now: Instant) {
        let expected = (self.received + 1) as u16;
        if wire != expected || self.end.is_some() {
            return self.out_of_order(wire);
        }
        self.heard(from, now);
        if data.len() > usize::from(self.agreed.blksize) {
            let failure = Failure::BlockTooLong(data.len());
            return self.fail(failure, ErrorCode::IllegalOperation, "the block is longer than agreed");
        }
        self.received += 1;
        match self.mode {
            Mode::Octet => self.content.extend_from_slice(data),
            Mode::Netascii => self.decoder.decode(data, &mut self.content),
        }
        if self.content.len() > self.max_size {
            return self.too_large();
        }
        if data.len() < usize::from(self.agreed.blksize) {
            self.finish();
        } else if self.received - self.acknowledged >= u64::from(self.agreed.windowsize) {
            self.acknowledge();
        }
    }

    /// Not the block that is due: one that we have, or one behind a hole.
    fn out_of_order(&mut self, wire: u16) {
        let ahead = wire.wrapping_sub((self.received + 1) as u16);
        if ahead != 0 && ahead < self.agreed.windowsize && self.end.is_none() {
            // Said once; the window's other blocks would each make us say it again, and the server send again.
            if !self.hole {
                self.acknowledge();
                self.hole = true;
            }
            return;
        }
        self.counters.duplicates += 1;
        // Only the block we acknowledged last: our ACK may be lost.
        if self.received > 0 && wire == self.acknowledged as u16 {
            self.acknowledge();
        }
    }

    fn heard(&mut self, from: SocketAddr, now: Instant) {
        self.peer = Some(from);
        self.attempts = 0;
        self.hole = false;
        self.deadline = now + self.retry;
    }

    fn acknowledge(&mut self) {
        self.acknowledged = self.received;
        self.hole = false;
        self.say = Some(Said::Ack(self.received as u16));
    }

    fn finish(&mut self) {
        self.decoder.finish(&mut self.content);
        let received = self.content.len() as u64;
        self.acknowledge();
        self.end = Some(match self.announced {
            Some(announced) if announced != received && self.mode == Mode::Octet => {
                Err(Failure::WrongSize { announced, received })
            }
            _ => Ok(()),
        });
    }

    fn too_large(&mut self) {
        let failure = Failure::TooLarge { limit: self.max_size };
        self.fail(failure, ErrorCode::DiskFull, "the file is too large");
    }

    fn fail(&mut self, failure: Failure, code: ErrorCode, text: &'static str) {
        self.say = Some(Said::Error(code, text));
        self.end = Some(Err(failure));
    }
}
