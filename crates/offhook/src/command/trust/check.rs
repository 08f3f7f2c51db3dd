//! `offhook trust verify`: would a phone take this list?

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use pki::Certificate;
use serde::Serialize;
use wire::trust_list::{Record, Role, TrustList};

use crate::command::Context;
use crate::trust::calendar;

/// Verify a trust list as a phone would, and some more
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The list.
    file: PathBuf,
    /// The list a phone holds already: the new one must be signed by one of its SASTs.
    #[arg(long, value_name = "LIST")]
    against: Option<PathBuf>,
}

/// What was looked at, and what came out.
#[derive(Debug, Serialize)]
pub(in crate::command) struct Report {
    /// Whether a phone would take it.
    good: bool,
    checks: Vec<Check>,
    /// What is odd, but no reason to refuse it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Check {
    check: String,
    good: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let bytes = pki::files::read(&self.file)?;
        let held = self.against.as_deref().map(pki::files::read).transpose()?;
        let held = held
            .as_deref()
            .zip(self.against.as_deref())
            .map(|(bytes, path)| parse(bytes, path))
            .transpose()?;
        let report = list(&parse(&bytes, &self.file)?, held.as_ref());
        context.output.show(&report, &report)?;
        Ok(report.exit_code())
    }
}

/// Reads a list, or says that the file is none.
pub(in crate::command) fn parse<'a>(bytes: &'a [u8], path: &Path) -> anyhow::Result<TrustList<'a>> {
    TrustList::parse(bytes).with_context(|| format!("{} is not a trust list", path.display()))
}

/// Verifies a list, by itself and against the one a phone holds.
pub(in crate::command) fn list(list: &TrustList<'_>, held: Option<&TrustList<'_>>) -> Report {
    let mut report = Report::new();
    report.check("it keeps the rules phones enforce", list.check_rules());
    for record in &list.records {
        report.check(
            &format!("the record of {} ({}) is its certificate's", record.subject, record.role),
            same(record),
        );
        report.note_validity(record);
    }
    report.check("its own SAST signed it", signed(list, list));
    if let Some(held) = held {
        report.check("a SAST of the list the phone holds signed it", signed(list, held));
        report.check("it is not older than the list the phone holds", not_older(list, held));
    }
    report
}

/// Whether a SAST of `by` signed `list`.
pub(in crate::command) fn signed(list: &TrustList<'_>, by: &TrustList<'_>) -> Result<(), String> {
    let sast = by.records.iter().find(|record| {
        record.role == Role::Sast
            && record.issuer == list.signer.issuer
            && record.serial == list.signer.serial
    });
    let sast = sast.ok_or_else(|| format!("the signer {} is not among its SASTs", list.signer.subject))?;
    let signer = certificate(sast)?;
    pki::verify(list.signed_parts(), list.digest, list.signature, &signer).map_err(|error| error.to_string())
}

/// The certificate a record carries.
pub(in crate::command) fn certificate(record: &Record) -> Result<Certificate, String> {
    let der = record
        .certificate
        .as_ref()
        .ok_or_else(|| format!("the record of {} has no certificate", record.subject))?;
    Certificate::from_der(der).map_err(|error| format!("{}: {error}", record.subject))
}

fn not_older(list: &TrustList<'_>, held: &TrustList<'_>) -> Result<(), String> {
    if list.timestamp >= held.timestamp {
        return Ok(());
    }
    Err(format!(
        "{} is before {}",
        calendar::utc(list.timestamp.into()),
        calendar::utc(held.timestamp.into())
    ))
}

/// What a record says beside its certificate must be what the certificate says.
fn same(record: &Record) -> Result<(), String> {
    let certificate = certificate(record)?;
    let told = certificate.record(record.role);
    for (what, is_same) in [
        ("subject", told.subject == record.subject),
        ("issuer", told.issuer == record.issuer),
        ("serial number", told.serial == record.serial),
        ("public key", told.public_key == record.public_key),
        ("signature", told.signature == record.signature),
    ] {
        if !is_same {
            return Err(format!("its {what} is not the one in the certificate"));
        }
    }
    Ok(())
}

impl Report {
    pub(in crate::command) fn new() -> Self {
        Self { good: true, checks: Vec::new(), notes: Vec::new() }
    }

    pub(in crate::command) fn check<E: fmt::Display>(&mut self, check: &str, outcome: Result<(), E>) {
        let problem = outcome.err().map(|error| error.to_string());
        self.good &= problem.is_none();
        self.checks.push(Check { check: check.to_owned(), good: problem.is_none(), problem });
    }

    pub(in crate::command) fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// Phones that have no time yet must take a list, so dates refuse nothing.
    fn note_validity(&mut self, record: &Record) {
        if let Ok(certificate) = certificate(record)
            && !certificate.is_valid_at(calendar::now())
        {
            let (from, until) =
                (calendar::utc(certificate.not_before()), calendar::utc(certificate.not_after()));
            self.note(format!(
                "the certificate of {} is valid from {from} to {until}, and not now",
                record.subject
            ));
        }
    }

    pub(in crate::command) fn exit_code(&self) -> ExitCode {
        if self.good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for check in &self.checks {
            match &check.problem {
                None => writeln!(f, "yes   {}", check.check)?,
                Some(problem) => writeln!(f, "NO    {}: {problem}", check.check)?,
            }
        }
        for note in &self.notes {
            writeln!(f, "note  {note}")?;
        }
        f.write_str(if self.good { "A phone would take it." } else { "A phone would refuse it." })
    }
}
