//! What comes in by the listening port: whether it is a request, whether it may be, and what is sent.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use wire::tftp::{DecodeError, ErrorCode, Limits, Packet, Transfer};

use super::driver::{Driver, Role};
use super::finish::End;
use super::listening::{Arrival, Local};
use super::transfers::{Content, Key};
use super::wake::Event;
use crate::artifact::{Answer, Reason, Refusal, Transport};
use crate::config::Resolved;
use crate::listener::{Name, access};
use crate::metrics::Refused;
use crate::record::{self, Outcome};

/// A datagram at a listening port, with all that is known about its way here.
#[derive(Clone, Copy)]
struct Asking<'a> {
    place: usize,
    peer: SocketAddr,
    local: Local,
    /// The address to answer from by the listening port; `None` if it has but one.
    from: Option<IpAddr>,
    datagram: &'a [u8],
    now: Instant,
}

impl Driver {
    /// Something came in by the listening port at `place`.
    pub(super) fn arrive(&mut self, place: usize, fixed: Option<Local>, arrival: &Arrival<'_>, now: Instant) {
        // To a multicast nobody answers: every server of the network would.
        let Some(local) = fixed.or(arrival.local) else { return };
        let Some(datagram) = arrival.datagram else { return self.count(Refused::Garbage) };
        let from = if fixed.is_some() { None } else { Some(local.address) };
        let asking = Asking { place, peer: arrival.peer, local, from, datagram, now };
        match Packet::decode(datagram) {
            Ok(packet @ Packet::Read(_)) => self.read(&asking, &packet),
            Ok(Packet::Write(request)) => self.write(&asking, request.name),
            Ok(packet) => match self.locals.id(place, local) {
                Some(local) => self.deliver(place, &Key { local, peer: asking.peer }, from, &packet, now),
                None => self.count(Refused::Garbage),
            },
            Err(error) => self.garbage(&asking, error),
        }
    }

    fn read(&mut self, asking: &Asking<'_>, packet: &Packet<'_>) {
        let config = self.app.config.load_full();
        let Packet::Read(request) = packet else { return };
        if !self.allowed(asking, request.name, &config) || self.is_stopping() {
            return;
        }
        let Some(local) = self.locals.id(asking.place, asking.local) else {
            return self.count(Refused::Full);
        };
        let key = Key { local, peer: asking.peer };
        let before = self.transfers.get(&key).map(|running| running.port);
        if let Some(running) = self.transfers.get(&key) {
            if *running.request == *asking.datagram && !running.stalled() {
                let (place, from) = (running.port, running.from);
                return self.deliver(place, &key, from, packet, asking.now);
            }
            self.finish(&key, &End::Superseded, asking.now);
        }
        if !self.make_room(asking, &config) {
            return;
        }
        let (place, from) = self.way_back(asking, local, before, config.tftp.single_port);
        let number = self.transfers.begin(key, asking.datagram, place, from, asking.now);
        self.app.metrics.tftp_running.inc();
        self.ask(&key, number, config.limits.stall, asking.now);
    }

    /// Whether the peer is in the access list; if not, it is told.
    fn allowed(&mut self, asking: &Asking<'_>, name: &[u8], config: &Resolved) -> bool {
        let listener = Name::Tftp.of(&config.listen);
        let allowed = listener.is_none_or(|listener| access::allowed(&listener.allow, asking.peer.ip()));
        if !allowed {
            self.count(Refused::NotAllowed);
            tracing::debug!(peer = %asking.peer, listener = "tftp", reason = "not_allowed", "request refused");
            let why = "your address is not in the access list";
            self.refuse(asking, ErrorCode::AccessViolation, why);
            self.app.timeline.turned_away(Name::Tftp, asking.peer, Refused::NotAllowed, Some(name), &why);
        }
        allowed
    }

    /// Whether there is room for one more. When there is none the answer is silence: a phone asks again by itself
    /// after half a second, whereas an error would make it go on without the file.
    fn make_room(&mut self, asking: &Asking<'_>, config: &Resolved) -> bool {
        let limits = &config.limits;
        let address = asking.peer.ip();
        match self.transfers.room(address, limits.tftp_transfers, limits.tftp_transfers_per_address) {
            Ok(None) => true,
            Ok(Some(stalled)) => {
                self.finish(&stalled, &End::GaveWay, asking.now);
                true
            }
            Err(reason) => {
                self.count(reason);
                tracing::debug!(peer = %asking.peer, listener = "tftp", %reason, "request refused");
                false
            }
        }
    }

    /// The port by which the answer goes, other than the one `before`, and the address if the port has none.
    fn way_back(
        &mut self,
        asking: &Asking<'_>,
        local: u32,
        before: Option<usize>,
        single_port: bool,
    ) -> (usize, Option<IpAddr>) {
        let listening = (asking.place, asking.from);
        if single_port {
            return listening;
        }
        if let Some(place) = self.locals.port(local, before) {
            return (place, None);
        }
        match self.open(asking.local, local) {
            Ok(()) => self.locals.port(local, before).map_or(listening, |place| (place, None)),
            Err(error) => {
                let address = asking.local.address;
                tracing::warn!(%address, %error, "no port for TFTP transfers: they go by the listening port");
                listening
            }
        }
    }

