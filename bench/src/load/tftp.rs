//! TFTP load: one epoll loop, a new port for every file as phones do, blocks counted and thrown away.

use std::{
    net::SocketAddr,
    os::fd::{AsRawFd, OwnedFd},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use nix::{
    errno::Errno,
    sys::{
        epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags},
        socket::{
            AddressFamily, MsgFlags, SockFlag, SockType, SockaddrStorage, bind, connect, recv, recvfrom,
            send, sendto, socket,
        },
    },
};

use super::{Clock, Tally};

/// Who asks, how many at once, with which options, and how long at most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) address: SocketAddr,
    pub(crate) at_once: usize,
    pub(crate) deadline: Duration,
}

/// A read request ready to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    request: Vec<u8>,
}

impl Ask {
    /// What a phone sends: octet mode and no options, so 512-byte blocks in lock step.
    pub(crate) fn plain(name: &str) -> Self {
        Self { request: [b"\0\x01", name.as_bytes(), b"\0octet\0"].concat() }
    }

    /// With a block size and, if more than one block may be under way, a window size.
    pub(crate) fn with_options(name: &str, block: u16, window: u16) -> Self {
        let mut ask = Self::plain(name);
        ask.request.extend_from_slice(format!("blksize\0{block}\0").as_bytes());
        if window > 1 {
            ask.request.extend_from_slice(format!("windowsize\0{window}\0").as_bytes());
        }
        ask
    }
}

/// What phones wait before they send the last packet again.
const RETRY_AFTER: Duration = Duration::from_millis(500);
const RETRIES: u32 = 8;
const DATA: u16 = 3;
const OPTION_ACK: u16 = 6;

/// Asks until `next` has nothing more for any place; `next` is told which place (0 up to `at_once`) asks.
pub(crate) fn run<'a>(plan: &Plan, next: &mut dyn FnMut(usize) -> Option<&'a Ask>) -> Result<Tally> {
    let mut load = Load {
        peer: SockaddrStorage::from(plan.address),
        plan,
        epoll: Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?,
        datagram: vec![0; 65536],
        clock: Clock::start(),
        now: Instant::now(),
    };
    let mut places: Vec<Place> = Vec::with_capacity(plan.at_once);
    let mut busy = 0;
    for number in 0..plan.at_once {
        let mut place = Place::default();
        busy += usize::from(load.ask_on(&mut place, number, next)?);
        places.push(place);
    }
    let mut events = vec![EpollEvent::empty(); 512];
    let mut looked = Instant::now();
    while busy > 0 {
        let count = load.epoll.wait(&mut events, 50u16)?;
        load.now = Instant::now();
        for event in events.iter().take(count) {
            let number = usize::try_from(event.data()).context("epoll gives back the number of the place")?;
            let Some(place) = places.get_mut(number) else { continue };
            let over = load.handle(place);
            busy -= usize::from(load.settle(place, number, over, next)?);
        }
        if load.now - looked > Duration::from_millis(50) {
            looked = load.now;
            for (number, place) in places.iter_mut().enumerate() {
                let over = load.remind(place);
                busy -= usize::from(load.settle(place, number, over, next)?);
            }
            if load.clock.is_past(plan.deadline) {
                bail!("the load was not done after {:?}", plan.deadline);
            }
        }
    }
    let tally = load.clock.stop();
    ensure!(tally.done > 0, "{} answered nothing at all", plan.address);
    Ok(tally)
}

struct Load<'p> {
    plan: &'p Plan,
    peer: SockaddrStorage,
    epoll: Epoll,
    datagram: Vec<u8>,
    clock: Clock,
    now: Instant,
}

/// One caller: at most one transfer under way.
#[derive(Default)]
struct Place {
    transfer: Option<Transfer>,
}

struct Transfer {
    socket: OwnedFd,
    /// Set once the server's own port is known and the socket connected to it.
    connected: bool,
    last_packet: Vec<u8>,
    last_sent: Instant,
    asked: Instant,
    tries: u32,
    /// Number of the last block taken in order.
    block: u16,
    block_size: usize,
    window: u16,
    unacknowledged: u16,
}

/// How a transfer ended, if it did.
type Over = Option<Result<(), ()>>;

