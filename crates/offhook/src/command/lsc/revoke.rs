//! `offhook lsc revoke`: a phone's certificate no longer proves anything here.

use std::process::ExitCode;

use super::pick::{Book, Phones};
use crate::command::Context;
use crate::trust::calendar;

/// Let the certificates of phones prove nothing from now on
///
/// Enrolment refuses them, and configurations are not encrypted to them any more. Phones themselves do not hear of it:
/// `offhook lsc schedule --delete` takes them away, and a PBX that trusts this server's CAPF must be told by itself.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    phones: Phones,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let book = Book::open(context)?;
        let now = calendar::now();
        let (mut lines, mut told, mut missing) = (Vec::new(), Vec::new(), false);
        let all = book.change(&self.phones.find(&book)?, |phone, record| {
            let held = record.held.as_ref().map(|held| held.certificate.clone());
            let issued = record.issued.take().map(|issued| issued.certificate);
            let revoked: Vec<_> = held.into_iter().chain(issued).collect();
            revoked.iter().for_each(|certificate| record.revoke(certificate, now));
            let serials = revoked.iter().map(|certificate| pki::digest::hex(certificate.serial()));
            (phone.device_name(), serials.collect::<Vec<_>>())
        })?;
        for (name, revoked) in all {
            missing |= revoked.is_empty();
            lines.push(match revoked.as_slice() {
                [] => format!("{name}: no certificate is on record"),
                serials => format!("{name}: revoked {}", serials.join(", ")),
            });
            told.push(serde_json::json!({ "phone": name, "revoked": revoked }));
        }
        context.output.show(lines.join("\n"), &told)?;
        Ok(ExitCode::from(u8::from(missing)))
    }
}
