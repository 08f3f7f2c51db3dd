//! What is counted of the Trust Verification Service.

use prometheus_client::metrics::{counter::Counter, family::Family, histogram::Histogram};
use prometheus_client::registry::Registry;
use wire::tvs::Ask;

use super::{Labels, SECONDS};

/// Its answers.
#[derive(Debug)]
pub struct Tvs {
    answers: [[Counter; 2]; 2],
    /// Seconds from a whole request to its answer on the way.
    pub seconds: Histogram,
}

impl Tvs {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let answers = Family::<Labels<2>, Counter>::default();
        let seconds = Histogram::new(SECONDS);
        registry.register("tvs_answers", "Answers of the Trust Verification Service", answers.clone());
        registry.register("tvs_answer_seconds", "Time from a whole request to its answer", seconds.clone());
        let one = |ask, answer| answers.get_or_create_owned(&[("ask", ask), ("answer", answer)]);
        let both = |ask| ["invalid", "valid"].map(|answer| one(ask, answer));
        Self { answers: [both("verify"), both("query")], seconds }
    }

    /// The counter of such answers to such questions.
    #[must_use]
    pub fn answer(&self, ask: Ask, is_valid: bool) -> &Counter {
        let [verify, query] = &self.answers;
        let [invalid, valid] = match ask {
            Ask::Verify => verify,
            Ask::Query => query,
        };
        if is_valid { valid } else { invalid }
    }
}
