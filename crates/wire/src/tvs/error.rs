//! What can be wrong with a message that arrived, and with one that is to be sent.

use std::fmt;

use thiserror::Error;

use super::{MAX_BODY, MAX_TTL, VERSION};
use crate::reader::{Extra, Short};

/// A message is not what it should be: where, in which field, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("byte {offset}: {field} {fault}")]
pub struct DecodeError {
    /// Where in the message, counted from the first byte of its header.
    pub offset: usize,
    /// In which field.
    pub field: Field,
    /// How it is wrong.
    pub fault: Fault,
}

/// A part of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Field {
    Header,
    Protocol,
    Version,
    Command,
    BodyLength,
    DeviceName,
    Certificate,
    Subject,
    Issuer,
    Serial,
    Status,
    Roles,
    Ttl,
    /// Issuer or serial number: which of the two stands under tag 4, 5 or 6 is decided by what it holds.
    IssuerOrSerial(u8),
    /// An element nobody knows; it is passed over.
    Unknown(u8),
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header => f.write_str("the header"),
            Self::Protocol => f.write_str("the protocol"),
            Self::Version => f.write_str("the version"),
            Self::Command => f.write_str("the command"),
            Self::BodyLength => f.write_str("the length of the body"),
            Self::DeviceName => f.write_str("the device name"),
            Self::Certificate => f.write_str("the certificate"),
            Self::Subject => f.write_str("the subject"),
            Self::Issuer => f.write_str("the issuer"),
            Self::Serial => f.write_str("the serial number"),
            Self::Status => f.write_str("the status"),
            Self::Roles => f.write_str("the list of roles"),
            Self::Ttl => f.write_str("the time to live"),
            Self::IssuerOrSerial(tag) => write!(f, "element {tag} (issuer or serial number)"),
            Self::Unknown(tag) => write!(f, "the unknown element {tag}"),
        }
    }
}

/// How a field is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It wants more bytes than are left.
    Truncated {
        /// How many bytes it wants.
        wanted: usize,
        /// How many are left.
        left: usize,
    },
    /// It holds more bytes than belong there.
    Trailing {
        /// How many too many.
        len: usize,
    },
    /// The body would be longer than anything that is taken.
    TooLong {
        /// The length announced.
        announced: usize,
    },
    /// It has no place in a message of this command.
    Foreign,
    /// It is not there.
    Missing,
    /// It stands there twice.
    Repeated,
    /// It holds nothing.
    Empty,
    /// Its text does not end with a NUL.
    NoNul,
    /// Its text has a NUL before its end.
    InnerNul,
    /// Its text is not UTF-8, or holds control characters.
    NotText,
    /// Its first byte is not the one that device names begin with.
    Mark {
        /// The byte found.
        found: u8,
    },
    /// It is not `CP-`, a model, `-SEP` and twelve hexadecimal digits.
    NotADeviceName,
    /// It has a value that is not in use here.
    Value {
        /// The value.
        found: u8,
    },
    /// It is newer than this side.
    TooNew {
        /// The version found.
        found: u8,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated { wanted, left } => write!(f, "wants {wanted} bytes where {left} are left"),
            Self::Trailing { len } => write!(f, "holds {len} bytes too many"),
            Self::TooLong { announced } => write!(f, "is {announced}; {MAX_BODY} is the most that is taken"),
            Self::Foreign => f.write_str("has no place in such a message"),
            Self::Missing => f.write_str("is missing"),
            Self::Repeated => f.write_str("stands there twice"),
            Self::Empty => f.write_str("is empty"),
            Self::NoNul => f.write_str("does not end with a NUL"),
            Self::InnerNul => f.write_str("has a NUL before its end"),
            Self::NotText => f.write_str("is no text"),
            Self::Mark { found } => write!(f, "begins with the byte {found} instead of 1"),
            Self::NotADeviceName => {
                f.write_str("is not of the form CP-<model>-SEP<twelve hexadecimal digits>")
            }
            Self::Value { found } => write!(f, "has the value {found}, which is not in use here"),
            Self::TooNew { found } => write!(f, "is {found}; {VERSION} is the newest known here"),
        }
    }
}

impl Fault {
    pub(super) fn at(self, offset: usize, field: Field) -> DecodeError {
        DecodeError { offset, field, fault: self }
    }
}

impl Short {
    pub(super) fn of(self, field: Field) -> DecodeError {
        Fault::Truncated { wanted: self.wanted, left: self.left }.at(self.offset, field)
    }
}

impl Extra {
    pub(super) fn of(self, field: Field) -> DecodeError {
        Fault::Trailing { len: self.len }.at(self.offset, field)
    }
}

/// A message cannot be written as asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum EncodeError {
    /// A body has a cap, and an element a length of sixteen bits.
    #[error("{field} would have {len} bytes; a message carries {MAX_BODY} at most")]
    TooLong {
        /// Which field.
        field: Field,
        /// How long it would be.
        len: usize,
    },
    /// Texts end at their first NUL.
    #[error("{field} has a NUL in it")]
    InnerNul {
        /// Which field.
        field: Field,
    },
    /// Some fields mean nothing when empty.
    #[error("{field} is empty")]
    Empty {
        /// Which field.
        field: Field,
    },
    /// The reader tells issuer and serial number apart by what they hold.
    #[error("{field} would be taken for the other of issuer and serial number")]
    Ambiguous {
        /// Which field.
        field: Field,
    },
    /// Issuer and serial number have one of three tags each.
    #[error("issuer and serial number stand under two different tags of 4, 5 and 6")]
    Tags,
    /// Phones keep answers for a while, and not for ever.
    #[error("a time to live of {0} seconds; it is 1 to {MAX_TTL}")]
    Ttl(u32),
}
