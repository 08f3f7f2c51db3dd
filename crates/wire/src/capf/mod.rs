//! CAPF, the Certificate Authority Proxy Function on TCP 3804: how a phone gets a certificate of its own.
//!
//! The server speaks first and asks; the phone answers. [`Message`] is the codec, [`Framing`] cuts the stream into
//! messages, [`Session`] is the server's end of one enrolment and [`Enrolment`] the phone's. Both are machines: bytes
//! and times in, actions out; whatever needs a key or a decision they ask their caller for.

mod element;
mod enrolment;
mod framing;
mod message;
mod session;

pub use element::{AuthType, CertificateType, Curve, Element, KeyType, Password, Reason, SHA512, Sudi, Tag};
pub use enrolment::{Answer, Enrolment, Happening, Proof, Task, Trouble};
pub use framing::Framing;
pub use message::{Command, DecodeError, EncodeError, KeySpec, MAX_BODY, Message};
pub use session::{
    Action, Authentication, CertificateProof, Done, Event, Failure, Limits, Order, Secret, Session, Step,
    SudiProof,
};

/// The version of the protocol; phones may announce less.
pub const VERSION: u8 = 3;
