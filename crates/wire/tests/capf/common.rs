//! Transcripts, and driving the server's end by hand.

use std::{fs, path::Path, time::Instant};

use wire::capf::{Action, Authentication, Event, Limits, Order, Session};

/// Bytes from hex; blanks are for the reader.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    Server,
    Phone,
}

/// A whole session as a working server and a phone had it, message by message. The server of the transcripts wrote
/// header and body apart; they are one message here.
pub(crate) struct Transcript {
    pub(crate) name: String,
    pub(crate) messages: Vec<(From, Vec<u8>)>,
}

impl Transcript {
    pub(crate) fn read(name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/capf").join(name);
        let mut messages: Vec<(From, Vec<u8>)> = Vec::new();
        for line in fs::read_to_string(path).unwrap().lines() {
            let (who, bytes) = line.split_once(' ').unwrap();
            let (who, bytes) = (if who == "<" { From::Server } else { From::Phone }, hex(bytes));
            match messages.last_mut() {
                Some((last, message)) if *last == who && !is_whole(message) => message.extend(bytes),
                _ => messages.push((who, bytes)),
            }
        }
        Self { name: name.to_owned(), messages }
    }

    pub(crate) fn all() -> Vec<Self> {
        let names = ["delete", "fetch", "install-cert-auth", "install-ec", "install-rsa-password", "none"];
        let names = names.into_iter().chain(["unknown-device", "wrong-password"]);
        names.map(|name| Self::read(&format!("capf-{name}.txt"))).collect()
    }

    pub(crate) fn session(&self) -> u32 {
        u32::from_be_bytes(self.messages[0].1[2..6].try_into().unwrap())
    }

    /// All that one side says, in one piece.
    pub(crate) fn said(&self, who: From) -> Vec<u8> {
        self.messages.iter().filter(|(from, _)| *from == who).flat_map(|(_, bytes)| bytes.clone()).collect()
    }
}

fn is_whole(message: &[u8]) -> bool {
    message.len() >= 8 && message.len() == 8 + usize::from(u16::from_be_bytes([message[6], message[7]]))
}

/// The server's end with everything it said so far.
pub(crate) struct Server {
    pub(crate) session: Session,
    pub(crate) said: Vec<u8>,
    pub(crate) now: Instant,
}

impl Server {
    pub(crate) fn new(id: u32) -> Self {
        let now = Instant::now();
        Self { session: Session::new(id, Limits::default(), now), said: Vec::new(), now }
    }

    /// Goes on until it asks, waits or ends.
    pub(crate) fn next(&mut self) -> Action {
        loop {
            match self.session.poll() {
                Action::Send(bytes) => self.said.extend(bytes),
                other => return other,
            }
        }
    }

    pub(crate) fn hears(&mut self, bytes: &[u8]) -> Action {
        self.session.handle(bytes, self.now);
        self.next()
    }

    /// Through the authentication, to what `order` leads to.
    pub(crate) fn ordered(id: u32, auth: &[u8], order: Order) -> Self {
        let mut server = Self::new(id);
        let Action::Event(Event::Authenticate(_)) = server.hears(auth) else { panic!("no authentication") };
        server.session.decide(order, server.now);
        server.next();
        server
    }
}

/// The authentication in these bytes.
pub(crate) fn authentication(id: u32, bytes: &[u8]) -> Authentication {
    match Server::new(id).hears(bytes) {
        Action::Event(Event::Authenticate(authentication)) => *authentication,
        other => panic!("{other:?}"),
    }
}
