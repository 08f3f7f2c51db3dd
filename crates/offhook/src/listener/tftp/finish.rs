//! How a request ends, and the line and the counters it leaves behind.

use std::fmt;
use std::time::Instant;

use wire::tftp::{self, ErrorCode};

use super::driver::Driver;
use super::transfers::Key;
use crate::artifact::{Refusal, Transport};
use crate::record::{self, Outcome};

/// Why a request is over.
#[derive(Debug)]
pub(super) enum End {
    /// The transfer came to its own end.
    Transfer(tftp::Outcome),
    /// There is no file to send.
    Refused(Refusal),
    /// Its file was not made in time.
    NotInTime,
    /// The same port asked anew.
    Superseded,
    /// It was silent when others needed the place.
    GaveWay,
    /// offhook stops.
    Stopping,
}

impl Driver {
    /// Takes a request off the list and says how it went.
    pub(super) fn finish(&mut self, key: &Key, end: &End, now: Instant) {
        let Some(running) = self.transfers.remove(key) else { return };
        if matches!(end, End::Stopping | End::GaveWay | End::NotInTime) {
            self.send_error(running.port, key.peer, running.from, ErrorCode::NotDefined, &end.to_string());
        }
        let (bytes, again) = running
            .transfer
            .as_ref()
            .map_or((0, 0), |transfer| (transfer.acknowledged() as u64, transfer.retransmissions()));
        let metrics = &self.app.metrics;
        metrics.tftp_running.dec();
        metrics.tftp_retransmissions.inc_by(again);
        let reason = Reason { end, again };
        let ended = record::Request {
            transport: Transport::Tftp,
            peer: key.peer,
            file: running.name(),
            outcome: end.outcome(),
            reason: reason.says_something().then_some(&reason),
            bytes,
            took: now.saturating_duration_since(running.begun),
        };
        record::request(metrics, &ended);
        self.app.timeline.file(&ended, None, None);
        if let (Outcome::Sent, Some(delivery)) = (ended.outcome, &running.delivery) {
            delivery.clone().arrived(Transport::Tftp, key.peer);
        }
    }
}

impl End {
    fn outcome(&self) -> Outcome {
        match self {
            Self::Transfer(tftp::Outcome::Complete | tftp::Outcome::Unconfirmed) => Outcome::Sent,
            Self::Refused(refusal) => refusal.outcome(),
            Self::NotInTime => Outcome::Failed,
            Self::Transfer(_) | Self::Superseded | Self::GaveWay | Self::Stopping => Outcome::Cut,
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transfer(tftp::Outcome::Complete) => Ok(()),
            Self::Transfer(tftp::Outcome::Unconfirmed) => {
                f.write_str("the last block was never acknowledged")
            }
            Self::Transfer(tftp::Outcome::Silent) => f.write_str("the client went silent"),
            Self::Transfer(tftp::Outcome::Refused { code, message }) => {
                write!(f, "the client gave up: {code}: {message}")
            }
            Self::Refused(refusal) => refusal.reason.fmt(f),
            Self::NotInTime => f.write_str("the file was not at hand in time; ask again"),
            Self::Superseded => f.write_str("the client asked anew from the same port"),
            Self::GaveWay => f.write_str("silent too long while others wait"),
            Self::Stopping => f.write_str("the server is stopping"),
        }
    }
}

/// What the line says behind the outcome.
struct Reason<'a> {
    end: &'a End,
    /// Datagrams that were sent again.
    again: u64,
}

impl Reason<'_> {
    fn says_something(&self) -> bool {
        self.again > 0 || !matches!(self.end, End::Transfer(tftp::Outcome::Complete))
    }
}

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.end.fmt(f)?;
        let separator = if matches!(self.end, End::Transfer(tftp::Outcome::Complete)) { "" } else { "; " };
        match self.again {
            0 => Ok(()),
            1 => write!(f, "{separator}one datagram sent again"),
            again => write!(f, "{separator}{again} datagrams sent again"),
        }
    }
}
