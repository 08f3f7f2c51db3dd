//! What is counted of certificate enrolment.

use prometheus_client::metrics::{counter::Counter, family::Family};
use prometheus_client::registry::Registry;
use wire::capf::{Done, Failure};

use super::Labels;

/// How sessions end, in the words of the label.
const RESULTS: [&str; 10] = [
    "installed",
    "fetched",
    "deleted",
    "nothing",
    "unknown",
    "refused",
    "garbage",
    "phone_failed",
    "silent",
    "failed",
];

/// How enrolments ended.
#[derive(Debug)]
pub struct Capf {
    sessions: [Counter; RESULTS.len()],
}

impl Capf {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let sessions = Family::<Labels<1>, Counter>::default();
        registry.register("capf_sessions", "Enrolments, by what came of them", sessions.clone());
        Self { sessions: RESULTS.map(|result| sessions.get_or_create_owned(&[("result", result)])) }
    }

    /// The counter of sessions that ended so.
    #[must_use]
    pub fn ended(&self, ended: &Result<Done, Failure>) -> &Counter {
        let result = result(ended);
        let place = RESULTS.iter().position(|known| *known == result);
        &self.sessions[place.expect("every result is in the table")]
    }
}

fn result(ended: &Result<Done, Failure>) -> &'static str {
    match ended {
        Ok(Done::Installed) => "installed",
        Ok(Done::Fetched) => "fetched",
        Ok(Done::Deleted) => "deleted",
        Ok(Done::Nothing) => "nothing",
        Err(Failure::Unknown) => "unknown",
        Err(Failure::Refused | Failure::NotIssued) => "refused",
        Err(
            Failure::Message(_)
            | Failure::OtherSession { .. }
            | Failure::Unexpected { .. }
            | Failure::Missing { .. }
            | Failure::Version(_)
            | Failure::Digest(_),
        ) => "garbage",
        Err(Failure::Phone { .. } | Failure::Aborted(_)) => "phone_failed",
        Err(Failure::Silent(_) | Failure::Closed(_)) => "silent",
        Err(Failure::NotRecorded | Failure::Superseded | Failure::Stopped | Failure::CannotSay(_)) => {
            "failed"
        }
    }
}
