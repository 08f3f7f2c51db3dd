//! HTTP load: one epoll loop, requests made beforehand, answers only measured.
//!
//! The request is what a phone sends: the request line and `Host:` without a space. Of an answer it reads the status
//! and the length; whether the bytes are right is seen once, before, by [`super::fetch`].

use std::{
    net::{Ipv4Addr, SocketAddr},
    os::fd::{AsRawFd, OwnedFd},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use nix::{
    errno::Errno,
    sys::{
        epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags},
        socket::{
            AddressFamily, MsgFlags, SockFlag, SockType, SockaddrStorage, bind, connect, recv, send,
            setsockopt, socket, sockopt::IpBindAddressNoPort,
        },
    },
};

use super::{Clock, Tally};

/// Whether a connection is used for the next file; phones open a new one for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Connections {
    Kept,
    NewEachTime,
}

/// Who asks, how many at once, and how long at most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) address: SocketAddr,
    pub(crate) at_once: usize,
    pub(crate) connections: Connections,
    pub(crate) deadline: Duration,
}

/// A request ready to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) request: Vec<u8>,
}

impl Ask {
    /// What a phone sends for `name`.
    pub(crate) fn get(address: SocketAddr, name: &str) -> Self {
        Self { request: format!("GET /{name} HTTP/1.1\r\nHost:{address}\r\n\r\n").into_bytes() }
    }
}

/// An answer that is longer is taken in pieces of this size.
const PIECE: usize = 256 * 1024;
/// Addresses of loopback that new connections come from.
const SOURCES: u8 = 64;
/// No server here sends a longer head.
const HEAD_LIMIT: usize = 4096;

/// Asks until `next` has nothing more for any place; `next` is told which place (0 up to `at_once`) asks.
pub(crate) fn run<'a>(plan: &Plan, next: &mut dyn FnMut(usize) -> Option<&'a Ask>) -> Result<Tally> {
    let mut load = Load {
        plan,
        epoll: Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?,
        piece: vec![0; PIECE],
        clock: Clock::start(),
        opened: 0,
    };
    let mut places: Vec<Place<'a>> =
        (0..plan.at_once).map(|number| Place::new(number, next(number))).collect();
    let mut busy = 0;
    for place in &mut places {
        busy += usize::from(load.ask_on(place, next)?);
    }
    let mut events = vec![EpollEvent::empty(); 512];
    while busy > 0 {
        if load.clock.is_past(plan.deadline) {
            bail!("the load was not done after {:?}", plan.deadline);
        }
        let count = load.epoll.wait(&mut events, 1000u16)?;
        for event in events.iter().take(count) {
            let number = usize::try_from(event.data()).context("epoll gives back the number of the place")?;
            let Some(place) = places.get_mut(number) else { continue };
            let more = load.handle(place, next)?;
            busy -= usize::from(!more);
        }
    }
    Ok(load.clock.stop())
}

struct Load<'p> {
    plan: &'p Plan,
    epoll: Epoll,
    piece: Vec<u8>,
    clock: Clock,
    opened: u8,
}

/// One caller: at most one connection and one request under way.
struct Place<'a> {
    number: usize,
    ask: Option<&'a Ask>,
    socket: Option<OwnedFd>,
    sent: bool,
    asked: Instant,
    answer: Answer,
}

impl<'a> Place<'a> {
    fn new(number: usize, ask: Option<&'a Ask>) -> Self {
        Self { number, ask, socket: None, sent: false, asked: Instant::now(), answer: Answer::default() }
    }
}

