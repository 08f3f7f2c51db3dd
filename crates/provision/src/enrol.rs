//! Enrolment: what a phone that asks for a certificate is told to do.
//!
//! [`decide`] looks at what is scheduled for the phone, at what it holds and at how it proved itself. It never sees a
//! signature: whether a certificate counts is checked before, and comes here as a [`Proof`].

use std::fmt;
use std::str::FromStr;

#[cfg(test)]
mod tests;

/// Wrong passwords until the enrolment is locked: enough for a slip of the finger, too few to guess four digits.
pub const MOST_FAILURES: u8 = 3;
/// Phones take as many digits as a password, and no fewer.
const PASSWORD_DIGITS: std::ops::RangeInclusive<usize> = 4..=15;
/// How long before its end a certificate is renewed by itself.
pub const RENEWAL: i64 = 30 * 86_400;

/// What is to be done with a phone's certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Nothing.
    #[default]
    Nothing,
    /// Make a key of this kind and install a certificate for it.
    Install(Key),
    /// Fetch the one it has.
    Fetch,
    /// Delete the one it has.
    Delete,
}

/// The key a phone is to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// RSA of so many bits: 1024, 2048, 3072 or 4096.
    Rsa(u16),
    /// secp256r1.
    P256,
    /// secp384r1.
    P384,
    /// secp521r1.
    P521,
}

impl Default for Key {
    /// What every phone can make, and the largest that phones verify each other with.
    fn default() -> Self {
        Self::Rsa(2048)
    }
}

/// A word that names no key a phone can be told to make.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{0}\" is no key for a phone: say rsa1024, rsa2048, rsa3072, rsa4096, secp256r1, secp384r1 or secp521r1"
)]
pub struct KeyError(String);

const KEYS: [(Key, &str); 7] = [
    (Key::Rsa(1024), "rsa1024"),
    (Key::Rsa(2048), "rsa2048"),
    (Key::Rsa(3072), "rsa3072"),
    (Key::Rsa(4096), "rsa4096"),
    (Key::P256, "secp256r1"),
    (Key::P384, "secp384r1"),
    (Key::P521, "secp521r1"),
];

impl FromStr for Key {
    type Err = KeyError;

    fn from_str(word: &str) -> Result<Self, KeyError> {
        let known = KEYS.iter().find(|(_, name)| *name == word);
        known.map(|(key, _)| *key).ok_or_else(|| KeyError(word.to_owned()))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match KEYS.iter().find(|(key, _)| key == self) {
            Some((_, name)) => f.pad(name),
            None => write!(f, "{self:?}"),
        }
    }
}

/// A password for a phone: 4 to 15 digits, which somebody types there. Never printed by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

/// A text that is no password for a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a password for a phone has 4 to 15 digits, and nothing else: that is all a phone lets people type")]
pub struct PasswordError;

impl Password {
    /// The password made of these digits.
    pub fn new(digits: impl Into<String>) -> Result<Self, PasswordError> {
        let digits = digits.into();
        let is_right = PASSWORD_DIGITS.contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        if is_right { Ok(Self(digits)) } else { Err(PasswordError) }
    }

    /// The digits, for those who store it or tell it to the person at the phone.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// Whether `typed` is it. Takes the same time for every wrong password.
    #[must_use]
    pub fn is(&self, typed: &[u8]) -> bool {
        let expected = self.0.as_bytes();
        let mut differs = u8::from(expected.len() != typed.len());
        for at in 0..*PASSWORD_DIGITS.end() {
            let pair = (expected.get(at).copied().unwrap_or(0), typed.get(at).copied().unwrap_or(0));
            differs |= pair.0 ^ pair.1;
        }
        std::hint::black_box(differs) == 0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(hidden)")
    }
}

/// How a phone must prove itself for what is scheduled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Required {
    /// By a password typed on it.
    Password(Password),
    /// Not at all: whoever gives its name gets its certificate.
    Nothing,
    /// By the certificate it holds: issued here, or from the factory.
    Certificate,
    /// By the certificate issued here.
    Lsc,
    /// By the certificate from the factory.
    Mic,
}

/// What is scheduled for one phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// What is to be done.
    pub operation: Operation,
    /// How the phone must prove itself.
    pub required: Required,
    /// Wrong passwords so far.
    pub failures: u8,
    /// When it is no longer to be done, in Unix seconds.
    pub until: Option<i64>,
}

impl Schedule {
    /// Nothing tried yet, and no end.
    #[must_use]
    pub fn new(operation: Operation, required: Required) -> Self {
        Self { operation, required, failures: 0, until: None }
    }

