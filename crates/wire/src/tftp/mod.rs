//! TFTP: packets, and the two ends of a transfer as machines without IO.
//!
//! RFC 1350 with the options of RFC 2347 (negotiation), 2348 (`blksize`), 2349 (`tsize`, `timeout`) and 7440
//! (`windowsize`). [`Transfer`] is the server's end of a read, [`Download`] the client's. Both are told what arrived
//! and what time it is, and answer with [`Action`]s; who drives them owns the sockets and the clock:
//!
//! ```text
//! handle(packet, now) ─┐
//! handle_timeout(now) ─┴─> poll(now) until it says Wait or Done; write() each Send into a buffer of the caller's
//! ```

mod download;
mod netascii;
mod options;
mod packet;
mod rtt;
mod transfer;

use std::time::Instant;

pub use download::{Download, Failure, Message, Wanted};
pub use options::{Agreed, Limits, Options};
pub use packet::{DecodeError, EncodeError, ErrorCode, Mode, Packet, Request};
pub use rtt::Pace;
pub use transfer::{Block, Outcome, Reply, Transfer};

/// The block size of a transfer that agreed on none (RFC 1350).
pub const DEFAULT_BLKSIZE: u16 = 512;
/// The smallest block size that can be agreed on (RFC 2348).
pub const MIN_BLKSIZE: u16 = 8;
/// The largest block size that can be agreed on (RFC 2348): what an IPv4 datagram carries.
pub const MAX_BLKSIZE: u16 = 65_464;

/// What a machine wants next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action<S, D> {
    /// Send this, then ask again.
    Send(S),
    /// Nothing until a packet comes or this moment does.
    Wait(Instant),
    /// It is over.
    Done(D),
}
