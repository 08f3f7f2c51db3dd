//! Why a file was not given, in a sentence that a person can act on.

use std::io::ErrorKind;

use provision::name::NameError;

use crate::record::Outcome;

/// A refused request: the reason, and whether it is part of every healthy boot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What stood in the way.
    pub reason: Reason,
    /// A miss that phones expect, such as `CTLSEP….tlv` where no trust list is in use.
    pub normal: bool,
}

/// What stood in the way of an answer. The sentences go to phones and logs: they never name a path of this machine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Neither in the document root nor something offhook makes.
    #[error("{0} is not here: put it in the document root")]
    Missing(String),
    /// Absent, and rightly so.
    #[error("{name} is not here: {why}")]
    Expected {
        /// The name asked for.
        name: String,
        /// Why its absence is normal.
        why: &'static str,
    },
    /// The name itself cannot be served.
    #[error("{0}")]
    Name(#[from] NameError),
    /// A link in the document root points out of it.
    #[error("{0} is a link that leaves the document root; set links = \"anywhere\" to follow it")]
    Outside(String),
    /// The administrator's file cannot be read.
    #[error("{name} cannot be read ({kind}); check its owner and mode")]
    Unreadable {
        /// The name asked for.
        name: String,
        /// What the operating system said.
        kind: ErrorKind,
    },
    /// A pipe, a socket or a device.
    #[error("{0} is not a regular file")]
    NotAFile(String),
    /// Larger than anything a phone takes.
    #[error("{0} is larger than 1 GiB")]
    TooLarge(String),
    /// Written to while it was read, several times over.
    #[error("{0} is being written; ask again")]
    Changing(String),
    /// Signing failed.
    #[error("{name} cannot be signed: {why}")]
    Unsigned {
        /// The name asked for.
        name: String,
        /// What the signer said.
        why: String,
    },
    /// The phone is kept on the list and gets nothing.
    #[error("{0} is retired; `offhook phone set {0} state=active` brings it back")]
    Retired(String),
    /// Nobody knows the phone, and its address brought too many such already.
    #[error("nobody knows {0}, and too many new phones came from its address; ask again in a minute")]
    TooMany(String),
    /// Nobody knows the phone, and it could not be taken in.
    #[error("nobody knows {0}, and it cannot be taken in: {1}")]
    NotTakenIn(String, String),
    /// It names what others asked for: whoever reads it knows whose files to ask for.
    #[error("{0} lists the files of all phones, and is not given to anybody")]
    Private(String),
    /// The inventory does not answer.
    #[error("{0} cannot be made: the inventory cannot be reached; ask again")]
    Away(String),
    /// What the inventory says cannot be used.
    #[error("{0} cannot be made: what the inventory says cannot be used; the log says why")]
    Broken(String),
    /// A write, or a method that is no reading.
    #[error("files here are only read")]
    ReadOnly,
    /// The server is full or going down.
    #[error("busy; ask again")]
    Busy,
}

impl Refusal {
    /// How the request that met this refusal ended.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self.reason {
            _ if self.normal => Outcome::NormalMiss,
            Reason::Missing(_) | Reason::Expected { .. } => Outcome::Missing,
            Reason::Name(_)
            | Reason::Outside(_)
            | Reason::NotAFile(_)
            | Reason::ReadOnly
            | Reason::Retired(_)
            | Reason::TooMany(_)
            | Reason::Private(_) => Outcome::Refused,
            Reason::Unreadable { .. }
            | Reason::TooLarge(_)
            | Reason::Changing(_)
            | Reason::Unsigned { .. }
            | Reason::NotTakenIn(..)
            | Reason::Away(_)
            | Reason::Broken(_)
            | Reason::Busy => Outcome::Failed,
        }
    }
}

impl Reason {
    /// Whether the answer stays the same until something that was looked at changes. Whatever else stands in the way (a
    /// mode, a shortage of descriptors, a broken disk) may pass without a trace, so it is looked at anew each time.
    pub(super) fn lasts(&self) -> bool {
        matches!(self, Self::Missing(_) | Self::Expected { .. } | Self::Retired(_) | Self::Private(_))
    }
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        let normal = matches!(reason, Reason::Expected { .. });
        Self { reason, normal }
    }
}
