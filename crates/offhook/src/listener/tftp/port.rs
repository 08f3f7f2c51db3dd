//! A UDP port of ours, and the datagrams that wait to leave by it.
//!
//! What is to be sent is gathered and leaves in as few system calls as possible: datagrams to many peers in one
//! `sendmmsg`, a window of blocks to one peer as one buffer that the kernel cuts (`UDP_SEGMENT`).

use std::io::{self, IoSlice};
use std::net::{IpAddr, SocketAddr, SocketAddrV6, UdpSocket};
use std::ops::Range;
use std::os::fd::{AsFd, AsRawFd};

use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{ControlMessage, MsgFlags, SockaddrStorage, sendmsg, sendto, setsockopt, sockopt};
use rustix::net::{MMsgHdr, SendAncillaryBuffer, SendFlags, SocketAddrAny, sendmmsg};
use socket2::SockRef;

/// CS3: what the vendor's own server marks its answers with.
const TOS: u32 = 96;
/// What is asked of the kernel for either direction. A thousand phones that ask in the same instant take 768 bytes of
/// the receive buffer each; the same goes for first blocks that wait for ARP.
const BUFFER: usize = 8 << 20;
/// Fewer bytes than this, and a crowd of phones may have to ask twice.
const ENOUGH: usize = 1 << 20;
/// Datagrams in one `sendmmsg`.
const BATCH: usize = 64;
/// What gathers before it is sent at the latest, in bytes.
const GATHERED: usize = 256 << 10;
/// The kernel cuts a buffer into at most so many datagrams,
const SEGMENTS: usize = 64;
/// of at most so many bytes together,
const SEGMENTED: usize = 65_000;
/// each of which must fit the path without fragments.
const SEGMENT: usize = 1452;
/// How long a full send buffer is waited for before datagrams are dropped, in milliseconds. A buffer drains at the
/// speed of the wire; what is dropped is sent again when its time comes.
const FULL: u16 = 20;

/// One socket and its outbox.
#[derive(Debug)]
pub(super) struct Port {
    socket: UdpSocket,
    six: bool,
    bytes: Vec<u8>,
    runs: Vec<Run>,
    /// Whether this kernel and these devices cut buffers.
    segments: bool,
}

/// Datagrams of one length to one peer, the last of which may be shorter.
#[derive(Debug)]
struct Run {
    to: SocketAddr,
    from: Option<IpAddr>,
    bytes: Range<usize>,
    segment: usize,
}

impl Port {
    /// Takes over a socket that does not block, and prepares it.
    pub(super) fn new(socket: UdpSocket) -> io::Result<Self> {
        let six = SockRef::from(&socket).domain()? == socket2::Domain::IPV6;
        mark(&socket, six);
        Ok(Self { socket, six, bytes: Vec::new(), runs: Vec::new(), segments: true })
    }

    pub(super) fn socket(&self) -> &UdpSocket {
        &self.socket
    }

    pub(super) fn is_six(&self) -> bool {
        self.six
    }

    /// Gathers a datagram that `write` appends to a buffer. `from` names our address where the socket has none.
    pub(super) fn push(&mut self, to: SocketAddr, from: Option<IpAddr>, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.bytes.len();
        write(&mut self.bytes);
        let end = self.bytes.len();
        if let Some(run) =
            self.runs.last_mut().filter(|run| self.segments && run.takes(to, from, end - start))
        {
            run.bytes.end = end;
        } else {
            self.runs.push(Run { to, from, bytes: start..end, segment: end - start });
        }
        if end >= GATHERED {
            self.flush();
        }
    }

    /// Sends everything that was gathered.
    pub(super) fn flush(&mut self) {
        let runs = std::mem::take(&mut self.runs);
        let mut rest = runs.as_slice();
        while let Some(run) = rest.first() {
            let simple = rest.iter().take(BATCH).take_while(|run| run.is_simple()).count();
            let (now, later) = rest.split_at(simple.max(1));
            rest = later;
            if simple > 1 {
                self.send_many(now);
            } else {
                self.send_run(run);
            }
        }
        self.bytes.clear();
        self.bytes.shrink_to(GATHERED);
        self.runs = runs;
        self.runs.clear();
    }

