//! Our addresses that were asked, and the ports by which transfers from each of them run.
//!
//! All transfers from one address share a few ports: what they send and receive is then gathered into a few system
//! calls, however many they are. Peers are told apart by their own port, and each phone takes a new one for each file.

use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, UdpSocket};

use socket2::{Domain, Protocol, Socket, Type};

use super::listening::Local;
use super::port::{Port, widen};

/// Ports per address. More than one, so that a late packet of the transfer before most likely meets another port.
pub(super) const SHARED: usize = 4;
/// Addresses that are answered from. A machine rarely has more; a routed prefix may have endlessly many.
const MOST: usize = 256;
/// Sockets made while we may still be root, for buffers larger than others may ask for.
const RESERVE: usize = 2 * SHARED;

/// Which listening socket, and which of our addresses.
type Asked = (usize, Local);

/// Everything that was asked so far.
#[derive(Debug, Default)]
pub(super) struct Locals {
    ids: HashMap<Asked, u32>,
    places: Vec<Place>,
    reserve: Reserve,
}

#[derive(Debug, Default)]
struct Place {
    ports: Vec<usize>,
    turn: usize,
}

/// Sockets that are not bound yet, with large buffers.
#[derive(Debug, Default)]
pub(super) struct Reserve {
    four: Vec<UdpSocket>,
    six: Vec<UdpSocket>,
}

impl Reserve {
    /// Makes some of each family that is listened on.
    pub(super) fn new(addresses: &[SocketAddr]) -> Self {
        let six = addresses.iter().any(SocketAddr::is_ipv6);
        let four = addresses.iter().any(|address| address.is_ipv4() || address.ip().is_unspecified());
        let some = |wanted: bool, domain| {
            let count = if wanted { RESERVE } else { 0 };
            (0..count).map_while(|_| unbound(domain).ok()).collect()
        };
        Self { four: some(four, Domain::IPV4), six: some(six, Domain::IPV6) }
    }

    fn take(&mut self, domain: Domain) -> io::Result<UdpSocket> {
        let reserve = if domain == Domain::IPV4 { &mut self.four } else { &mut self.six };
        reserve.pop().map_or_else(|| unbound(domain), Ok)
    }
}

fn unbound(domain: Domain) -> io::Result<UdpSocket> {
    let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    if domain == Domain::IPV6 {
        socket.set_only_v6(true)?;
    }
    let socket = UdpSocket::from(socket);
    widen(&socket);
    Ok(socket)
}

impl Locals {
    pub(super) fn new(reserve: Reserve) -> Self {
        Self { reserve, ..Self::default() }
    }

    /// The number of an address; `None` if too many were asked already.
    pub(super) fn id(&mut self, listening: usize, local: Local) -> Option<u32> {
        if let Some(id) = self.ids.get(&(listening, local)) {
            return Some(*id);
        }
        let id = self.places.len();
        (id < MOST).then(|| {
            self.places.push(Place::default());
            self.ids.insert((listening, local), id as u32);
            id as u32
        })
    }

    /// The port whose turn it is, or the one behind it rather than `before`; `None` if the address has none (yet).
    pub(super) fn port(&mut self, id: u32, before: Option<usize>) -> Option<usize> {
        let place = self.places.get_mut(id as usize)?;
        let mut turns = place.ports.iter().cycle().skip(place.turn).take(place.ports.len());
        let port = turns.find(|port| Some(**port) != before)?;
        place.turn = (place.turn + 1) % place.ports.len();
        Some(*port)
    }

    /// New ports for an address that has none.
    pub(super) fn open(&mut self, local: Local) -> io::Result<Vec<Port>> {
        (0..SHARED).map(|_| self.bound(local)).collect()
    }

    fn bound(&mut self, local: Local) -> io::Result<Port> {
        let address = local.ephemeral();
        let socket = self.reserve.take(Domain::for_address(address))?;
        socket2::SockRef::from(&socket).bind(&address.into())?;
        Port::new(socket)
    }

    /// Transfers from the address use these ports from now on.
    pub(super) fn keep(&mut self, id: u32, ports: Vec<usize>) {
        if let Some(place) = self.places.get_mut(id as usize) {
            place.ports = ports;
        }
    }
}
