//! `offhook lsc encrypt`: whether the configurations of phones are encrypted to their certificates.

use std::process::ExitCode;

use serde_json::json;

use super::pick::{Book, Phones};
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
        let book = Book::open(context)?;
        let (mut lines, mut told) = (Vec::new(), Vec::new());
        let changed = book.change(&self.phones.find(&book)?, |phone, record| {
            record.encrypt = !self.off;
            (phone.device_name(), record.protection().words())
        })?;
        for (name, words) in changed {
            lines.push(format!("{name}: {words}"));
            told.push(json!({ "phone": name, "encrypt": !self.off, "configuration": words }));
        }
        context.output.show(lines.join("\n"), &told)?;
        Ok(ExitCode::SUCCESS)
    }
}
