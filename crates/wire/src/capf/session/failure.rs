//! Why an enrolment came to nothing, one variant a cause.

use std::fmt;

use crate::capf::element::{Reason, Tag};
use crate::capf::message::{Command, DecodeError, EncodeError};

/// What the session stands at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// The phone proves who it is.
    Authentication,
    /// The phone makes a key.
    Key,
    /// The phone stores its certificate.
    Store,
    /// The phone shows its certificate.
    Fetch,
    /// The phone deletes its certificate.
    Delete,
}

impl Step {
    /// How the server asks for it.
    pub(super) fn request(self) -> Command {
        match self {
            Self::Authentication => Command::AuthRequest,
            Self::Key => Command::KeyGenerateRequest,
            Self::Store => Command::StoreRequest,
            Self::Fetch => Command::FetchRequest,
            Self::Delete => Command::DeleteRequest,
        }
    }

    /// How the phone answers.
    pub(super) fn answer(self) -> Command {
        match self {
            Self::Authentication => Command::AuthResponse,
            Self::Key => Command::KeyGenerateResponse,
            Self::Store => Command::StoreResponse,
            Self::Fetch => Command::FetchResponse,
            Self::Delete => Command::DeleteResponse,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Authentication => "proving itself",
            Self::Key => "making a key",
            Self::Store => "storing its certificate",
            Self::Fetch => "showing its certificate",
            Self::Delete => "deleting its certificate",
        })
    }
}

/// Why a session came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Bytes that are no message.
    #[error("the phone sent what is no CAPF message: {0}")]
    Message(DecodeError),
    /// A message of another session.
    #[error("the phone answered in session {theirs}, and this is {ours}")]
    OtherSession {
        /// The number of this one.
        ours: u32,
        /// The number the phone used.
        theirs: u32,
    },
    /// A message that has no place here.
    #[error("the phone sent \"{command}\" while {step}")]
    Unexpected {
        /// Which message.
        command: Command,
        /// What was due.
        step: Step,
    },
    /// A message without what it is for.
    #[error("the phone's \"{command}\" has no {tag}")]
    Missing {
        /// Which message.
        command: Command,
        /// What is not in it.
        tag: Tag,
    },
    /// A protocol of the future.
    #[error("the phone speaks version {0} of the protocol, and {known} is the last one known", known = crate::capf::VERSION)]
    Version(u8),
    /// A digest nobody knows in the SHA-2 signature.
    #[error("the phone's SHA-2 signature is over digest {0}, which nobody knows")]
    Digest(u8),
    /// Another certificate was shown than the one asked for.
    #[error("the phone failed at {step}: it said {}", said(*reason))]
    Phone {
        /// At what.
        step: Step,
        /// What it said.
        reason: Option<Reason>,
    },
    /// The phone gave up by itself.
    #[error("the phone gave up while {0}")]
    Aborted(Step),
    /// No answer in time.
    #[error("the phone took too long {0}")]
    Silent(Step),
    /// No connection any more.
    #[error("the connection ended while the phone was {0}")]
    Closed(Step),
    /// The caller does not know the phone.
    #[error("the phone is unknown here")]
    Unknown,
    /// The caller refused the authentication.
    #[error("the phone did not prove what it had to")]
    Refused,
    /// The caller issued nothing for the phone's key.
    #[error("no certificate was issued for the phone's key")]
    NotIssued,
    /// The caller could not keep a record of it.
    #[error("what the phone did could not be recorded")]
    NotRecorded,
    /// Another session of the same phone took over.
    #[error("the phone began again in another session")]
    Superseded,
    /// The server is being stopped.
    #[error("the server stopped")]
    Stopped,
    /// A message of ours that cannot be expressed: a certificate too long.
    #[error("the next message could not be made: {0}")]
    CannotSay(EncodeError),
}

fn said(reason: Option<Reason>) -> String {
    reason.map_or_else(|| "nothing".to_owned(), |reason| format!("\"{reason}\""))
}
