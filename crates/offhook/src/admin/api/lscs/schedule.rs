//! What a phone is to do with its certificate, as a program says it.

use provision::enrol::{Key, Operation, Password, Required, Schedule};
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::phones::Hidden;
use super::super::problem::Problem;

/// What a phone shall do.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Task {
    /// Make a key and get a certificate for it.
    Install,
    /// Only send the certificate it has.
    Fetch,
    /// Delete the certificate it has.
    Delete,
}

/// How a phone proves itself.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Proof {
    /// By a password that somebody types on it.
    #[default]
    Password,
    /// By a certificate, issued here or in the factory.
    Certificate,
    /// By the certificate issued here.
    Lsc,
    /// By the certificate from the factory.
    Mic,
    /// Not at all: whoever gives the phone's name first gets its certificate.
    None,
}

/// What a phone is to do with its certificate.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LscToSchedule {
    /// What.
    operation: Task,
    /// The key to make: `rsa1024`, `rsa2048` (if nothing is said), `rsa3072`, `rsa4096`, `secp256r1`, `secp384r1`, `secp521r1`.
    key: Option<String>,
    /// How it proves itself.
    #[serde(default)]
    proof: Proof,
    /// The password to type, 4 to 15 digits. Without one, one is made up and told once.
    #[schema(format = Password, write_only)]
    password: Option<Hidden>,
    /// Forget it when nobody came within so many days.
    #[schema(minimum = 1, maximum = 3650)]
    within_days: Option<u32>,
}

impl LscToSchedule {
    pub(super) fn schedule(&self, now: i64) -> Result<(Schedule, Option<String>), Problem> {
        let operation = match (self.operation, self.key.as_deref()) {
            (Task::Install, None) => Operation::Install(Key::default()),
            (Task::Install, Some(word)) => {
                let wrong = |_| Problem::field("key", format!("phones make no key {word:?}"));
                Operation::Install(word.to_ascii_lowercase().parse().map_err(wrong)?)
            }
            (_, Some(_)) => return Err(Problem::field("key", "only an installation makes a key")),
            (Task::Fetch, None) => Operation::Fetch,
            (Task::Delete, None) => Operation::Delete,
        };
        let (required, password) = match self.proof {
            Proof::Password => {
                // Six digits nobody can guess within three tries.
                let drawn = || format!("{:06}", pki::random_u32() % 1_000_000);
                let digits = self.password.as_ref().map_or_else(drawn, |hidden| hidden.0.clone());
                let password = Password::new(digits.clone());
                let password = password.map_err(|error| Problem::field("password", error.to_string()))?;
                (Required::Password(password), Some(digits).filter(|_| self.password.is_none()))
            }
            _ if self.password.is_some() => {
                return Err(Problem::field("password", "the phone is to prove itself otherwise"));
            }
            Proof::Certificate => (Required::Certificate, None),
            Proof::Lsc => (Required::Lsc, None),
            Proof::Mic => (Required::Mic, None),
            Proof::None => (Required::Nothing, None),
        };
        let until = match self.within_days {
            None => None,
            Some(days @ 1..=3650) => Some(now + i64::from(days) * 86_400),
            Some(_) => return Err(Problem::field("within_days", "1 to 3650 days")),
        };
        Ok((Schedule { until, ..Schedule::new(operation, required) }, password))
    }
}
