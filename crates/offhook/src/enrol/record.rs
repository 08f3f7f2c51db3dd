//! What is kept of one phone: `SEP….toml`, written whole or not at all.

use pki::Certificate;
use provision::enrol::{Key, Known, Operation, Password, Required, Schedule};
use serde::{Deserialize, Serialize};

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

/// A certificate that no longer proves anything. By issuer and number: bytes can be changed without breaking a signature.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Revoked {
    /// Its number, in hexadecimal.
    pub serial: String,
    /// Who issued it.
    pub issuer: String,
    /// When it was revoked, in Unix seconds.
    pub at: i64,
}

/// How a session ended.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Last {
    /// When, in Unix seconds.
    pub at: i64,
    /// From which address.
    pub peer: String,
    /// What came of it, in words.
    pub result: String,
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

/// The file as written.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    encrypt: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    scheduled: Option<WrittenSchedule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issued: Option<WrittenCertificate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    held: Option<WrittenCertificate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<Last>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    revoked: Vec<Revoked>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct WrittenSchedule {
    operation: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    proof: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
    #[serde(default)]
    failures: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<i64>,
    at: i64,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct WrittenCertificate {
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<Origin>,
    at: i64,
    certificate: String,
}

impl Written {
    pub(super) fn of(record: &Record) -> Self {
        let certificate = |certificate: &Certificate, origin, at| WrittenCertificate {
            origin,
            at,
            certificate: String::from_utf8_lossy(&certificate.to_pem()).into_owned(),
        };
        Self {
            encrypt: record.encrypt,
            scheduled: record.scheduled.as_ref().map(WrittenSchedule::of),
            issued: record.issued.as_ref().map(|issued| certificate(&issued.certificate, None, issued.at)),
            held: record.held.as_ref().map(|held| certificate(&held.certificate, Some(held.origin), held.at)),
            last: record.last.clone(),
            revoked: record.revoked.clone(),
        }
    }

    pub(super) fn record(self) -> Result<Record, String> {
        let issued =
            self.issued.map(|issued| Ok::<_, String>(Issued { certificate: issued.read()?, at: issued.at }));
        let held = self.held.map(|held| {
            let origin = held.origin.ok_or("the certificate it holds has no origin")?;
            Ok::<_, String>(Held { certificate: held.read()?, origin, at: held.at })
        });
        Ok(Record {
            scheduled: self.scheduled.map(WrittenSchedule::scheduled).transpose()?,
            issued: issued.transpose()?,
            held: held.transpose()?,
            revoked: self.revoked,
            last: self.last,
            encrypt: self.encrypt,
        })
    }
}

impl WrittenCertificate {
    fn read(&self) -> Result<Certificate, String> {
        Certificate::from_pem(self.certificate.as_bytes()).map_err(|error| error.to_string())
    }
}

impl WrittenSchedule {
    fn of(scheduled: &Scheduled) -> Self {
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
        Self {
            operation: operation.to_owned(),
            key,
            proof: proof.to_owned(),
            password,
            failures: *failures,
            until: *until,
            at: scheduled.at,
        }
    }

    fn scheduled(self) -> Result<Scheduled, String> {
        let operation = match self.operation.as_str() {
            "nothing" => Operation::Nothing,
            "install" => {
                let key = self.key.map_or(Ok(Key::default()), |key| key.parse());
                Operation::Install(key.map_err(|error| error.to_string())?)
            }
            "fetch" => Operation::Fetch,
            "delete" => Operation::Delete,
            other => {
                return Err(format!("\"{other}\" is no operation: install, fetch, delete and nothing are"));
            }
        };
        let required = match self.proof.as_str() {
            "password" => {
                let digits = self.password.ok_or("a proof by password needs a password")?;
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
        let schedule = Schedule { operation, required, failures: self.failures, until: self.until };
        Ok(Scheduled { schedule, at: self.at })
    }
}
