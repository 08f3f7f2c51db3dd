//! A small network in virtual time between the two ends of a TFTP transfer: it loses, delays, reorders and duplicates
//! by a seed, so that every failure can be seen again.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use wire::tftp::{Action, Download, Failure, Limits, Outcome, Packet, Request, Transfer, Wanted};

/// What the network does to each datagram.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weather {
    pub(crate) seed: u64,
    /// Each way takes this long,
    pub(crate) delay: Duration,
    /// and up to this much longer: more than the distance of two datagrams reorders them.
    pub(crate) jitter: Duration,
    /// Of a hundred datagrams, so many are lost,
    pub(crate) loss: u64,
    /// and so many come twice.
    pub(crate) duplication: u64,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) content: Vec<u8>,
    pub(crate) client: Result<(), Failure>,
    pub(crate) server: Option<Outcome>,
    /// DATA packets that went out, lost or not.
    pub(crate) data_sent: u64,
    pub(crate) resent: u64,
    pub(crate) client_resent: u64,
    pub(crate) took: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Server,
    Client,
}

type Flight = Reverse<(Instant, u64, End, Vec<u8>)>;

/// Both ends, the datagrams under way, and the clock.
struct Network<'a> {
    weather: Weather,
    dice: u64,
    now: Instant,
    flights: BinaryHeap<Flight>,
    count: u64,
    file: &'a [u8],
    limits: Limits,
    client: Download,
    server: Option<Transfer<&'a [u8]>>,
    data_sent: u64,
}

pub(crate) const SERVER: &str = "192.0.2.1:69";
const PEER: &str = "192.0.2.1:40000";

/// Fetches `file` through the weather, and runs on until both ends are done.
pub(crate) fn fetch(file: &[u8], request: &Request<'_>, limits: Limits, weather: Weather) -> Report {
    let now = Instant::now();
    let wanted = Wanted {
        server: SERVER.parse().expect("an address"),
        request: *request,
        retry: Duration::from_millis(500),
        // As patient as the server: after losses in a row it sends again every 8 s only, and more may be lost.
        retries: 10_000,
        max_size: usize::MAX,
    };
    let client = Download::new(&wanted, now).expect("a name without NUL");
    let mut network = Network {
        weather,
        dice: weather.seed | 1,
        now,
        flights: BinaryHeap::new(),
        count: 0,
        file,
        limits,
        client,
        server: None,
        data_sent: 0,
    };
    let (client, server) = network.run();
    Report {
        client,
        server,
        data_sent: network.data_sent,
        resent: network.server.as_ref().map_or(0, Transfer::retransmissions),
        client_resent: network.client.retransmissions(),
        took: network.now - now,
        content: network.client.into_content(),
    }
}

impl Network<'_> {
    fn run(&mut self) -> (Result<(), Failure>, Option<Outcome>) {
        loop {
            let client = self.poll_client();
            let server = self.poll_server();
            let next = [client.as_ref().err(), server.as_ref().and_then(|end| end.as_ref().err())];
            let deadline = next.into_iter().flatten().min().copied();
            match (self.flights.peek().map(|flight| flight.0.0), deadline) {
                (Some(arrival), deadline) if deadline.is_none_or(|deadline| arrival <= deadline) => {
                    self.arrive()
                }
                (_, Some(deadline)) => {
                    self.now = deadline;
                    self.client.handle_timeout(deadline);
                    if let Some(server) = &mut self.server {
                        server.handle_timeout(deadline);
                    }
                }
                (_, None) => {
                    let client = client.unwrap_or_else(|_| panic!("no deadline: the client is done"));
                    return (client, server.map(|end| end.unwrap_or_else(|_| panic!("and the server too"))));
                }
            }
        }
    }

    /// Sends what the client has to say; its end, or what it waits for.
    fn poll_client(&mut self) -> Result<Result<(), Failure>, Instant> {
        loop {
            match self.client.poll(self.now) {
                Action::Send(message) => {
                    let mut datagram = Vec::new();
                    self.client.write(&message, &mut datagram);
                    self.depart(End::Server, datagram);
                }
                Action::Wait(deadline) => return Err(deadline),
                Action::Done(end) => return Ok(end),
            }
        }
    }

    fn poll_server(&mut self) -> Option<Result<Outcome, Instant>> {
        loop {
            let server = self.server.as_mut()?;
            match server.poll(self.now) {
                Action::Send(reply) => {
                    let mut datagram = Vec::new();
                    server.write(&reply, &mut datagram);
                    self.data_sent += u64::from(matches!(Packet::decode(&datagram), Ok(Packet::Data { .. })));
                    self.depart(End::Client, datagram);
                }
                Action::Wait(deadline) => return Some(Err(deadline)),
                Action::Done(outcome) => return Some(Ok(outcome)),
            }
        }
    }

    fn depart(&mut self, to: End, datagram: Vec<u8>) {
        if self.roll(100) < self.weather.loss {
            return;
        }
        let twice = self.roll(100) < self.weather.duplication;
        for _ in 0..=u8::from(twice) {
            let jitter = Duration::from_micros(self.roll(self.weather.jitter.as_micros() as u64 + 1));
            self.count += 1;
            let arrival = self.now + self.weather.delay + jitter;
            self.flights.push(Reverse((arrival, self.count, to, datagram.clone())));
        }
    }

    fn arrive(&mut self) {
        let Some(Reverse((arrival, _, to, datagram))) = self.flights.pop() else { return };
        self.now = arrival;
        let peer: SocketAddr = PEER.parse().expect("an address");
        match to {
            End::Client => self.client.handle(&datagram, peer, arrival),
            End::Server => {
                let packet = Packet::decode(&datagram).expect("our own packets decode");
                match (&mut self.server, packet) {
                    (Some(server), packet) => server.handle(&packet, arrival),
                    (server, Packet::Read(request)) => {
                        *server = Some(Transfer::new(self.file, &request, &self.limits, arrival));
                    }
                    (None, other) => panic!("before the request there cannot be {other:?}"),
                }
            }
        }
    }

    /// A number below `sides` (xorshift64*).
    fn roll(&mut self, sides: u64) -> u64 {
        self.dice ^= self.dice >> 12;
        self.dice ^= self.dice << 25;
        self.dice ^= self.dice >> 27;
        (self.dice.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % sides
    }
}
