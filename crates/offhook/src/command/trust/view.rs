//! A trust list as it is printed.

use std::fmt;

use pki::{Certificate, digest};
use serde::Serialize;
use wire::trust_list::{Record, TrustList};

use crate::command::output::Table;
use crate::trust::calendar;

/// A trust list, for people and programs.
#[derive(Debug, Serialize)]
pub(super) struct ListView {
    kind: String,
    version: String,
    digest: String,
    timestamp: u32,
    time: String,
    bytes: usize,
    signer: SignerView,
    records: Vec<RecordView>,
}

/// A signer as a header names it.
#[derive(Debug, Serialize)]
pub(in crate::command) struct SignerView {
    pub(in crate::command) subject: String,
    pub(in crate::command) issuer: String,
    pub(in crate::command) serial: String,
}

#[derive(Debug, Serialize)]
struct RecordView {
    role: String,
    subject: String,
    issuer: String,
    serial: String,
    key: Option<String>,
    not_after: Option<String>,
    sha256: Option<String>,
}

impl ListView {
    pub(super) fn new(list: &TrustList<'_>, bytes: usize) -> Self {
        Self {
            kind: list.kind.to_string(),
            version: list.signer_version.to_string(),
            digest: list.digest.to_string(),
            timestamp: list.timestamp,
            time: calendar::utc(list.timestamp.into()),
            bytes,
            signer: SignerView::new(&list.signer),
            records: list.records.iter().map(RecordView::new).collect(),
        }
    }
}

impl SignerView {
    pub(in crate::command) fn new(signer: &wire::signature::Signer) -> Self {
        Self {
            subject: signer.subject.clone(),
            issuer: signer.issuer.clone(),
            serial: digest::hex(&signer.serial),
        }
    }
}

impl fmt::Display for SignerView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} serial {}", self.subject, self.serial)
    }
}

impl RecordView {
    fn new(record: &Record) -> Self {
        let certificate = record.certificate.as_ref().and_then(|der| Certificate::from_der(der).ok());
        let certificate = certificate.as_ref();
        Self {
            role: record.role.to_string(),
            subject: record.subject.clone(),
            issuer: record.issuer.clone(),
            serial: digest::hex(&record.serial),
            key: certificate.map(|certificate| certificate.key_kind().to_string()),
            not_after: certificate.map(|certificate| calendar::utc(certificate.not_after())),
            sha256: certificate.map(Certificate::sha256_hex),
        }
    }
}

impl fmt::Display for ListView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "list      {} version {}, {} bytes", self.kind, self.version, self.bytes)?;
        writeln!(f, "signed    {} ({}) with {}", self.time, self.timestamp, self.digest)?;
        writeln!(f, "signer    {}\n", self.signer)?;
        let mut table = Table::new(["ROLE", "SUBJECT", "KEY", "VALID UNTIL", "SERIAL"]);
        for record in &self.records {
            let key = record.key.as_deref().unwrap_or("-");
            let until = record.not_after.as_deref().map_or("-", |time| &time[..10]);
            table.row([record.role.as_str(), &record.subject, key, until, &record.serial]);
        }
        table.fmt(f)
    }
}
