//! Events, boots and verdicts for programs: the same in commands, in the API and in what is told live.

use provision::timeline::{Boot, Event, Verdict};
use serde_json::{Value, json};

use super::live::What;
use crate::trust::calendar;

/// A moment in milliseconds, as `2026-11-23T07:41:05.120Z`.
#[must_use]
pub fn moment(at: i64) -> String {
    let text = calendar::utc(at.div_euclid(1000));
    format!("{}.{:03}Z", text.trim_end_matches('Z'), at.rem_euclid(1000))
}

/// An event.
#[must_use]
pub fn event(event: &Event) -> Value {
    let text = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    json!({
        "at": moment(event.at),
        "phone": event.phone.map(|phone| phone.device_name()),
        "known_by": event.phone.map(|_| event.known_by.word()),
        "address": event.address.to_string(),
        "via": event.via.word(),
        "what": event.what.word(),
        "title": event.title(),
        "name": event.name,
        "outcome": event.outcome.word(),
        "normal": event.is_normal(),
        "reason": text(&event.reason),
        "bytes": event.bytes,
        "ms": milliseconds(event.took),
        "agent": text(&event.agent),
    })
}

/// A boot with its events.
#[must_use]
pub fn boot(boot: &Boot) -> Value {
    json!({
        "began": moment(boot.began()),
        "booted": moment(boot.booted()),
        "ended": moment(boot.ended()),
        "events": boot.events.iter().map(event).collect::<Vec<_>>(),
    })
}

/// A verdict with what it rests on.
#[must_use]
pub fn verdict(phone: &str, verdict: &Verdict) -> Value {
    json!({
        "phone": phone,
        "verdict": verdict.rule.id,
        "severity": verdict.rule.severity.word(),
        "sentence": verdict.sentence,
        "next": verdict.next,
        "evidence": verdict.evidence.iter().map(event).collect::<Vec<_>>(),
    })
}

/// What is told live: the kind, and the rest.
#[must_use]
pub fn told(what: &What) -> (&'static str, Value) {
    match what {
        What::Event(one) => ("event", event(one)),
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
