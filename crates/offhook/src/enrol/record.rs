//! What is kept of one phone, and what that means.

use pki::Certificate;
use provision::enrol::{Key, Known, Operation, Password, Required, Schedule};
use provision::mac::Mac;
use serde::{Deserialize, Serialize};
use store::Enrolment;
pub use store::{LastSession as Last, Revoked};

/// Everything about one phone's certificates.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// What is to be done, and since when.
    pub scheduled: Option<Scheduled>,
    /// A certificate that was handed out, while the phone has not said that it stored it.
    pub issued: Option<Issued>,
    /// The certificate the phone holds.
    pub held: Option<Held>,
    /// Certificates that no longer prove anything.
    pub revoked: Vec<Revoked>,
    /// How the last session ended.
    pub last: Option<Last>,
    /// Whether its configuration is to be encrypted, once it holds a certificate that allows it.
    pub encrypt: bool,
    /// The session that may go on, of all servers: the newest that proved itself.
    pub session: Option<i64>,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheduled {
    /// What, and how the phone proves itself.
    pub schedule: Schedule,
    /// When it was scheduled, in Unix seconds.
    pub at: i64,
}

/// A certificate that was handed out.
#[derive(Clone, Debug, PartialEq)]
pub struct Issued {
    /// The certificate.
    pub certificate: Certificate,
    /// When, in Unix seconds.
    pub at: i64,
}

/// The certificate a phone holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// The certificate.
    pub certificate: Certificate,
    /// Whose it is.
    pub origin: Origin,
    /// Since when that is known, in Unix seconds.
    pub at: i64,
}

/// Where a phone's certificate is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// Issued here.
    Lsc,
    /// From the factory.
    Mic,
}

impl Record {
    /// What the decision needs of it.
    #[must_use]
    pub fn known(&self) -> Known {
        let lsc = self.held.as_ref().filter(|held| held.origin == Origin::Lsc);
        Known {
            schedule: self.scheduled.as_ref().map(|scheduled| scheduled.schedule.clone()),
            held: lsc.and_then(|held| Some((key_of(&held.certificate)?, held.certificate.not_after()))),
        }
    }

    /// Whether this certificate was revoked.
    #[must_use]
    pub fn has_revoked(&self, certificate: &Certificate) -> bool {
        let serial = pki::digest::hex(certificate.serial());
        self.revoked.iter().any(|revoked| revoked.serial == serial && revoked.issuer == certificate.issuer())
    }

    /// Revokes a certificate; once is enough.
    pub fn revoke(&mut self, certificate: &Certificate, now: i64) {
        if !self.has_revoked(certificate) {
            let serial = pki::digest::hex(certificate.serial());
            self.revoked.push(Revoked { serial, issuer: certificate.issuer().to_owned(), at: now });
        }
    }

    /// How the phone's configuration is protected.
    #[must_use]
    pub fn protection(&self) -> Protection {
        let held = self.held.as_ref().map(|held| &held.certificate);
        match held {
            _ if !self.encrypt => Protection::Off,
            // After its end, too: the phone still has the key, and would be locked out otherwise.
            Some(held) if held.key_kind().is_rsa() && !self.has_revoked(held) => Protection::To(held.clone()),
            // Whoever has a revoked key must not get in the clear what it could no longer decrypt.
            Some(held) if self.has_revoked(held) => Protection::Enrol,
            _ if self.scheduled.is_some() => Protection::Enrol,
            _ => Protection::Impossible,
        }
    }
}

/// How a phone's configuration is protected.
#[derive(Clone, Debug, PartialEq)]
pub enum Protection {
    /// It is not to be encrypted.
    Off,
    /// It is encrypted to this certificate.
    To(Certificate),
    /// It waits until the phone has enrolled; until then a stub says how.
    Enrol,
    /// It is to be encrypted, and never could be: no certificate with an RSA key is on record, and nothing is scheduled. The
    /// phone gets it signed only.
    Impossible,
}