    fn open(&mut self, address: Local, local: u32) -> std::io::Result<()> {
        let ports = self.locals.open(address)?;
        let places: Result<_, _> =
            ports.into_iter().map(|port| self.add(port, Role::Shared(local))).collect();
        self.locals.keep(local, places?);
        Ok(())
    }

    /// Asks for the file: at hand it is sent at once, otherwise it is made elsewhere and comes back as an event.
    fn ask(&mut self, key: &Key, number: u64, patience: Duration, now: Instant) {
        let Some((running, mut clock)) = self.transfers.find(key) else { return };
        self.app.artifacts.asked(running.name(), key.peer.ip(), Transport::Tftp);
        if let Some(answer) = self.app.artifacts.ready(running.name(), Transport::Tftp) {
            return self.answer(key, number, answer, now);
        }
        clock.set(key, running, now + patience);
        let (name, key) = (running.name().to_vec(), *key);
        let (artifacts, waker) = (self.app.artifacts.clone(), self.waker.clone());
        self.runtime.spawn(async move {
            let answer = artifacts.fetch(&name, key.peer.ip(), Transport::Tftp).await;
            waker.send(Event::Answer { key, number, answer });
        });
    }

    /// The file is there, or it is known that there is none.
    pub(super) fn answer(&mut self, key: &Key, number: u64, answer: Answer, now: Instant) {
        let limits = limits(&self.app.config.load());
        let Some((running, _)) = self.transfers.find(key).filter(|(running, _)| running.number == number)
        else {
            return;
        };
        match (answer, Packet::decode(&running.request)) {
            (Ok(file), Ok(Packet::Read(request))) => {
                let delivery = self.app.artifacts.delivery(&file);
                let transfer = Transfer::new(Content(file), &request, &limits, now);
                running.transfer = Some(transfer);
                running.delivery = delivery;
                self.go_on(key, now);
            }
            (Ok(_), _) => {}
            (Err(refusal), _) => {
                let (place, from) = (running.port, running.from);
                self.send_error(place, key.peer, from, code(&refusal), &refusal.reason.to_string());
                self.finish(key, &End::Refused(refusal), now);
            }
        }
    }

    fn write(&mut self, asking: &Asking<'_>, name: &[u8]) {
        let config = self.app.config.load_full();
        if !self.allowed(asking, name, &config) {
            return;
        }
        let reason = Reason::ReadOnly;
        self.refuse(asking, ErrorCode::AccessViolation, &reason.to_string());
        let refused = record::Request {
            transport: Transport::Tftp,
            peer: asking.peer,
            file: name,
            outcome: Outcome::Refused,
            reason: Some(&reason),
            bytes: 0,
            took: Duration::ZERO,
        };
        record::request(&self.app.metrics, &refused);
        self.app.timeline.file(&refused, None, None);
    }

    /// What was meant as a request is told what is wrong; to anything else silence is the only safe answer.
    fn garbage(&mut self, asking: &Asking<'_>, error: DecodeError) {
        self.count(Refused::Garbage);
        if error.in_request() {
            self.refuse(asking, ErrorCode::IllegalOperation, &error.to_string());
        }
    }

    fn refuse(&mut self, asking: &Asking<'_>, code: ErrorCode, text: &str) {
        self.send_error(asking.place, asking.peer, asking.from, code, text);
    }

    fn count(&self, reason: Refused) {
        self.app.metrics.listener(Name::Tftp).refused(reason).inc();
    }
}

/// The code for a refusal; phones look at it, people at the text.
fn code(refusal: &Refusal) -> ErrorCode {
    match refusal.reason {
        Reason::Missing(_) | Reason::Expected { .. } | Reason::NotAFile(_) | Reason::Retired(_) => {
            ErrorCode::FileNotFound
        }
        Reason::Name(_)
        | Reason::Outside(_)
        | Reason::Unreadable { .. }
        | Reason::ReadOnly
        | Reason::Private(_) => ErrorCode::AccessViolation,
        Reason::TooLarge(_)
        | Reason::Changing(_)
        | Reason::Unsigned { .. }
        | Reason::Away(_)
        | Reason::Broken(_)
        | Reason::TooMany(_)
        | Reason::NotTakenIn(..)
        | Reason::Busy => ErrorCode::NotDefined,
    }
}

/// How far clients are gone along with.
fn limits(config: &Arc<Resolved>) -> Limits {
    let stall = config.limits.stall;
    Limits {
        max_blksize: config.tftp.max_block_size,
        max_windowsize: config.tftp.max_window_size,
        // A client that wants to wait longer could never ask twice before it is given up.
        max_timeout: u8::try_from(stall.as_secs() / 3).unwrap_or(u8::MAX),
        stall,
        ..Limits::default()
    }
}
