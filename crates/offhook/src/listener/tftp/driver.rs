//! The thread that owns all TFTP sockets and transfers: waits, hands datagrams to their transfers, sends what they
//! answer, looks after those that are silent.

use std::cmp::Reverse;
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use tokio::runtime::Handle;
use wire::tftp::{Action, ErrorCode, Outcome, Packet};

use super::eager::{Eager, MOMENT};
use super::finish::End;
use super::inbox::Inbox;
use super::listening::{Local, Receiver};
use super::locals::{Locals, Reserve};
use super::port::Port;
use super::transfers::{Clock, Key, Running, Transfers};
use super::wake::{Event, Events, Waker};
use crate::listener::App;

/// Requests taken before the running transfers have their turn again.
const REQUESTS: usize = 64;
/// Batches of datagrams taken before the next port has its turn.
const BATCHES: usize = 16;

/// Everything the thread owns.
pub(super) struct Driver {
    pub(super) app: App,
    /// Where files that are not at hand are made.
    pub(super) runtime: Handle,
    pub(super) waker: Waker,
    pub(super) doors: Vec<Door>,
    pub(super) locals: Locals,
    pub(super) transfers: Transfers,
    /// How many of the doors listen; they are the first.
    listening: u64,
    events: Events,
    epoll: Epoll,
    eager: Eager,
    stopping: Option<Instant>,
}

/// A port and what it is for.
pub(super) struct Door {
    pub(super) port: Port,
    pub(super) role: Role,
}

/// What a port is for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Role {
    /// Requests come here. Bound to one address, or to all of them.
    Listening(Option<Local>),
    /// Transfers from one of our addresses run here.
    Shared(u32),
}

/// What the kernel says when it means a moment, or one peer, and not the socket.
const PASSING: [Errno; 8] = [
    Errno::ENOBUFS,
    Errno::ENOMEM,
    Errno::ENETDOWN,
    Errno::ENETUNREACH,
    Errno::EHOSTDOWN,
    Errno::EHOSTUNREACH,
    Errno::ECONNREFUSED,
    Errno::EPROTO,
];
/// The bell's place among the sources of wake-ups; ports come behind it.
const BELL: u64 = 0;