    fn send_many(&self, mut runs: &[Run]) {
        while !runs.is_empty() {
            let peers: Vec<SocketAddrAny> = runs.iter().map(|run| self.peer(run.to).into()).collect();
            let slices: Vec<[IoSlice<'_>; 1]> = runs.iter().map(|run| [self.slice(&run.bytes)]).collect();
            let mut controls: Vec<SendAncillaryBuffer<'_, '_, '_>> =
                runs.iter().map(|_| SendAncillaryBuffer::default()).collect();
            let mut messages: Vec<MMsgHdr<'_>> = peers
                .iter()
                .zip(&slices)
                .zip(&mut controls)
                .map(|((peer, slice), control)| MMsgHdr::new_with_addr(peer, slice, control))
                .collect();
            let sent = match sendmmsg(&self.socket, &mut messages, SendFlags::DONTWAIT) {
                Ok(sent) => sent,
                Err(rustix::io::Errno::AGAIN) if self.drained() => 0,
                Err(rustix::io::Errno::AGAIN) => return,
                // It concerns the first: a route that is gone, a firewall.
                Err(error) => {
                    runs.first().iter().for_each(|run| log_unsent(error, run.to));
                    1
                }
            };
            runs = runs.get(sent..).unwrap_or_default();
        }
    }

    fn send_run(&mut self, run: &Run) {
        if run.is_single() {
            return self.send_logged(run, run.bytes.clone());
        }
        match self.send_one(run, run.bytes.clone(), true) {
            Ok(()) => return,
            // The path takes only shorter datagrams, which IP has to cut.
            Err(Errno::EINVAL | Errno::EMSGSIZE) => {}
            Err(Errno::EIO | Errno::ENOPROTOOPT | Errno::EOPNOTSUPP) => self.segments = false,
            Err(error) => return log_unsent(error, run.to),
        }
        for start in run.bytes.clone().step_by(run.segment) {
            self.send_logged(run, start..run.bytes.end.min(start + run.segment));
        }
    }

    fn send_logged(&self, run: &Run, bytes: Range<usize>) {
        if let Err(error) = self.send_one(run, bytes, false) {
            log_unsent(error, run.to);
        }
    }

    fn send_one(&self, run: &Run, bytes: Range<usize>, cut: bool) -> nix::Result<()> {
        let to = SockaddrStorage::from(self.peer(run.to));
        if run.from.is_none() && !cut {
            let bytes = self.bytes.get(bytes).unwrap_or_default();
            return self.patiently(|| sendto(self.socket.as_raw_fd(), bytes, &to, MsgFlags::MSG_DONTWAIT));
        }
        let source = run.from.map(source);
        let segment = run.segment as u16;
        let mut control = Vec::with_capacity(2);
        control.extend(source.as_ref().map(|source| match source {
            Source::Four(info) => ControlMessage::Ipv4PacketInfo(info),
            Source::Six(info) => ControlMessage::Ipv6PacketInfo(info),
        }));
        if cut {
            control.push(ControlMessage::UdpGsoSegments(&segment));
        }
        let slices = [self.slice(&bytes)];
        self.patiently(|| {
            sendmsg(self.socket.as_raw_fd(), &slices, &control, MsgFlags::MSG_DONTWAIT, Some(&to))
        })
    }

    /// Tries again once when there was no room.
    fn patiently(&self, send: impl Fn() -> nix::Result<usize>) -> nix::Result<()> {
        match send() {
            Err(Errno::EAGAIN) if self.drained() => send().map(drop),
            other => other.map(drop),
        }
    }

    fn slice(&self, range: &Range<usize>) -> IoSlice<'_> {
        IoSlice::new(self.bytes.get(range.clone()).unwrap_or_default())
    }

    /// The peer as this socket's family writes it.
    fn peer(&self, peer: SocketAddr) -> SocketAddr {
        match peer {
            SocketAddr::V4(four) if self.six => {
                SocketAddr::V6(SocketAddrV6::new(four.ip().to_ipv6_mapped(), four.port(), 0, 0))
            }
            peer => peer,
        }
    }

    /// Waits for room in the send buffer, and says whether there is some.
    fn drained(&self) -> bool {
        let mut sockets = [PollFd::new(self.socket.as_fd(), PollFlags::POLLOUT)];
        poll(&mut sockets, PollTimeout::from(FULL)).is_ok_and(|ready| ready > 0)
    }
}

impl Run {
    fn is_single(&self) -> bool {
        self.bytes.len() <= self.segment
    }

    fn is_simple(&self) -> bool {
        self.is_single() && self.from.is_none()
    }

    /// Whether a datagram of `len` bytes may join.
    fn takes(&self, to: SocketAddr, from: Option<IpAddr>, len: usize) -> bool {
        self.to == to
            && self.from == from
            && (1..=SEGMENT).contains(&self.segment)
            && (1..=self.segment).contains(&len)
            && self.bytes.len().is_multiple_of(self.segment)
            && self.bytes.len() / self.segment < SEGMENTS
            && self.bytes.len() + len <= SEGMENTED
    }
}

/// It is as if the network had lost it.
fn log_unsent(error: impl std::fmt::Display, peer: SocketAddr) {
    tracing::debug!(%error, %peer, "a TFTP datagram was not sent");
}

enum Source {
    Four(libc::in_pktinfo),
    Six(libc::in6_pktinfo),
}

