//! Events, boots and verdicts for programs: the same in commands, in the API and in what is told live.

use provision::timeline::{Boot, Event, Verdict};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::live::What;
use crate::trust::calendar;

/// Something that a phone did.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventView {
    /// When it was over.
    at: String,
    /// The phone, if it is known which.
    phone: Option<String>,
    /// How that is known: `name` or `address`.
    known_by: Option<&'static str>,
    /// The address it came from.
    address: String,
    /// Over what: `tftp`, `http`, `https`, `services`, `secure_services`, `tvs`, `capf`, `sip`.
    via: &'static str,
    /// What it was about: `file`, `page`, `certificate`, `enrolment`, `door`, `registration`.
    what: &'static str,
    /// The same for people: `configuration`, `trust list`, `locale`.
    title: &'static str,
    /// The file, the page, the certificate, the line, or why somebody was turned away.
    name: String,
    /// How it ended: `sent`, `unchanged`, `normal_miss`, `missing`, `refused`, `cut`, `failed`.
    outcome: &'static str,
    /// Whether phones that are well do the same.
    normal: bool,
    /// Why, when it did not end well.
    reason: Option<String>,
    /// Bytes that were sent.
    bytes: u64,
    /// How long it took, in milliseconds.
    ms: f64,
    /// What the phone says it is.
    agent: Option<String>,
}

/// A boot, and what the phone did until the next one.
#[derive(Debug, Serialize, ToSchema)]
pub struct BootView {
    /// When its first request was over.
    began: String,
    /// When the last request of the start was over.
    booted: String,
    /// When anything was heard of the phone last.
    ended: String,
    /// What happened, in order.
    events: Vec<EventView>,
}

/// What state a phone is in.
#[derive(Debug, Serialize, ToSchema)]
pub struct VerdictView {
    /// The phone.
    phone: String,
    /// The rule that holds, as docs/timeline.md names it.
    verdict: &'static str,
    /// `fine`, `note`, `warning` or `problem`.
    severity: &'static str,
    /// The state, in one sentence.
    sentence: String,
    /// What to do, if anything.
    next: Option<String>,
    /// On what it rests.
    evidence: Vec<EventView>,
}

/// A moment in milliseconds, as `2026-11-23T07:41:05.120Z`.
#[must_use]
pub fn moment(at: i64) -> String {
    let text = calendar::utc(at.div_euclid(1000));
    format!("{}.{:03}Z", text.trim_end_matches('Z'), at.rem_euclid(1000))
}

/// An event.
#[must_use]
pub fn event(event: &Event) -> EventView {
    let text = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    EventView {
        at: moment(event.at),
        phone: event.phone.map(|phone| phone.device_name()),
        known_by: event.phone.map(|_| event.known_by.word()),
        address: event.address.to_string(),
        via: event.via.word(),
        what: event.what.word(),
        title: event.title(),
        name: event.name.clone(),
        outcome: event.outcome.word(),
        normal: event.is_normal(),
        reason: text(&event.reason),
        bytes: event.bytes,
        ms: milliseconds(event.took),
        agent: text(&event.agent),
    }
}

/// A boot with its events.
#[must_use]
pub fn boot(boot: &Boot) -> BootView {
    BootView {
        began: moment(boot.began()),
        booted: moment(boot.booted()),
        ended: moment(boot.ended()),
        events: boot.events.iter().map(event).collect(),
    }
}

/// A verdict with what it rests on.
#[must_use]
pub fn verdict(phone: &str, verdict: &Verdict) -> VerdictView {
    VerdictView {
        phone: phone.to_owned(),
        verdict: verdict.rule.id,
        severity: verdict.rule.severity.word(),
        sentence: verdict.sentence.clone(),
        next: verdict.next.clone(),
        evidence: verdict.evidence.iter().map(event).collect(),
    }
}

/// What is told live: the kind, and the rest.
#[must_use]
pub fn told(what: &What) -> (&'static str, Value) {
    match what {
        What::Event(one) => ("event", json!(event(one))),
        What::Verdict { phone, before, rule, sentence, next } => {
            let value = json!({
                "phone": phone.device_name(),
                "verdict": rule.id,
                "severity": rule.severity.word(),
                "before": before.map(|before| before.id),
                "sentence": sentence,
                "next": next,
            });
            ("verdict", value)
        }
    }
}

/// Milliseconds with three decimals at most.
#[must_use]
pub fn milliseconds(micros: u64) -> f64 {
    // Times of requests are far below what this holds exactly.
    micros as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_have_milliseconds() {
        assert_eq!(moment(1_790_000_000_007), "2026-09-21T14:13:20.007Z");
        assert_eq!(moment(-1), "1969-12-31T23:59:59.999Z");
    }
}
