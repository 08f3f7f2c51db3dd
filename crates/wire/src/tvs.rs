//! The Trust Verification Service, TCP 2445 inside TLS: a phone asks whether a certificate may be trusted, and for what.
//!
//! A message is a header of ten bytes and a body of elements (`tag u8, length u16, value`, big-endian):
//!
//! ```text
//! 57 version command reserved session:u32 length:u16
//! ```
//!
//! [`Stream`] takes bytes as they arrive and gives whole messages; [`Request`] and [`Response`] take them apart and put
//! them together. The fourth byte of the header is not looked at: servers have been seen to leave noise in it.

mod device;
mod element;
mod error;
mod header;
mod request;
mod response;
mod stream;

pub use device::DeviceName;
pub use error::{DecodeError, EncodeError, Fault, Field};
pub use header::{Direction, HEADER_LEN, Header};
pub use request::{Query, QueryTags, Question, Request};
pub use response::{Answer, Ask, Response, Vouched};
pub use stream::{Stage, Stream};

/// The first byte of every message.
pub const PROTOCOL: u8 = 0x57;
/// The version spoken here. Old phones announce less, and mean the same.
pub const VERSION: u8 = 1;
/// The longest body taken: a certificate of 16 KB, which nothing that phones take exceeds, and two long names.
pub const MAX_BODY: usize = 20 << 10;
/// How long a phone keeps an answer when nobody says otherwise: a day, in seconds.
pub const DEFAULT_TTL: u32 = 86_400;
/// The longest time a phone may be told to keep an answer: thirty days, in seconds.
pub const MAX_TTL: u32 = 2_592_000;