/// Our own address, in the form in which the kernel is told it.
fn source(address: IpAddr) -> Source {
    match address {
        IpAddr::V4(address) => Source::Four(libc::in_pktinfo {
            ipi_ifindex: 0,
            ipi_spec_dst: libc::in_addr { s_addr: u32::from_ne_bytes(address.octets()) },
            ipi_addr: libc::in_addr { s_addr: 0 },
        }),
        IpAddr::V6(address) => Source::Six(libc::in6_pktinfo {
            ipi6_addr: libc::in6_addr { s6_addr: address.octets() },
            ipi6_ifindex: 0,
        }),
    }
}

/// Asks for large buffers, with privilege if there is some; the bytes that the receive buffer got.
pub(super) fn widen(socket: &UdpSocket) -> usize {
    let reference = SockRef::from(socket);
    if setsockopt(socket, sockopt::RcvBufForce, &BUFFER).is_err() {
        let _ = reference.set_recv_buffer_size(BUFFER);
    }
    if setsockopt(socket, sockopt::SndBufForce, &BUFFER).is_err() {
        let _ = reference.set_send_buffer_size(BUFFER);
    }
    // The kernel says twice what it gives, to account for its own administration.
    reference.recv_buffer_size().unwrap_or_default() / 2
}

/// Warns, once for the listener, when the kernel gave less than a crowd of phones needs.
pub(super) fn warn_if_narrow(bytes: usize) {
    if bytes < ENOUGH {
        tracing::warn!(
            bytes,
            "the kernel limits the TFTP receive buffer: when very many phones boot at once, some will have to ask \
             twice; raise it with `sysctl net.core.rmem_max={BUFFER}` or start as root"
        );
    }
}

/// Marks what leaves; not worth failing over.
fn mark(socket: &UdpSocket, six: bool) {
    let reference = SockRef::from(socket);
    let marked = if six { reference.set_tclass_v6(TOS) } else { Ok(()) };
    // A dual-stack socket also sends IPv4; one that is IPv6 only refuses this and does not need it.
    let four = reference.set_tos_v4(TOS);
    if let Err(error) = if six { marked } else { four } {
        tracing::debug!(%error, "TFTP datagrams go out unmarked");
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn received(socket: &UdpSocket, count: usize) -> Vec<Vec<u8>> {
        let mut buffer = vec![0; 70_000];
        (0..count)
            .map(|_| {
                let len = socket.recv(&mut buffer).unwrap();
                buffer[..len].to_vec()
            })
            .collect()
    }

    /// Blocks of windows, short ones, long ones, to one peer and to two: each arrives as it was, in its order.
    #[test]
    fn datagrams_leave_as_they_were_pushed_however_they_travel() {
        let lengths = [516, 516, 516, 200, 516, 516, 4, 0, 4, 1432, 1432, 1432, 9000, 9000, 20_000, 1432];
        let expected: Vec<Vec<u8>> =
            (0..).zip(lengths).map(|(number, length)| vec![number; length]).collect();
        for segments in [true, false] {
            let peers = [(); 2].map(|()| UdpSocket::bind("127.0.0.1:0").unwrap());
            peers
                .iter()
                .for_each(|peer| peer.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap());
            let mut port = Port::new(UdpSocket::bind("127.0.0.1:0").unwrap()).unwrap();
            port.segments = segments;
            for datagram in &expected {
                for peer in &peers {
                    port.push(peer.local_addr().unwrap(), None, |out| out.extend_from_slice(datagram));
                }
            }
            for datagram in &expected {
                port.push(peers[0].local_addr().unwrap(), None, |out| out.extend_from_slice(datagram));
            }
            port.flush();
            assert_eq!(received(&peers[1], expected.len()), expected);
            assert_eq!(
                received(&peers[0], 2 * expected.len()),
                [expected.clone(), expected.clone()].concat()
            );
            assert_eq!(port.segments, segments, "loopback cuts buffers");
        }
    }

    #[test]
    fn a_run_takes_datagrams_of_its_length_and_one_shorter() {
        let to = "192.0.2.1:1".parse().unwrap();
        let run = |bytes, segment| Run { to, from: None, bytes: 0..bytes, segment };
        assert!(run(516, 516).takes(to, None, 516));
        assert!(run(516, 516).takes(to, None, 4));
        assert!(!run(516, 516).takes(to, None, 517));
        assert!(!run(516, 516).takes(to, None, 0));
        assert!(!run(520, 516).takes(to, None, 516), "the shorter one was the last");
        assert!(!run(64 * 516, 516).takes(to, None, 516));
        assert!(!run(1453, 1453).takes(to, None, 4));
        assert!(!run(516, 516).takes("192.0.2.1:2".parse().unwrap(), None, 516));
        assert!(!run(516, 516).takes(to, Some(to.ip()), 516));
    }
}
