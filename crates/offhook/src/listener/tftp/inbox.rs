//! Receiving many datagrams in one system call.

use std::io::{self, IoSliceMut};
use std::net::{SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::AsRawFd;

use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrIn, SockaddrIn6, SockaddrLike, recvmmsg};

use super::listening::canonical;
use super::port::Port;

/// Datagrams taken at once.
const BATCH: usize = 64;
/// As long as they come one by one.
const FEW: usize = 2;
/// Clients send four bytes, or an error with its text.
const LONGEST: usize = 576;

/// A batch of datagrams and whom they came from.
#[derive(Debug)]
pub(super) struct Inbox {
    buffer: Vec<u8>,
    /// One set of headers for each family: the kernel leaves the length of the last address in them.
    four: MultiHeaders<SockaddrIn>,
    six: MultiHeaders<SockaddrIn6>,
    arrived: Vec<(SocketAddr, usize)>,
    /// How many to ask for. A lone client's ACK should not cost the touch of a hundred headers that the cache has long
    /// forgotten.
    batch: usize,
}

impl Inbox {
    pub(super) fn new() -> Self {
        Self {
            buffer: vec![0; BATCH * LONGEST],
            four: MultiHeaders::preallocate(BATCH, None),
            six: MultiHeaders::preallocate(BATCH, None),
            arrived: Vec::with_capacity(BATCH),
            batch: FEW,
        }
    }

    /// Takes what is there, up to a batch, and says whether there may be more.
    pub(super) fn receive(&mut self, port: &Port) -> io::Result<bool> {
        self.arrived.clear();
        let (batch, buffer, arrived) = (self.batch, &mut self.buffer, &mut self.arrived);
        let received = if port.is_six() {
            receive(port, &mut self.six, buffer, batch, |from: SockaddrIn6, len| {
                arrived.push((canonical(SocketAddrV6::from(from).into()), len));
            })
        } else {
            receive(port, &mut self.four, buffer, batch, |from: SockaddrIn, len| {
                arrived.push((SocketAddrV4::from(from).into(), len));
            })
        };
        self.batch = if arrived.len() > 1 { BATCH } else { FEW };
        match received {
            Ok(()) | Err(Errno::EAGAIN | Errno::EINTR) => Ok(self.arrived.len() == batch),
            Err(error) => Err(error.into()),
        }
    }

    /// The datagrams of the last batch.
    pub(super) fn datagrams(&self) -> impl Iterator<Item = (SocketAddr, &[u8])> {
        let datagrams = self.buffer.chunks_exact(LONGEST);
        self.arrived
            .iter()
            .zip(datagrams)
            .map(|((peer, len), datagram)| (*peer, datagram.get(..*len).unwrap_or(datagram)))
    }
}

fn receive<S: SockaddrLike + Copy>(
    port: &Port,
    headers: &mut MultiHeaders<S>,
    buffer: &mut [u8],
    batch: usize,
    mut each: impl FnMut(S, usize),
) -> nix::Result<()> {
    let mut chunks = buffer.chunks_exact_mut(LONGEST);
    let mut slices: [[IoSliceMut<'_>; 1]; BATCH] =
        std::array::from_fn(|_| [IoSliceMut::new(chunks.next().expect("the buffer holds a whole batch"))]);
    let socket = port.socket().as_raw_fd();
    for message in recvmmsg(socket, headers, slices.iter_mut().take(batch), MsgFlags::MSG_DONTWAIT, None)? {
        if let Some(from) = message.address {
            each(from, message.bytes);
        }
    }
    Ok(())
}
