//! What each listener tells, as events.

use std::fmt::Display;
use std::hash::Hash;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use provision::mac::Mac;
use provision::timeline::{Event, KnownBy, Outcome, Via, What};

use super::{Timeline, now};
use crate::artifact::Transport;
use crate::listener::Name;
use crate::metrics::Refused;
use crate::record::{self, Printable};
use crate::services::connection::Way;

/// Longer than what anybody reads of a reason or of what a phone calls itself.
const LONGEST: usize = 300;

impl Timeline {
    /// A request for a file has ended. `connection` is the number of the one it came over, if its road has any; `agent` is
    /// what the client calls itself, if it does.
    pub fn file(&self, request: &record::Request<'_>, connection: Option<u64>, agent: Option<&[u8]>) {
        let Some(shared) = &self.0 else { return };
        let now = SystemTime::now();
        let deed = (request.transport.word(), connection, request.file, request.outcome.as_str());
        if connection.is_some() && shared.repeats.is_repeat(deed, now) {
            return;
        }
        // Phones behind one router share an address, and each is told apart by what it asks for.
        if self.is_flood((request.peer.ip(), record::phone(request.file)), now) {
            return;
        }
        let via = match request.transport {
            Transport::Tftp => Via::Tftp,
            Transport::Http => Via::Http,
            Transport::Https => Via::Https,
        };
        let event = Event {
            name: Printable(request.file).to_string(),
            outcome: outcome(request.outcome),
            reason: request.reason.map(text).unwrap_or_default(),
            bytes: request.bytes,
            took: micros(request.took),
            agent: agent.map(|agent| cut(Printable(agent).to_string())).unwrap_or_default(),
            ..empty(request.peer, via, What::File)
        };
        self.put(event);
    }

    /// A page was shown, or a report taken; `fault` says why not.
    pub fn page(
        &self,
        path: &str,
        way: Way,
        phone: Option<Mac>,
        shown: Result<u64, &dyn Display>,
        took: Duration,
    ) {
        let Some(shared) = &self.0 else { return };
        let now = SystemTime::now();
        let deed = (way.secure, way.connection, path, phone, shown.is_ok());
        if shared.repeats.is_repeat(deed, now) || self.is_flood((way.peer.ip(), phone), now) {
            return;
        }
        let via = if way.secure { Via::SecureServices } else { Via::Services };
        let event = Event {
            phone,
            name: Printable(path.as_bytes()).to_string(),
            outcome: if shown.is_ok() { Outcome::Sent } else { Outcome::Refused },
            reason: shown.err().map(text).unwrap_or_default(),
            bytes: shown.unwrap_or_default(),
            took: micros(took),
            ..empty(way.peer, via, What::Page)
        };
        self.put(event);
    }

    /// The Trust Verification Service was asked.
    pub fn vouched(&self, asked: &record::tvs::Asked<'_>) {
        let phone = Mac::from_digits(asked.device.device().trim_start_matches("SEP"));
        if self.0.is_none() || self.is_flood((asked.peer.ip(), phone), SystemTime::now()) {
            return;
        }
        let about = asked.about.to_string();
        let (name, reason) = match asked.answer {
            Ok(vouched) => (vouched.name.to_owned(), String::new()),
            Err(refusal) => (Printable(about.as_bytes()).to_string(), text(refusal)),
        };
        let event = Event {
            phone,
            name,
            outcome: if asked.answer.is_ok() { Outcome::Sent } else { Outcome::Refused },
            reason,
            took: micros(asked.took),
            agent: Printable(asked.device.model().as_bytes()).to_string(),
            ..empty(asked.peer, Via::Tvs, What::Certificate)
        };
        self.put(event);
    }

