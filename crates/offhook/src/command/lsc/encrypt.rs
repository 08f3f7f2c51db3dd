//! `offhook lsc encrypt`: whether the configurations of phones are encrypted to their certificates.

use std::process::ExitCode;

use serde_json::json;

use super::pick::{self, Phones};
use crate::command::Context;

/// Encrypt the configurations of phones, once they hold a certificate with an RSA key
///
/// Such a phone is given its configuration as `.enc.sgn`. Until it holds its certificate it is given a stub that sends it to
/// enrol, as long as an installation is scheduled; without one it would wait for ever, and gets the signed file as before.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    phones: Phones,
    /// No longer: phones are told that there is no encrypted file, and take the signed one.
    #[arg(long)]
    off: bool,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let enrolments = pick::enrolments(context)?;
        let (mut lines, mut told) = (Vec::new(), Vec::new());
        for phone in self.phones.find(context)? {
            let name = phone.device_name();
            let words = enrolments.change(phone, |record| {
                record.encrypt = !self.off;
                record.protection().words()
            })?;
            lines.push(format!("{name}: {words}"));
            told.push(json!({ "phone": name, "encrypt": !self.off, "configuration": words }));
        }
        context.output.show(lines.join("\n"), &told)?;
        Ok(ExitCode::SUCCESS)
    }
}