impl Load<'_> {
    /// Sends the request that the place holds; false when it holds none.
    fn ask_on<'a>(
        &mut self,
        place: &mut Place<'a>,
        next: &mut dyn FnMut(usize) -> Option<&'a Ask>,
    ) -> Result<bool> {
        while let Some(ask) = place.ask {
            place.answer = Answer::default();
            place.asked = Instant::now();
            match self.send(place, ask) {
                Ok(()) => return Ok(true),
                Err(errno) if is_peers_fault(errno) => {
                    self.clock.failed();
                    place.socket = None;
                    place.ask = next(place.number);
                }
                Err(errno) => return Err(errno).context("the load program cannot open its sockets"),
            }
        }
        Ok(false)
    }

    fn send(&mut self, place: &mut Place<'_>, ask: &Ask) -> Result<(), Errno> {
        if let Some(socket) = &place.socket {
            send(socket.as_raw_fd(), &ask.request, MsgFlags::MSG_NOSIGNAL)?;
            place.sent = true;
            return Ok(());
        }
        let socket = open(self.plan.address, self.source())?;
        // Over loopback the handshake is mostly over by now, so the request can go at once.
        place.sent = match send(socket.as_raw_fd(), &ask.request, MsgFlags::MSG_NOSIGNAL) {
            Ok(_) => true,
            Err(Errno::EAGAIN | Errno::ENOTCONN) => false,
            Err(errno) => return Err(errno),
        };
        let mut interest = EpollFlags::EPOLLIN | EpollFlags::EPOLLET;
        if !place.sent {
            interest |= EpollFlags::EPOLLOUT;
        }
        self.epoll.add(&socket, EpollEvent::new(interest, place.number as u64))?;
        place.socket = Some(socket);
        Ok(())
    }

    /// Where the next connection comes from. A port that was used rests for a minute; phones have an address each, so
    /// the load has several too, or looking for a free port would be its main work.
    fn source(&mut self) -> Option<Ipv4Addr> {
        self.opened = self.opened.wrapping_add(1);
        let is_needed = self.plan.address.is_ipv4() && self.plan.connections == Connections::NewEachTime;
        is_needed.then(|| Ipv4Addr::new(127, 0, 0, 2 + self.opened % SOURCES))
    }

    /// Takes what has arrived; false when the place has nothing more to ask.
    fn handle<'a>(
        &mut self,
        place: &mut Place<'a>,
        next: &mut dyn FnMut(usize) -> Option<&'a Ask>,
    ) -> Result<bool> {
        let (Some(socket), Some(ask)) = (&place.socket, place.ask) else { return Ok(true) };
        if !place.sent {
            place.sent = match send(socket.as_raw_fd(), &ask.request, MsgFlags::MSG_NOSIGNAL) {
                Ok(_) => true,
                Err(Errno::EAGAIN) => return Ok(true),
                Err(_) => return self.finish(place, false, next),
            };
        }
        loop {
            let length = match recv(socket.as_raw_fd(), &mut self.piece, MsgFlags::empty()) {
                Ok(0) => return self.finish(place, false, next),
                Ok(length) => length,
                Err(Errno::EAGAIN) => return Ok(true),
                Err(Errno::EINTR) => continue,
                Err(_) => return self.finish(place, false, next),
            };
            match place.answer.take(self.piece.get(..length).unwrap_or_default()) {
                // A short read has emptied the socket: the next bytes make a new event.
                Progress::More if length < PIECE => return Ok(true),
                Progress::More => {}
                Progress::Complete => return self.finish(place, true, next),
                Progress::Wrong => return self.finish(place, false, next),
            }
        }
    }

    fn finish<'a>(
        &mut self,
        place: &mut Place<'a>,
        good: bool,
        next: &mut dyn FnMut(usize) -> Option<&'a Ask>,
    ) -> Result<bool> {
        if good {
            self.clock.done(place.asked);
        } else {
            self.clock.failed();
        }
        if !good || self.plan.connections == Connections::NewEachTime {
            place.socket = None;
        }
        place.ask = next(place.number);
        let more = self.ask_on(place, next)?;
        if !more {
            place.socket = None;
        }
        Ok(more)
    }
}

