//! One sentence on the state of a phone, and what to do next.

use super::facts::Facts;
use super::rules::{RULES, Rule};
use super::{Boot, Event, Known};

/// What is to be said of a phone.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// By which rule.
    pub rule: &'static Rule,
    /// The state it is in.
    pub sentence: String,
    /// What to do; nothing when all is well, or time will tell.
    pub next: Option<String>,
    /// On what it rests, in order.
    pub evidence: Vec<Event>,
}

impl Verdict {
    /// Whether it rests on something that the phone did not do: then [`Known::unclaimed`] matters.
    #[must_use]
    pub fn rests_on_silence(&self) -> bool {
        matches!(self.rule.id, "encrypted-unread" | "foreign-trust" | "config-refused")
    }
}

/// What a condition found: words for the sentence, and what it rests on.
#[derive(Debug, Default)]
pub(super) struct Found<'a> {
    pub(super) words: Vec<(&'static str, String)>,
    pub(super) evidence: Vec<&'a Event>,
}

impl<'a> Found<'a> {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn with(mut self, name: &'static str, word: impl Into<String>) -> Self {
        self.words.push((name, word.into()));
        self
    }

    pub(super) fn by(mut self, event: &'a Event) -> Self {
        self.evidence.push(event);
        self
    }

    /// Both together.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.words.extend(other.words);
        self.evidence.extend(other.evidence);
        self
    }

    fn fill(&self, template: &str) -> String {
        let mut text = String::with_capacity(template.len());
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            let Some((name, behind)) = after.split_once('}') else {
                rest = after;
                break;
            };
            let word = self.words.iter().find(|(known, _)| *known == name);
            text.push_str(word.map_or("?", |(_, word)| word.as_str()));
            rest = behind;
        }
        text + rest
    }
}

/// The verdict on a phone that did this, in the order it happened: the first rule that holds.
#[must_use]
pub fn judge(known: &Known, boots: &[Boot]) -> Verdict {
    let facts = Facts::new(known, boots);
    let found = RULES.iter().find_map(|rule| Some((rule, (rule.holds)(&facts)?)));
    let (rule, found) = found.expect("the last rule holds for every phone");
    let found = common(&facts, found);
    Verdict {
        rule,
        sentence: found.fill(rule.sentence),
        next: Some(found.fill(rule.next)).filter(|next| !next.is_empty()),
        evidence: found.evidence.iter().map(|event| (*event).clone()).collect(),
    }
}

/// Words that every sentence may use.
fn common<'a>(facts: &Facts<'a>, found: Found<'a>) -> Found<'a> {
    let known = facts.known;
    let found = found.with("phone", known.phone.device_name());
    match known.model {
        Some(model) => found.with("model", model.name),
        None => found.with("model", "MODEL"),
    }
}
