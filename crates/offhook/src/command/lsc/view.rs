//! How a phone's enrolment is printed.

use std::fmt;

use pki::Certificate;
use provision::enrol::{Operation, Required};
use provision::mac::Mac;
use serde::Serialize;

use crate::command::output::Table;
use crate::enrol::{Last, Origin, Record};
use crate::trust::calendar;

/// A phone's enrolment, without its password.
#[derive(Debug, Serialize)]
pub(super) struct View {
    pub(super) phone: String,
    pub(super) scheduled: Option<Scheduled>,
    pub(super) held: Option<Held>,
    /// A certificate is on its way, or was lost on it.
    pub(super) handed_out: Option<Handed>,
    pub(super) revoked: Vec<String>,
    pub(super) encrypt: bool,
    pub(super) configuration: &'static str,
    pub(super) last: Option<Seen>,
}

#[derive(Debug, Serialize)]
pub(super) struct Scheduled {
    pub(super) operation: String,
    pub(super) proof: &'static str,
    pub(super) since: String,
    pub(super) until: Option<String>,
    pub(super) wrong_passwords: u8,
    pub(super) locked: bool,
    pub(super) over: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct Held {
    pub(super) origin: Origin,
    pub(super) key: String,
    pub(super) issuer: String,
    pub(super) serial: String,
    pub(super) not_before: String,
    pub(super) not_after: String,
    pub(super) valid: bool,
    pub(super) revoked: bool,
    pub(super) since: String,
    pub(super) md5: String,
    pub(super) sha256: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Handed {
    pub(super) serial: String,
    pub(super) at: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Seen {
    at: String,
    peer: String,
    result: String,
}

impl View {
    pub(super) fn new(phone: Mac, record: &Record, now: i64) -> Self {
        Self {
            phone: phone.device_name(),
            scheduled: record.scheduled.as_ref().map(|scheduled| Scheduled {
                operation: operation(scheduled.schedule.operation),
                proof: proof(&scheduled.schedule.required),
                since: calendar::utc(scheduled.at),
                until: scheduled.schedule.until.map(calendar::utc),
                wrong_passwords: scheduled.schedule.failures,
                locked: scheduled.schedule.is_locked(),
                over: scheduled.schedule.is_over(now),
            }),
            held: record.held.as_ref().map(|held| {
                Held::new(&held.certificate, held.origin, held.at, record.has_revoked(&held.certificate), now)
            }),
            handed_out: record.issued.as_ref().map(|issued| Handed {
                serial: pki::digest::hex(issued.certificate.serial()),
                at: calendar::utc(issued.at),
            }),
            revoked: record.revoked.iter().map(|revoked| revoked.serial.clone()).collect(),
            encrypt: record.encrypt,
            configuration: record.protection().words(),
            last: record.last.as_ref().map(|Last { at, peer, result }| Seen {
                at: calendar::utc(*at),
                peer: peer.clone(),
                result: result.clone(),
            }),
        }
    }

    /// What it waits for, in few words.
    pub(super) fn waits_for(&self) -> String {
        match &self.scheduled {
            None => "-".to_owned(),
            Some(scheduled) if scheduled.locked => format!("{} (locked)", scheduled.operation),
            Some(scheduled) if scheduled.over => format!("{} (over)", scheduled.operation),
            Some(scheduled) => scheduled.operation.clone(),
        }
    }

    /// What came of its last session.
    pub(super) fn last_result(&self) -> Option<&str> {
        self.last.as_ref().map(|last| last.result.as_str())
    }

    /// Until when its certificate holds, in few words.
    pub(super) fn holds_until(&self) -> String {
        match &self.held {
            None => "-".to_owned(),
            Some(held) if held.revoked => "revoked".to_owned(),
            Some(held) if held.valid => held.not_after[..10].to_owned(),
            Some(held) => format!("not valid ({})", &held.not_after[..10]),
        }
    }
}

impl Held {
    fn new(certificate: &Certificate, origin: Origin, at: i64, revoked: bool, now: i64) -> Self {
        Self {
            origin,
            key: certificate.key_kind().to_string(),
            issuer: certificate.issuer().to_owned(),
            serial: pki::digest::hex(certificate.serial()),
            not_before: calendar::utc(certificate.not_before()),
            not_after: calendar::utc(certificate.not_after()),
            valid: certificate.is_valid_at(now),
            revoked,
            since: calendar::utc(at),
            md5: certificate.md5_hex(),
            sha256: certificate.sha256_hex(),
        }
    }
}

fn operation(operation: Operation) -> String {
    match operation {
        Operation::Nothing => "nothing".to_owned(),
        Operation::Install(key) => format!("install {key}"),
        Operation::Fetch => "fetch".to_owned(),
        Operation::Delete => "delete".to_owned(),
    }
}

pub(super) fn proof(required: &Required) -> &'static str {
    match required {
        Required::Password(_) => "password",
        Required::Nothing => "none",
        Required::Certificate => "certificate",
        Required::Lsc => "lsc",
        Required::Mic => "mic",
    }
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows: Vec<(&str, String)> = Vec::new();
        match &self.scheduled {
            Some(scheduled) => {
                rows.push(("scheduled", format!("{} since {}", self.waits_for(), scheduled.since)));
                rows.push(("proof", scheduled.proof.to_owned()));
                rows.extend(scheduled.until.clone().map(|until| ("until", until)));
                if scheduled.wrong_passwords > 0 {
                    rows.push(("wrong passwords", scheduled.wrong_passwords.to_string()));
                }
            }
            None => rows.push(("scheduled", "nothing".to_owned())),
        }
        match &self.held {
            Some(held) => {
                let from = if held.origin == Origin::Lsc { "issued here" } else { "from the factory" };
                rows.push(("certificate", format!("{}, {from}", held.key)));
                rows.push(("issuer", held.issuer.clone()));
                rows.push(("serial", held.serial.clone()));
                rows.push(("valid", format!("{} to {}", held.not_before, held.not_after)));
                if held.revoked || !held.valid {
                    let word = if held.revoked { "it is revoked" } else { "it is not valid now" };
                    rows.push(("", word.to_owned()));
                }
                rows.push(("md5 (certHash)", held.md5.clone()));
                rows.push(("sha256", held.sha256.clone()));
            }
            None => rows.push(("certificate", "none on record".to_owned())),
        }
        if let Some(handed) = &self.handed_out {
            rows.push(("handed out", format!("{} at {}, not confirmed", handed.serial, handed.at)));
        }
        if !self.revoked.is_empty() {
            rows.push(("revoked", self.revoked.join(" ")));
        }
        rows.push(("configuration", self.configuration.to_owned()));
        if let Some(last) = &self.last {
            rows.push(("last session", format!("{} from {}: {}", last.at, last.peer, last.result)));
        }
        let mut table = Table::new(["", ""]);
        for (name, value) in rows {
            table.row([format!("  {name}"), value]);
        }
        let table = table.to_string();
        write!(f, "{}{table}", self.phone)
    }
}
