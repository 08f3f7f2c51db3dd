//! What is counted of the timeline: events kept and lost, and phones by verdict.

use std::collections::HashMap;

use prometheus_client::metrics::{counter::Counter, family::Family, gauge::Gauge};
use prometheus_client::registry::Registry;
use provision::timeline::{RULES, Rule};

use super::Labels;

/// Events and verdicts.
#[derive(Debug)]
pub struct Timeline {
    /// Events written down.
    pub kept: Counter,
    /// Events lost because too many came at once.
    pub dropped_full: Counter,
    /// Events lost because the database was away.
    pub dropped_away: Counter,
    /// Events not kept because one address asked for too many names.
    pub dropped_crowd: Counter,
    /// Events not kept because one address asked too often.
    pub dropped_flood: Counter,
    phones: Vec<(&'static str, Gauge)>,
}

impl Timeline {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let kept = Counter::default();
        let dropped = Family::<Labels<1>, Counter>::default();
        let phones = Family::<Labels<2>, Gauge>::default();
        registry.register("events_kept", "Events of phones written down", kept.clone());
        registry.register("events_dropped", "Events of phones not written down, by reason", dropped.clone());
        registry.register("phones_by_verdict", "Phones, by the verdict on them", phones.clone());
        let lost = |reason| dropped.get_or_create_owned(&[("reason", reason)]);
        let gauge = |rule: &Rule| {
            let labels = [("verdict", rule.id), ("severity", rule.severity.word())];
            (rule.id, phones.get_or_create_owned(&labels))
        };
        Self {
            kept,
            dropped_full: lost("queue_full"),
            dropped_away: lost("database_away"),
            dropped_crowd: lost("crowd"),
            dropped_flood: lost("flood"),
            phones: RULES.iter().map(gauge).collect(),
        }
    }

    /// How many phones there are with that verdict.
    #[must_use]
    pub fn phones(&self, rule: &Rule) -> Option<&Gauge> {
        self.phones.iter().find(|(id, _)| *id == rule.id).map(|(_, gauge)| gauge)
    }

    /// A phone has another verdict.
    pub fn changed(&self, before: Option<&Rule>, after: &Rule) {
        if let Some(gauge) = before.and_then(|rule| self.phones(rule)) {
            gauge.dec();
        }
        if let Some(gauge) = self.phones(after) {
            gauge.inc();
        }
    }

    /// All phones were judged.
    pub fn set<'a>(&self, rules: impl Iterator<Item = &'a Rule>) {
        let mut counts: HashMap<&str, i64> = HashMap::new();
        for rule in rules {
            *counts.entry(rule.id).or_default() += 1;
        }
        for (id, gauge) in &self.phones {
            gauge.set(counts.get(id).copied().unwrap_or_default());
        }
    }
}