impl Driver {
    pub(super) fn new(
        sockets: Vec<UdpSocket>,
        reserve: Reserve,
        app: App,
        (waker, events): (Waker, Events),
    ) -> io::Result<Self> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        epoll.add(&events, EpollEvent::new(EpollFlags::EPOLLIN, BELL))?;
        let mut driver = Self {
            app,
            runtime: Handle::current(),
            waker,
            doors: Vec::new(),
            locals: Locals::new(reserve),
            transfers: Transfers::default(),
            listening: sockets.len() as u64,
            events,
            epoll,
            eager: Eager::new(),
            stopping: None,
        };
        for socket in sockets {
            let address = socket.local_addr()?;
            let role = Role::Listening(Local::of(address));
            driver.add(Port::new(socket)?, role)?;
        }
        Ok(driver)
    }

    /// Puts a port to work, and says which place it has.
    pub(super) fn add(&mut self, port: Port, role: Role) -> io::Result<usize> {
        let place = self.doors.len();
        self.epoll.add(port.socket(), EpollEvent::new(EpollFlags::EPOLLIN, place as u64 + 1))?;
        self.doors.push(Door { port, role });
        Ok(place)
    }

    /// Serves until it is told to stop.
    pub(super) fn run(mut self) -> io::Result<()> {
        let mut ready = [EpollEvent::empty(); 64];
        let (mut receiver, mut inbox) = (Receiver::new(), Inbox::new());
        loop {
            let count = self.wait(&mut ready)?;
            let now = Instant::now();
            // What was added last comes first: the shared ports before the listening ones, so that the last ACK of a
            // transfer is heard before the next request from the same port.
            let ready = ready.get_mut(..count).unwrap_or_default();
            ready.sort_unstable_by_key(|event| Reverse(event.data()));
            let asked = ready.iter().any(|event| (1..=self.listening).contains(&event.data()));
            for event in ready {
                let place = match event.data() {
                    BELL => {
                        self.hear(now);
                        continue;
                    }
                    source => source as usize - 1,
                };
                match self.doors.get(place).map(|door| door.role) {
                    Some(Role::Listening(fixed)) => self.take_requests(place, fixed, &mut receiver, now)?,
                    Some(Role::Shared(local)) => self.take_datagrams(place, local, asked, &mut inbox, now)?,
                    None => {}
                }
            }
            while let Some(key) = self.transfers.due(now) {
                self.expire(&key, now);
            }
            let over = self.is_over(now);
            self.doors.iter_mut().for_each(|door| door.port.flush());
            if over {
                return Ok(());
            }
        }
    }

    /// Waits until something happens, and says how many ports it happened at.
    fn wait(&mut self, ready: &mut [EpollEvent]) -> io::Result<usize> {
        if self.eager.worth_it(self.transfers.len()) {
            let until = Instant::now() + MOMENT;
            while Instant::now() < until {
                let count = self.epoll.wait(ready, EpollTimeout::ZERO)?;
                if count > 0 {
                    self.eager.found();
                    return Ok(count);
                }
            }
            self.eager.in_vain();
        }
        match self.epoll.wait(ready, self.timeout()) {
            Err(Errno::EINTR) => Ok(0),
            count => Ok(count?),
        }
    }

    /// How long nothing will happen by itself; idle means forever.
    fn timeout(&self) -> EpollTimeout {
        let next = [self.transfers.next_deadline(), self.stopping].into_iter().flatten().min();
        let Some(next) = next else { return EpollTimeout::NONE };
        // Rounded up: a millisecond too early would be a wake-up for nothing.
        let wait = next.saturating_duration_since(Instant::now()) + Duration::from_micros(999);
        EpollTimeout::try_from(wait).unwrap_or(EpollTimeout::MAX)
    }

    fn take_requests(
        &mut self,
        place: usize,
        fixed: Option<Local>,
        receiver: &mut Receiver,
        now: Instant,
    ) -> io::Result<()> {
        for _ in 0..REQUESTS {
            let Some(door) = self.doors.get(place) else { break };
            match receiver.receive(door.port.socket()) {
                Ok(Some(arrival)) => self.arrive(place, fixed, &arrival, now),
                Ok(None) => break,
                Err(error) => return outlast(error),
            }
        }
        Ok(())
    }

    /// Takes one batch; all there is, if `asked` says that requests wait that may be about the same transfers.
    fn take_datagrams(
        &mut self,
        place: usize,
        local: u32,
        asked: bool,
        inbox: &mut Inbox,
        now: Instant,
    ) -> io::Result<()> {
        for _ in 0..BATCHES {
            let Some(door) = self.doors.get(place) else { break };
            let more = match inbox.receive(&door.port) {
                Ok(more) => more,
                Err(error) => return outlast(error),
            };
            for (peer, datagram) in inbox.datagrams() {
                // What is no packet is dropped: an answer to it could be an answer to an answer.
                if let Ok(packet) = Packet::decode(datagram) {
                    self.deliver(place, &Key { local, peer }, None, &packet, now);
                }
            }
            if !(more && asked) {
                break;
            }
        }
        Ok(())
    }

    /// Hands a packet to the transfer it belongs to; a stranger is told that there is none.
    pub(super) fn deliver(
        &mut self,
        place: usize,
        key: &Key,
        from: Option<IpAddr>,
        packet: &Packet<'_>,
        now: Instant,
    ) {
        let Some((running, clock)) = self.transfers.find(key) else {
            return self.turn_away(place, key.peer, from, packet);
        };
        if running.port != place {
            // A late packet of the transfer before, from a port that asks for one file after the other. An error
            // would hit the new transfer.
            return;
        }
        let Some(transfer) = &mut running.transfer else { return };
        transfer.handle(packet, now);
        if let Some(outcome) = pump(key, running, clock, &mut self.doors, now) {
            self.finish(key, &End::Transfer(outcome), now);
        }
    }

    /// Sends what a transfer has to say, and finishes it if that was all.
    pub(super) fn go_on(&mut self, key: &Key, now: Instant) {
        let Some((running, clock)) = self.transfers.find(key) else { return };
        if let Some(outcome) = pump(key, running, clock, &mut self.doors, now) {
            self.finish(key, &End::Transfer(outcome), now);
        }
    }

    fn expire(&mut self, key: &Key, now: Instant) {
        let Some((running, _)) = self.transfers.find(key) else { return };
        match &mut running.transfer {
            Some(transfer) => {
                transfer.handle_timeout(now);
                self.go_on(key, now);
            }
            // A disk that does not answer must not use up the places of other files.
            None => self.finish(key, &End::NotInTime, now),
        }
    }

    fn turn_away(&mut self, place: usize, to: SocketAddr, from: Option<IpAddr>, packet: &Packet<'_>) {
        // An ERROR is never answered, or two ends could go on forever.
        if !matches!(packet, Packet::Error { .. }) {
            self.send_error(place, to, from, ErrorCode::UnknownTransfer, "there is no such transfer");
        }
    }

    pub(super) fn send_error(
        &mut self,
        place: usize,
        to: SocketAddr,
        from: Option<IpAddr>,
        code: ErrorCode,
        text: &str,
    ) {
        let Some(door) = self.doors.get_mut(place) else { return };
        // A text with a NUL would be ours to mend; the code says most of it.
        let message = if text.contains('\0') { &[] } else { text.as_bytes() };
        door.port.push(to, from, |out| {
            Packet::Error { code, message }.encode(out).expect("the message holds no NUL");
        });
    }

    fn hear(&mut self, now: Instant) {
        let events: Vec<Event> = self.events.drain().collect();
        for event in events {
            match event {
                Event::Answer { key, number, answer } => self.answer(&key, number, answer, now),
                Event::Stop => {
                    let patience = self.app.config.load().limits.shutdown;
                    self.stopping.get_or_insert(now + patience);
                }
                Event::Abandon => self.stopping = Some(now),
            }
        }
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.is_some()
    }

    /// Whether everything is over; whoever is still there when the time is up is told so.
    fn is_over(&mut self, now: Instant) -> bool {
        let Some(end) = self.stopping else { return false };
        if now >= end {
            for key in self.transfers.keys() {
                self.finish(&key, &End::Stopping, now);
            }
        }
        self.transfers.is_empty()
    }
}

/// Sends what `running` has to say; its outcome once it is over.
fn pump(
    key: &Key,
    running: &mut Running,
    mut clock: Clock<'_>,
    doors: &mut [Door],
    now: Instant,
) -> Option<Outcome> {
    let transfer = running.transfer.as_mut()?;
    let port = &mut doors.get_mut(running.port)?.port;
    loop {
        match transfer.poll(now) {
            Action::Send(reply) => port.push(key.peer, running.from, |out| transfer.write(&reply, out)),
            Action::Wait(deadline) => {
                clock.set(key, running, deadline);
                return None;
            }
            Action::Done(outcome) => return Some(outcome),
        }
    }
}

fn outlast(error: io::Error) -> io::Result<()> {
    let passing = error.raw_os_error().map(Errno::from_raw).is_some_and(|errno| PASSING.contains(&errno));
    if passing { Ok(()) } else { Err(error) }
}