impl Protection {
    /// In words for people.
    #[must_use]
    pub fn words(&self) -> &'static str {
        match self {
            Self::Off => "not encrypted",
            Self::To(_) => "encrypted",
            Self::Enrol => "withheld until the phone has enrolled",
            Self::Impossible => {
                "to be encrypted, but signed only: no certificate with an RSA key, and none is scheduled"
            }
        }
    }
}

/// The key of a certificate, as phones can be told to make it again.
fn key_of(certificate: &Certificate) -> Option<Key> {
    match certificate.key_kind() {
        pki::KeyKind::Rsa(bits) => format!("rsa{bits}").parse().ok(),
        pki::KeyKind::Ec(pki::Curve::P256) => Some(Key::P256),
        pki::KeyKind::Ec(pki::Curve::P384) => Some(Key::P384),
        pki::KeyKind::Ec(pki::Curve::P521) => Some(Key::P521),
    }
}

impl Record {
    /// The record that stands in the database.
    pub(super) fn read(kept: &Enrolment) -> Result<Self, String> {
        let certificate = |der: &[u8]| Certificate::from_der(der).map_err(|error| error.to_string());
        let issued = kept.issued.as_ref().map(|issued| {
            Ok::<_, String>(Issued { certificate: certificate(&issued.certificate)?, at: issued.at })
        });
        let held = kept.held.as_ref().map(|held| {
            let origin = Origin::read(&held.origin)?;
            Ok::<_, String>(Held { certificate: certificate(&held.certificate)?, origin, at: held.at })
        });
        Ok(Self {
            scheduled: kept.scheduled.clone().map(read_scheduled).transpose()?,
            issued: issued.transpose()?,
            held: held.transpose()?,
            revoked: kept.revoked.clone(),
            last: kept.last.clone(),
            encrypt: kept.encrypt,
            session: kept.session,
        })
    }

    /// As it stands in the database.
    pub(super) fn write(&self, mac: Mac) -> Enrolment {
        let issued =
            |issued: &Issued| store::Issued { certificate: issued.certificate.der().to_vec(), at: issued.at };
        let held = |held: &Held| store::Held {
            certificate: held.certificate.der().to_vec(),
            origin: held.origin.word().to_owned(),
            at: held.at,
            ends: held.certificate.not_after(),
        };
        Enrolment {
            encrypt: self.encrypt,
            scheduled: self.scheduled.as_ref().map(write_scheduled),
            issued: self.issued.as_ref().map(issued),
            held: self.held.as_ref().map(held),
            revoked: self.revoked.clone(),
            last: self.last.clone(),
            session: self.session,
            ..Enrolment::new(mac)
        }
    }
}

impl Origin {
    fn word(self) -> &'static str {
        match self {
            Self::Lsc => "lsc",
            Self::Mic => "mic",
        }
    }

    pub(super) fn read(word: &str) -> Result<Self, String> {
        match word {
            "lsc" => Ok(Self::Lsc),
            "mic" => Ok(Self::Mic),
            other => Err(format!("\"{other}\" is no origin of a certificate: lsc and mic are")),
        }
    }
}

fn write_scheduled(scheduled: &Scheduled) -> store::Scheduled {
    let Schedule { operation, required, failures, until } = &scheduled.schedule;
    let (operation, key) = match operation {
        Operation::Nothing => ("nothing", None),
        Operation::Install(key) => ("install", Some(key.to_string())),
        Operation::Fetch => ("fetch", None),
        Operation::Delete => ("delete", None),
    };
    let (proof, password) = match required {
        Required::Password(password) => ("password", Some(password.digits().to_owned())),
        Required::Nothing => ("none", None),
        Required::Certificate => ("certificate", None),
        Required::Lsc => ("lsc", None),
        Required::Mic => ("mic", None),
    };
    store::Scheduled {
        operation: operation.to_owned(),
        key,
        proof: proof.to_owned(),
        password,
        failures: *failures,
        until: *until,
        at: scheduled.at,
    }
}

