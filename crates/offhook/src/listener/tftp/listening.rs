//! The listening sockets: each request comes with the address of ours that was asked.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV6, UdpSocket};
use std::os::fd::AsRawFd;

use nix::cmsg_space;
use nix::errno::Errno;
use nix::libc;
use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, RecvMsg, SockaddrLike, SockaddrStorage, recvmsg, setsockopt, sockopt,
};
use socket2::{Domain, SockRef};

/// One of our own addresses; a link-local one means something only together with its interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Local {
    pub(super) address: IpAddr,
    pub(super) interface: u32,
}

/// A datagram that came in by a listening socket.
#[derive(Debug)]
pub(super) struct Arrival<'a> {
    /// Who sent it: an IPv4 peer has an IPv4 address, whatever the socket.
    pub(super) peer: SocketAddr,
    /// Which of our addresses it was sent to; none for a multicast, which nobody answers.
    pub(super) local: Option<Local>,
    /// What it says; `None` if it is longer than any request.
    pub(super) datagram: Option<&'a [u8]>,
}

/// Receives, and finds out who was asked.
#[derive(Debug)]
pub(super) struct Receiver {
    buffer: Vec<u8>,
    control: Vec<u8>,
}

impl Local {
    /// The one address a socket is bound to, if it is one.
    pub(super) fn of(bound: SocketAddr) -> Option<Self> {
        let interface = match bound {
            SocketAddr::V4(_) => 0,
            SocketAddr::V6(six) => six.scope_id(),
        };
        (!bound.ip().is_unspecified()).then(|| Self { address: bound.ip().to_canonical(), interface })
    }

    /// The address to bind so that answers leave from here; port 0 lets the system choose.
    pub(super) fn ephemeral(self) -> SocketAddr {
        match self.address {
            IpAddr::V4(_) => SocketAddr::new(self.address, 0),
            IpAddr::V6(address) => SocketAddrV6::new(address, 0, 0, self.interface).into(),
        }
    }
}

/// Makes `socket` say for each datagram which address it was sent to.
pub(super) fn prepare(socket: &UdpSocket) -> io::Result<()> {
    if SockRef::from(socket).domain()? == Domain::IPV6 {
        setsockopt(socket, sockopt::Ipv6RecvPacketInfo, &true)?;
        // For the IPv4 half of a dual-stack socket: unlike its IPv6 twin this also knows what to answer a broadcast
        // from. A socket for IPv6 only may refuse it.
        let _ = setsockopt(socket, sockopt::Ipv4PacketInfo, &true);
    } else {
        setsockopt(socket, sockopt::Ipv4PacketInfo, &true)?;
    }
    Ok(())
}

impl Receiver {
    pub(super) fn new() -> Self {
        /// RFC 2347 allows 512; four times that hurts nobody, and what is longer is no request.
        const LONGEST: usize = 2048;
        Self { buffer: vec![0; LONGEST], control: cmsg_space!(libc::in_pktinfo, libc::in6_pktinfo) }
    }

    /// The next datagram, or `None` when there is none.
    pub(super) fn receive(&mut self, socket: &UdpSocket) -> io::Result<Option<Arrival<'_>>> {
        let mut slices = [IoSliceMut::new(&mut self.buffer)];
        let received = recvmsg::<SockaddrStorage>(
            socket.as_raw_fd(),
            &mut slices,
            Some(&mut self.control),
            MsgFlags::MSG_DONTWAIT,
        );
        let message = match received {
            Ok(message) => message,
            Err(Errno::EAGAIN | Errno::EINTR) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let Some(peer) = message.address.as_ref().and_then(peer) else { return Ok(None) };
        let (local, whole) = (asked(&message), !message.flags.contains(MsgFlags::MSG_TRUNC));
        let len = message.bytes;
        let datagram = if whole { self.buffer.get(..len) } else { None };
        Ok(Some(Arrival { peer, local, datagram }))
    }
}

fn peer(address: &SockaddrStorage) -> Option<SocketAddr> {
    if let Some(four) = address.as_sockaddr_in() {
        return Some(SocketAddr::V4((*four).into()));
    }
    let six = SocketAddrV6::from(*address.as_sockaddr_in6()?);
    Some(canonical(six.into()))
}

/// An IPv4 peer of a dual-stack socket becomes what it is.
pub(super) fn canonical(peer: SocketAddr) -> SocketAddr {
    match peer.ip().to_canonical() {
        IpAddr::V4(four) => SocketAddr::new(four.into(), peer.port()),
        IpAddr::V6(_) => peer,
    }
}

fn asked<S: SockaddrLike>(message: &RecvMsg<'_, '_, S>) -> Option<Local> {
    let mut six = None;
    for control in message.cmsgs().ok()? {
        match control {
            // The address to answer from: for a broadcast not the one in the datagram.
            ControlMessageOwned::Ipv4PacketInfo(info) => {
                let address = Ipv4Addr::from(info.ipi_spec_dst.s_addr.to_ne_bytes());
                return Some(Local { address: address.into(), interface: 0 });
            }
            ControlMessageOwned::Ipv6PacketInfo(info) => six = Some(info),
            _ => {}
        }
    }
    let info = six?;
    let address = std::net::Ipv6Addr::from(info.ipi6_addr.s6_addr);
    let interface = if address.is_unicast_link_local() { info.ipi6_ifindex } else { 0 };
    let local = Local { address: IpAddr::V6(address).to_canonical(), interface };
    (!address.is_multicast()).then_some(local)
}