fn open(address: SocketAddr, source: Option<Ipv4Addr>) -> Result<OwnedFd, Errno> {
    let family = if address.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
    let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
    let socket = socket(family, SockType::Stream, flags, None)?;
    if let Some(source) = source {
        setsockopt(&socket, IpBindAddressNoPort, &true)?;
        bind(socket.as_raw_fd(), &SockaddrStorage::from(SocketAddr::from((source, 0))))?;
    }
    match connect(socket.as_raw_fd(), &SockaddrStorage::from(address)) {
        Ok(()) | Err(Errno::EINPROGRESS) => Ok(socket),
        Err(errno) => Err(errno),
    }
}

fn is_peers_fault(errno: Errno) -> bool {
    matches!(errno, Errno::ECONNREFUSED | Errno::ECONNRESET | Errno::EPIPE | Errno::ETIMEDOUT)
}

/// An answer on its way in.
#[derive(Debug, Default)]
struct Answer {
    head: Vec<u8>,
    body_left: Option<usize>,
}

#[derive(Debug, PartialEq, Eq)]
enum Progress {
    More,
    Complete,
    Wrong,
}

impl Answer {
    fn take(&mut self, bytes: &[u8]) -> Progress {
        if let Some(left) = self.body_left {
            return self.body(left, bytes.len());
        }
        if self.head.is_empty()
            && let Some(head) = Head::parse(bytes)
        {
            return self.begin(&head, bytes.len());
        }
        self.head.extend_from_slice(bytes);
        match Head::parse(&self.head) {
            Some(head) => self.begin(&head, self.head.len()),
            None if self.head.len() > HEAD_LIMIT => Progress::Wrong,
            None => Progress::More,
        }
    }

    fn begin(&mut self, head: &Head, arrived: usize) -> Progress {
        if !head.is_ok {
            return Progress::Wrong;
        }
        self.body(head.content_length, arrived - head.length)
    }

    fn body(&mut self, left: usize, arrived: usize) -> Progress {
        match left.checked_sub(arrived) {
            None => Progress::Wrong,
            Some(0) => Progress::Complete,
            Some(left) => {
                self.body_left = Some(left);
                Progress::More
            }
        }
    }
}

/// What the load needs of an answer's head.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) is_ok: bool,
    pub(crate) length: usize,
    pub(crate) content_length: usize,
}

impl Head {
    /// The head at the start of `bytes`, if it is whole.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        const NAME: &[u8] = b"content-length:";
        let mut content_length = 0;
        let mut length = 0;
        loop {
            let rest = bytes.get(length..)?;
            let end = rest.iter().position(|&byte| byte == b'\n')?;
            let line = rest.get(..end)?;
            length += end + 1;
            if line == b"\r" {
                let is_ok = bytes.get(8..13) == Some(b" 200 ");
                return Some(Self { is_ok, length, content_length });
            }
            if line.get(..NAME.len()).is_some_and(|name| name.eq_ignore_ascii_case(NAME)) {
                let value = std::str::from_utf8(line.get(NAME.len()..)?).ok()?;
                content_length = value.trim().parse().ok()?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_when_it_is_whole() {
        let bytes = b"HTTP/1.1 200 OK\r\nServer: x\r\nContent-length: 12\r\n\r\nhello";
        let head = Head { is_ok: true, length: bytes.len() - 5, content_length: 12 };
        assert_eq!(Head::parse(bytes), Some(head));
        assert_eq!(Head::parse(&bytes[..40]), None);
    }

    #[test]
    fn an_answer_may_come_in_pieces() {
        let mut answer = Answer::default();
        assert_eq!(answer.take(b"HTTP/1.1 200 OK\r\nConte"), Progress::More);
        assert_eq!(answer.take(b"nt-Length: 4\r\n\r\nab"), Progress::More);
        assert_eq!(answer.take(b"cd"), Progress::Complete);
    }

    #[test]
    fn a_refusal_is_no_success() {
        assert_eq!(
            Answer::default().take(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
            Progress::Wrong
        );
    }

    #[test]
    fn more_bytes_than_announced_are_wrong() {
        assert_eq!(
            Answer::default().take(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab"),
            Progress::Wrong
        );
    }
}
