//! What a boot came to: each step, the verdict, and the settings the phone ended up with.

use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::{ask::Transport, configuration::Settings};

/// A boot from its first request to its end.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// `SEP001122334455`.
    pub device: String,
    /// `8845`.
    pub model: String,
    /// Every request, in order.
    pub steps: Vec<Step>,
    /// Whether a real phone would come up.
    pub verdict: Verdict,
    /// What a person should look at although the phone comes up.
    pub warnings: Vec<String>,
    /// What the phone took from its configuration, if it took one.
    pub settings: Option<Settings>,
}

/// One request and what the phone made of the answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// The file, as asked for.
    pub file: String,
    /// How.
    pub transport: Transport,
    /// What came of it.
    pub outcome: Outcome,
    /// How many bytes came.
    pub bytes: usize,
    /// From the request to the last byte.
    #[serde(rename = "milliseconds", serialize_with = "milliseconds")]
    pub elapsed: Duration,
    /// Whose signature the phone accepted.
    pub signed_by: Option<String>,
    /// What the phone concludes.
    pub note: String,
    /// What the server said about a file it does not have; no phone shows it.
    pub server_says: Option<String>,
}

/// What came of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The phone uses the file.
    Taken,
    /// There is none.
    Missing,
    /// There was no proper answer.
    Failed,
    /// The file came, and the phone does not use it.
    Rejected,
}

/// Whether a real phone would come up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Whether it would.
    pub comes_up: bool,
    /// Why, or why not.
    pub why: String,
    /// What the person can do about it.
    pub next_step: Option<String>,
}

impl Report {
    /// Whether any answer came from the server at all.
    #[must_use]
    pub fn was_answered(&self) -> bool {
        self.steps.iter().any(|step| step.outcome != Outcome::Failed)
    }
}

fn milliseconds<S: Serializer>(elapsed: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((elapsed.as_secs_f64() * 1e6).round() / 1e3)
}
