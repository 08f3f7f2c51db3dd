//! The certificate of a phone as the API shows it.

use pki::Certificate;
use provision::enrol::{Operation, Required};
use provision::mac::Mac;
use serde::Serialize;
use utoipa::ToSchema;

use crate::enrol::{Held, Origin, Record};
use crate::trust::calendar;

/// A phone's certificate, and what is to become of it. Never its password.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(super) struct LscView {
    /// The phone.
    phone: String,
    /// What it is to do when it comes by next.
    pub(super) scheduled: Option<ScheduledView>,
    /// The certificate it holds.
    held: Option<HeldView>,
    /// A certificate that was handed out and not confirmed.
    handed_out: Option<String>,
    /// Serial numbers of certificates that prove nothing any more.
    revoked: Vec<String>,
    /// Whether its configuration is to be encrypted for it.
    encrypt: bool,
    /// How its configuration goes out, in words.
    configuration: String,
}

/// What a phone is to do.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ScheduledView {
    /// `install rsa2048`, `fetch`, `delete`.
    operation: String,
    /// How it proves itself: `password`, `none`, `certificate`, `lsc`, `mic`.
    proof: &'static str,
    /// Since when.
    since: String,
    /// Until when; null for as long as it takes.
    until: Option<String>,
    /// How many wrong passwords came.
    wrong_passwords: u8,
    /// Whether that were too many.
    locked: bool,
    /// Whether its time is over.
    over: bool,
}

/// A certificate that a phone holds.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HeldView {
    /// Whether it was issued here (`lsc`) or in the factory (`mic`).
    origin: &'static str,
    /// What key it has.
    key: String,
    /// Who issued it.
    issuer: String,
    /// Its serial number, in hexadecimal digits.
    serial: String,
    /// Until when it holds.
    not_after: String,
    /// Whether it holds now.
    valid: bool,
    /// Whether it proves nothing any more.
    revoked: bool,
    /// Its fingerprint.
    sha256: String,
}

fn operation(operation: Operation) -> String {
    match operation {
        Operation::Nothing => "nothing".to_owned(),
        Operation::Install(key) => format!("install {key}"),
        Operation::Fetch => "fetch".to_owned(),
        Operation::Delete => "delete".to_owned(),
    }
}

fn proof(required: &Required) -> &'static str {
    match required {
        Required::Password(_) => "password",
        Required::Nothing => "none",
        Required::Certificate => "certificate",
        Required::Lsc => "lsc",
        Required::Mic => "mic",
    }
}

impl LscView {
    pub(super) fn new(phone: Mac, record: &Record, now: i64) -> Self {
        let scheduled = record.scheduled.as_ref().map(|scheduled| ScheduledView {
            operation: operation(scheduled.schedule.operation),
            proof: proof(&scheduled.schedule.required),
            since: calendar::utc(scheduled.at),
            until: scheduled.schedule.until.map(calendar::utc),
            wrong_passwords: scheduled.schedule.failures,
            locked: scheduled.schedule.is_locked(),
            over: scheduled.schedule.is_over(now),
        });
        Self {
            phone: phone.device_name(),
            scheduled,
            held: record
                .held
                .as_ref()
                .map(|held| HeldView::new(held, record.has_revoked(&held.certificate), now)),
            handed_out: record.issued.as_ref().map(|issued| serial(&issued.certificate)),
            revoked: record.revoked.iter().map(|revoked| revoked.serial.clone()).collect(),
            encrypt: record.encrypt,
            configuration: record.protection().words().to_string(),
        }
    }
}

fn serial(certificate: &Certificate) -> String {
    pki::digest::hex(certificate.serial())
}

impl HeldView {
    fn new(held: &Held, revoked: bool, now: i64) -> Self {
        let certificate = &held.certificate;
        Self {
            origin: if held.origin == Origin::Lsc { "lsc" } else { "mic" },
            key: certificate.key_kind().to_string(),
            issuer: certificate.issuer().to_owned(),
            serial: serial(certificate),
            not_after: calendar::utc(certificate.not_after()),
            valid: certificate.is_valid_at(now),
            revoked,
            sha256: certificate.sha256_hex(),
        }
    }
}
