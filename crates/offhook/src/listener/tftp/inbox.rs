//! Receiving many datagrams in one system call.

use std::io::{self, ErrorKind, IoSliceMut};
use std::net::{SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::AsRawFd;

use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrIn, SockaddrIn6, SockaddrLike, recvmmsg};

use super::listening::canonical;
use super::port::Port;

/// Datagrams taken at once.
const BATCH: usize = 64;
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
    /// How many to ask for: as many as came last, and as many again. One client's ACK then costs one plain call, and
    /// touches no headers that the cache has long forgotten.
    batch: usize,
}

impl Inbox {
    pub(super) fn new() -> Self {
        Self {
            buffer: vec![0; BATCH * LONGEST],
            four: MultiHeaders::preallocate(BATCH, None),
            six: MultiHeaders::preallocate(BATCH, None),
            arrived: Vec::with_capacity(BATCH),
            batch: 1,
        }
    }

    /// Takes what is there, up to a batch, and says whether there may be more.
    pub(super) fn receive(&mut self, port: &Port) -> io::Result<bool> {
        self.arrived.clear();
        let batch = self.batch;
        let received = if batch == 1 { self.receive_one(port) } else { self.receive_many(port) };
        match received {
            Err(error) if !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
                return Err(error);
            }
            _ => {}
        }
        self.batch = (2 * self.arrived.len()).clamp(1, BATCH);
        Ok(self.arrived.len() == batch)
    }

    fn receive_one(&mut self, port: &Port) -> io::Result<()> {
        let buffer = self.buffer.get_mut(..LONGEST).unwrap_or_default();
        let (len, from) = port.socket().recv_from(buffer)?;
        self.arrived.push((canonical(from), len));
        Ok(())
    }

    fn receive_many(&mut self, port: &Port) -> io::Result<()> {
        let (buffer, arrived) = (&mut self.buffer, &mut self.arrived);
        Ok(if port.is_six() {
            receive(port, &mut self.six, buffer, self.batch, |from: SockaddrIn6, len| {
                arrived.push((canonical(SocketAddrV6::from(from).into()), len));
            })
        } else {
            receive(port, &mut self.four, buffer, self.batch, |from: SockaddrIn, len| {
                arrived.push((SocketAddrV4::from(from).into(), len));
            })
        }?)
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
