//! Events for tests.

use super::{Event, KnownBy, Outcome, Via, What};
use crate::mac::Mac;

/// The phones of these tests.
pub(super) fn mac(last: u8) -> Mac {
    Mac::new([2, 0, 0, 0, 0, last])
}

/// A file that was asked for over HTTP, and came; `tftp:NAME` and the like came over that.
pub(super) fn asked(at: i64, name: &str) -> Event {
    let (via, name) = match name.split_once(':') {
        Some((via, name)) => (via.parse().expect("a way"), name),
        None => (Via::Http, name),
    };
    Event {
        at,
        phone: None,
        known_by: KnownBy::Nothing,
        address: [192, 0, 2, 1].into(),
        via,
        what: What::File,
        name: name.to_owned(),
        outcome: Outcome::Sent,
        reason: String::new(),
        bytes: 100,
        took: 900,
        agent: String::new(),
    }
}

/// One that is not there.
pub(super) fn missed(at: i64, name: &str) -> Event {
    Event { outcome: Outcome::Missing, bytes: 0, reason: "it is not here".into(), ..asked(at, name) }
}

/// Files asked for one after the other, half a second apart.
pub(super) fn story(at: i64, files: &[(&str, Outcome)]) -> Vec<Event> {
    let each = files.iter().zip(0_i64..);
    let event = |((name, outcome), place): (&(&str, Outcome), i64)| {
        let reason = if outcome.is_good() { "" } else { "there is a reason" };
        Event { outcome: *outcome, reason: reason.into(), ..asked(at + 500 * place, name) }
    };
    each.map(event).collect()
}