pub(super) fn read_scheduled(kept: store::Scheduled) -> Result<Scheduled, String> {
    let operation = match kept.operation.as_str() {
        "nothing" => Operation::Nothing,
        "install" => {
            let key = kept.key.map_or(Ok(Key::default()), |key| key.parse());
            Operation::Install(key.map_err(|error| error.to_string())?)
        }
        "fetch" => Operation::Fetch,
        "delete" => Operation::Delete,
        other => {
            return Err(format!("\"{other}\" is no operation: install, fetch, delete and nothing are"));
        }
    };
    let required = match kept.proof.as_str() {
        "password" => {
            let digits = kept.password.ok_or("a proof by password needs a password")?;
            Required::Password(Password::new(digits).map_err(|error| error.to_string())?)
        }
        "none" => Required::Nothing,
        "certificate" => Required::Certificate,
        "lsc" => Required::Lsc,
        "mic" => Required::Mic,
        other => {
            return Err(format!("\"{other}\" is no proof: password, none, certificate, lsc and mic are"));
        }
    };
    let schedule = Schedule { operation, required, failures: kept.failures, until: kept.until };
    Ok(Scheduled { schedule, at: kept.at })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use pki::{Identity, KeyKind, Request, Subject};

    use super::*;

    const PHONE: Mac = Mac::new([0x58, 0x97, 0x1E, 0xCC, 0x97, 0xC1]);

    fn certificate() -> Certificate {
        let subject = Subject { cn: PHONE.device_name(), o: "o".into(), ou: "u".into() };
        let key = KeyKind::Ec(pki::Curve::P256);
        let request = Request { subject, names: Vec::new(), key, days: 30 };
        Identity::self_signed(&request, 1_790_000_000).unwrap().certificate
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let certificate = certificate();
        for (operation, required) in [
            (Operation::Nothing, Required::Nothing),
            (Operation::Install(Key::P384), Required::Password(Password::new("123456").unwrap())),
            (Operation::Fetch, Required::Certificate),
            (Operation::Delete, Required::Lsc),
            (Operation::Install(Key::Rsa(4096)), Required::Mic),
        ] {
            let mut schedule = Schedule::new(operation, required);
            (schedule.failures, schedule.until) = (2, Some(1_800_000_000));
            let mut record = Record {
                scheduled: Some(Scheduled { schedule, at: 1_790_000_001 }),
                issued: Some(Issued { certificate: certificate.clone(), at: 1_790_000_002 }),
                held: Some(Held { certificate: certificate.clone(), origin: Origin::Mic, at: 1_790_000_003 }),
                revoked: Vec::new(),
                last: Some(Last { at: 5, peer: "192.0.2.1".into(), result: "installed".into() }),
                encrypt: true,
                session: Some(7),
            };
            record.revoke(&certificate, 9);
            let written = record.write(PHONE);
            assert_eq!(written.held.as_ref().unwrap().ends, certificate.not_after());
            assert_eq!(Record::read(&written).unwrap(), record);
        }
        assert_eq!(Record::read(&Enrolment::new(PHONE)).unwrap(), Record::default());
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        let scheduled = |operation: &str, key: Option<&str>, proof: &str| store::Scheduled {
            operation: operation.into(),
            key: key.map(str::to_owned),
            proof: proof.into(),
            password: None,
            failures: 0,
            until: None,
            at: 1,
        };
        for (kept, problem) in [
            (scheduled("paint", None, "none"), "\"paint\" is no operation"),
            (scheduled("fetch", None, "smile"), "\"smile\" is no proof"),
            (scheduled("fetch", None, "password"), "needs a password"),
            (scheduled("install", Some("rsa512"), "none"), "rsa512"),
        ] {
            let kept = Enrolment { scheduled: Some(kept), ..Enrolment::new(PHONE) };
            assert!(Record::read(&kept).unwrap_err().contains(problem), "{problem}");
        }
        let held = |certificate: Vec<u8>, origin: &str| Enrolment {
            held: Some(store::Held { certificate, origin: origin.into(), at: 1, ends: 2 }),
            ..Enrolment::new(PHONE)
        };
        assert!(Record::read(&held(vec![1], "lsc")).unwrap_err().contains("not a certificate"));
        let odd = held(certificate().der().to_vec(), "found");
        assert!(Record::read(&odd).unwrap_err().contains("\"found\" is no origin"));
    }
}