impl Load<'_> {
    fn ask_on<'a>(
        &mut self,
        place: &mut Place,
        number: usize,
        next: &mut dyn FnMut(usize) -> Option<&'a Ask>,
    ) -> Result<bool> {
        let Some(ask) = next(number) else {
            place.transfer = None;
            return Ok(false);
        };
        let family = if self.plan.address.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
        let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
        let socket = socket(family, SockType::Datagram, flags, None)?;
        // Bound before it asks, so that the answer finds the one address the load may come from.
        let local = SocketAddr::new(self.plan.address.ip(), 0);
        bind(socket.as_raw_fd(), &SockaddrStorage::from(local))?;
        self.epoll.add(&socket, EpollEvent::new(EpollFlags::EPOLLIN | EpollFlags::EPOLLET, number as u64))?;
        sendto(socket.as_raw_fd(), &ask.request, &self.peer, MsgFlags::empty())?;
        let now = Instant::now();
        place.transfer = Some(Transfer {
            socket,
            connected: false,
            last_packet: ask.request.clone(),
            last_sent: now,
            asked: now,
            tries: 0,
            block: 0,
            block_size: 512,
            window: 1,
            unacknowledged: 0,
        });
        Ok(true)
    }

    /// Counts a transfer that is over and starts the next; true when the place has nothing more to ask.
    fn settle<'a>(
        &mut self,
        place: &mut Place,
        number: usize,
        over: Over,
        next: &mut dyn FnMut(usize) -> Option<&'a Ask>,
    ) -> Result<bool> {
        let (Some(transfer), Some(over)) = (&place.transfer, over) else { return Ok(false) };
        match over {
            Ok(()) => self.clock.done(transfer.asked),
            Err(()) => self.clock.failed(),
        }
        Ok(!self.ask_on(place, number, next)?)
    }

    /// Takes datagrams until an acknowledgement is due or none is there.
    fn handle(&mut self, place: &mut Place) -> Over {
        let transfer = place.transfer.as_mut()?;
        loop {
            let received = if transfer.connected {
                recv(transfer.socket.as_raw_fd(), &mut self.datagram, MsgFlags::empty())
            } else {
                receive_first(transfer, &mut self.datagram)
            };
            let length = match received {
                Ok(length) => length,
                Err(Errno::EAGAIN) => return None,
                Err(_) => return Some(Err(())),
            };
            match transfer.take(self.datagram.get(..length).unwrap_or_default()) {
                Step::Wait => {}
                Step::Again => self.clock.repeated(),
                Step::Acknowledge => {
                    transfer.acknowledge(self.now);
                    return None;
                }
                Step::Done => {
                    transfer.acknowledge(self.now);
                    return Some(Ok(()));
                }
                Step::Refused => return Some(Err(())),
            }
        }
    }

    /// Sends the last packet again when nothing came for too long.
    fn remind(&mut self, place: &mut Place) -> Over {
        let transfer = place.transfer.as_mut()?;
        if self.now.saturating_duration_since(transfer.last_sent) < RETRY_AFTER {
            return None;
        }
        transfer.tries += 1;
        if transfer.tries > RETRIES {
            return Some(Err(()));
        }
        transfer.last_sent = self.now;
        self.clock.repeated();
        let socket = transfer.socket.as_raw_fd();
        let sent = if transfer.connected {
            send(socket, &transfer.last_packet, MsgFlags::empty())
        } else {
            sendto(socket, &transfer.last_packet, &self.peer, MsgFlags::empty())
        };
        sent.err().map(|_| Err(()))
    }
}

/// The first answer names the server's port for this transfer; from then on nobody else is heard.
fn receive_first(transfer: &mut Transfer, datagram: &mut [u8]) -> Result<usize, Errno> {
    let socket = transfer.socket.as_raw_fd();
    let (length, from) = recvfrom::<SockaddrStorage>(socket, datagram)?;
    if let Some(from) = from {
        connect(socket, &from)?;
        transfer.connected = true;
    }
    Ok(length)
}

#[derive(Debug, PartialEq, Eq)]
enum Step {
    Wait,
    Again,
    Acknowledge,
    Done,
    Refused,
}

impl Transfer {
    fn take(&mut self, datagram: &[u8]) -> Step {
        match (number_at(datagram, 0), number_at(datagram, 2)) {
            (Some(DATA), Some(block)) if block == self.block.wrapping_add(1) => {
                self.block = block;
                self.tries = 0;
                self.unacknowledged += 1;
                if datagram.len() - 4 < self.block_size {
                    Step::Done
                } else if self.unacknowledged == self.window {
                    Step::Acknowledge
                } else {
                    Step::Wait
                }
            }
            // An old block, or one after a lost one: the window is over, the last good block says so.
            (Some(DATA), Some(block)) if block.wrapping_sub(self.block) > self.window => Step::Again,
            (Some(DATA), Some(_)) if self.unacknowledged > 0 => Step::Acknowledge,
            (Some(DATA), Some(_)) => Step::Again,
            (Some(OPTION_ACK), _) if self.block == 0 => {
                self.accept_options(datagram.get(2..).unwrap_or_default());
                Step::Acknowledge
            }
            (Some(OPTION_ACK), _) => Step::Again,
            _ => Step::Refused,
        }
    }

    fn accept_options(&mut self, options: &[u8]) {
        let mut words =
            options.split(|&byte| byte == 0).map(|word| std::str::from_utf8(word).unwrap_or_default());
        while let (Some(name), Some(value)) = (words.next(), words.next()) {
            match (name.to_ascii_lowercase().as_str(), value.parse::<u16>()) {
                ("blksize", Ok(size)) => self.block_size = usize::from(size),
                ("windowsize", Ok(size)) => self.window = size.max(1),
                _ => {}
            }
        }
    }

    fn acknowledge(&mut self, now: Instant) {
        let [high, low] = self.block.to_be_bytes();
        self.last_packet.clear();
        self.last_packet.extend_from_slice(&[0, 4, high, low]);
        self.unacknowledged = 0;
        self.last_sent = now;
        // A lost acknowledgement is sent again after a while, like any other.
        let _ = send(self.socket.as_raw_fd(), &self.last_packet, MsgFlags::empty());
    }
}

fn number_at(datagram: &[u8], offset: usize) -> Option<u16> {
    datagram.get(offset..offset + 2)?.try_into().ok().map(u16::from_be_bytes)
}