    /// Whether too many wrong passwords were tried.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.failures >= MOST_FAILURES
    }

    /// Whether its time is over.
    #[must_use]
    pub fn is_over(&self, now: i64) -> bool {
        self.until.is_some_and(|until| until < now)
    }
}

/// What is known of a phone's certificates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// What is scheduled.
    pub schedule: Option<Schedule>,
    /// The kind of key and the end of the certificate it holds, as far as is on record.
    pub held: Option<(Key, i64)>,
}

/// What a certificate that a phone showed amounts to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Proof {
    /// It showed none.
    #[default]
    Absent,
    /// It holds a certificate issued here, and the key to it.
    Lsc,
    /// It holds one from the factory, and the key to it.
    Mic,
    /// It showed one that is not its own, not valid, revoked, or without a right signature.
    Wrong,
}

/// How a phone proved itself.
#[derive(Clone, Copy, Default)]
pub struct Claim<'a> {
    /// What somebody typed.
    pub password: Option<&'a [u8]>,
    /// The certificate it showed.
    pub certificate: Proof,
    /// The certificate from the factory, shown for this session only.
    pub sudi: Proof,
}

/// What the phone is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Do this. Never [`Operation::Nothing`].
    Do(Operation),
    /// There is nothing to do.
    Nothing,
    /// Nobody knows this phone.
    Unknown,
    /// No, and why not.
    Refuse(Refusal),
}

/// Why a phone is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// Counts: after some of them the enrolment is locked.
    #[error("the password is wrong")]
    WrongPassword,
    /// Does not count: nobody guesses with an empty password.
    #[error("a password is required, and none was typed")]
    NoPassword,
    /// Until somebody schedules it again.
    #[error("the enrolment is locked after {MOST_FAILURES} wrong passwords; schedule it again")]
    Locked,
    /// Another way of proof is required.
    #[error("a certificate is required, and the phone showed none")]
    NoCertificate,
    /// A certificate, but of the other origin.
    #[error("a certificate of another kind is required than the phone showed")]
    OtherCertificate,
    /// Whatever is required: a false proof is no mistake of fingers.
    #[error("the phone showed a certificate that does not count")]
    WrongCertificate,
}

/// What to tell a phone. `known` is nothing for a phone nobody has heard of.
#[must_use]
pub fn decide(known: Option<&Known>, claim: &Claim<'_>, now: i64) -> Decision {
    let Some(known) = known else { return Decision::Unknown };
    if [claim.certificate, claim.sudi].contains(&Proof::Wrong) {
        return Decision::Refuse(Refusal::WrongCertificate);
    }
    let scheduled = known
        .schedule
        .as_ref()
        .filter(|schedule| schedule.operation != Operation::Nothing && !schedule.is_over(now));
    match scheduled {
        Some(schedule) => match proven(schedule, claim) {
            Ok(()) => Decision::Do(schedule.operation),
            Err(refusal) => Decision::Refuse(refusal),
        },
        None => renewal(known, claim, now),
    }
}

fn proven(schedule: &Schedule, claim: &Claim<'_>) -> Result<(), Refusal> {
    match &schedule.required {
        // Also the right password: otherwise the lock would only slow a guesser down.
        Required::Password(_) if schedule.is_locked() => Err(Refusal::Locked),
        Required::Password(password) => match claim.password {
            None => Err(Refusal::NoPassword),
            Some(typed) if password.is(typed) => Ok(()),
            Some(_) => Err(Refusal::WrongPassword),
        },
        Required::Nothing => Ok(()),
        Required::Certificate => by_certificate(claim, &[Proof::Lsc, Proof::Mic]),
        Required::Lsc => by_certificate(claim, &[Proof::Lsc]),
        Required::Mic => by_certificate(claim, &[Proof::Mic]),
    }
}

fn by_certificate(claim: &Claim<'_>, accepted: &[Proof]) -> Result<(), Refusal> {
    let shown = [claim.certificate, claim.sudi];
    if shown.iter().any(|proof| accepted.contains(proof)) {
        Ok(())
    } else if shown.iter().all(|proof| *proof == Proof::Absent) {
        Err(Refusal::NoCertificate)
    } else {
        Err(Refusal::OtherCertificate)
    }
}

/// A phone that comes by with a certificate issued here, shortly before that ends, gets the next one.
fn renewal(known: &Known, claim: &Claim<'_>, now: i64) -> Decision {
    match known.held {
        Some((key, end)) if claim.certificate == Proof::Lsc && end - now < RENEWAL => {
            Decision::Do(Operation::Install(key))
        }
        _ => Decision::Nothing,
    }
}