    /// An enrolment ended: `Ok(true)` with something done, `Ok(false)` with nothing to do, or with the reason why not.
    pub fn enrolled(
        &self,
        peer: SocketAddr,
        device: &str,
        ended: Result<bool, ()>,
        result: &str,
        took: Duration,
    ) {
        let phone = device.strip_prefix("SEP").and_then(Mac::from_digits);
        if self.0.is_none() || self.is_flood((peer.ip(), phone), SystemTime::now()) {
            return;
        }
        let event = Event {
            phone,
            name: if ended.is_ok() { cut(result.to_owned()) } else { "certificate".to_owned() },
            outcome: match ended {
                Ok(true) => Outcome::Sent,
                Ok(false) => Outcome::Unchanged,
                Err(()) => Outcome::Refused,
            },
            reason: if ended.is_err() { text(&result) } else { String::new() },
            took: micros(took),
            ..empty(peer, Via::Capf, What::Enrolment)
        };
        self.put(event);
    }

    /// Somebody was turned away before asking for anything; over TFTP the name of the file is known all the same.
    pub fn turned_away(
        &self,
        listener: Name,
        peer: SocketAddr,
        why: Refused,
        file: Option<&[u8]>,
        reason: &dyn Display,
    ) {
        let via = match listener {
            _ if self.0.is_none() || self.is_flood(peer.ip(), SystemTime::now()) => return,
            Name::Tftp => Via::Tftp,
            Name::Provisioning => Via::Http,
            Name::SecureProvisioning => Via::Https,
            Name::Services => Via::Services,
            Name::SecureServices => Via::SecureServices,
            Name::Tvs => Via::Tvs,
            Name::Capf => Via::Capf,
            Name::Admin => return,
        };
        let event = Event {
            phone: file.and_then(named),
            name: why.as_str().to_owned(),
            outcome: Outcome::Refused,
            reason: text(reason),
            ..empty(peer, via, What::Door)
        };
        self.put(event);
    }

    /// Whether `who` did more within this second than is kept of anybody; then it is counted, and that is all.
    fn is_flood(&self, who: impl Hash, now: SystemTime) -> bool {
        let Some(shared) = &self.0 else { return false };
        let most = shared.config.get().map_or(u32::MAX, |config| config.load().timeline.per_second);
        let is_flood = shared.pace.is_beyond(most, who, now);
        if is_flood {
            shared.metrics.timeline.dropped_flood.inc();
        }
        is_flood
    }
}

fn empty(peer: SocketAddr, via: Via, what: What) -> Event {
    Event {
        at: now(),
        phone: None,
        known_by: KnownBy::Nothing,
        address: peer.ip().to_canonical(),
        via,
        what,
        name: String::new(),
        outcome: Outcome::Sent,
        reason: String::new(),
        bytes: 0,
        took: 0,
        agent: String::new(),
    }
}

/// The phone that a name in a TFTP request names.
fn named(file: &[u8]) -> Option<Mac> {
    use provision::artifact::Artifact;
    use provision::name::{FileName, From};
    let name = FileName::parse(file, From::Plain).ok()?;
    Artifact::parse(&name).device()
}

fn outcome(outcome: record::Outcome) -> Outcome {
    match outcome {
        record::Outcome::Sent => Outcome::Sent,
        record::Outcome::Unchanged => Outcome::Unchanged,
        record::Outcome::NormalMiss => Outcome::NormalMiss,
        record::Outcome::Missing => Outcome::Missing,
        record::Outcome::Refused => Outcome::Refused,
        record::Outcome::Cut => Outcome::Cut,
        record::Outcome::Failed => Outcome::Failed,
    }
}

fn micros(took: Duration) -> u64 {
    // Half an age of the world; and what a database holds.
    u64::try_from(took.as_micros()).unwrap_or(u64::MAX).min(i64::MAX as u64)
}

fn text(reason: &(impl Display + ?Sized)) -> String {
    cut(Printable(reason.to_string().as_bytes()).to_string())
}

/// No longer than [`LONGEST`] letters.
fn cut(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
    }
    text
}
