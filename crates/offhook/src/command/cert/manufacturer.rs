//! `offhook cert manufacturer`: who made the phones, for those that prove themselves by the certificate from the factory.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use pki::Certificate;
use pki::chain::Manufacturer;
use serde_json::json;

use super::pick;
use crate::command::Context;
use crate::command::output::Table;
use crate::enrol::{Maker, Vouchers};
use crate::trust::calendar;

/// Bring along, list and remove the certificates of phone manufacturers
///
/// A phone that proves itself by the certificate from the factory enrols only when the one who signed that is here: the
/// manufacturer publishes these, such as Cisco Manufacturing CA and Cisco Manufacturing CA SHA2.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Bring one along, or several in one file
    Add {
        /// A name for it.
        name: String,
        /// The certificate, PEM or DER; of a file with several, all.
        certificate: PathBuf,
        /// Phones count also after their certificate, or the manufacturer's, has ended: most old phones' have.
        #[arg(long)]
        allow_expired: bool,
    },
    /// List those that are here
    List,
    /// Let phones of one no longer count
    Remove {
        /// Its name in the list.
        name: String,
    },
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let vouchers = Vouchers::open(&context.resolved()?.data_dir);
        match self.verb {
            Verb::Add { name, certificate, allow_expired } => {
                pick::check_name(&name)?;
                add(&vouchers, &name, &certificate, allow_expired, context)
            }
            Verb::List => list(&vouchers, context),
            Verb::Remove { name } => remove(&vouchers, &name, context),
        }
    }
}

fn add(
    vouchers: &Vouchers,
    name: &str,
    file: &std::path::Path,
    allow_expired: bool,
    context: &Context,
) -> anyhow::Result<ExitCode> {
    let bytes = pki::files::read(file)?;
    let read = if bytes.first() == Some(&0x30) {
        Certificate::from_der(&bytes).map(|one| vec![one])
    } else {
        Certificate::all_from_pem(&bytes)
    };
    let certificates = read.with_context(|| file.display().to_string())?;
    let (mut lines, mut told) = (Vec::new(), Vec::new());
    for (number, certificate) in (1..).zip(certificates) {
        let name = if number == 1 { name.to_owned() } else { format!("{name}-{number}") };
        let subject = certificate.subject().to_owned();
        let path = vouchers.import(&name, &Manufacturer { certificate, allow_expired })?;
        lines.push(format!("{}: {subject}", path.display()));
        told.push(json!({ "name": name, "file": path, "subject": subject, "allow_expired": allow_expired }));
    }
    context.output.show(lines.join("\n"), &told)?;
    Ok(ExitCode::SUCCESS)
}

fn list(vouchers: &Vouchers, context: &Context) -> anyhow::Result<ExitCode> {
    let makers = vouchers.makers()?;
    let mut table = Table::new(["NAME", "VALID UNTIL", "EXPIRED PHONES", "SUBJECT"]);
    let mut told = Vec::new();
    for Maker { name, manufacturer } in &makers {
        let Manufacturer { certificate, allow_expired } = manufacturer;
        let until = calendar::day(certificate.not_after());
        let word = if *allow_expired { "count" } else { "do not count" };
        table.row([name.as_str(), &until, word, certificate.subject()]);
        told.push(json!({
            "name": name,
            "subject": certificate.subject(),
            "not_after": calendar::utc(certificate.not_after()),
            "allow_expired": allow_expired,
            "sha256": certificate.sha256_hex(),
        }));
    }
    if makers.is_empty() {
        context
            .output
            .show("no manufacturer is here; `offhook cert manufacturer add` brings one along", &told)?;
    } else {
        context.output.show(table, &told)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn remove(vouchers: &Vouchers, name: &str, context: &Context) -> anyhow::Result<ExitCode> {
    ensure!(
        vouchers.remove(name)?,
        "there is no manufacturer {name}; `offhook cert manufacturer list` lists them"
    );
    context.output.show(format!("{name} removed"), &json!({ "removed": name }))?;
    Ok(ExitCode::SUCCESS)
}
