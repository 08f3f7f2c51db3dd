//! `offhook cert list`: what the certificate store holds.

use std::process::ExitCode;

use pki::{KeyPlace, files};
use serde::Serialize;

use super::{pick, role};
use crate::command::Context;
use crate::command::output::Table;
use crate::trust::{Certificates, Kind, Stored, TrustState, calendar};

/// List the certificates of this machine
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

/// One certificate of the store.
#[derive(Debug, Serialize)]
struct Row {
    name: String,
    purpose: Option<&'static str>,
    subject: String,
    kind: String,
    roles: Vec<String>,
    /// What only the Trust Verification Service tells of.
    tvs_only: Vec<String>,
    /// What phones are told about how long to believe that, where it differs from the setting.
    ttl: Option<u32>,
    /// Where its key is.
    key: &'static str,
    /// Where on a token.
    address: Option<String>,
    not_after: String,
    valid: bool,
    sha256: String,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let (store, state) = (pick::store(context)?, pick::state(context)?);
        let rows: Vec<Row> = store.iter().map(|stored| Row::new(&store, stored, &state)).collect();
        let mut table = Table::new(["NAME", "KEY", "ROLES", "VALID UNTIL", "KEY IS IN", "WHAT FOR"]);
        for row in &rows {
            let until = if row.valid {
                row.not_after[..10].to_owned()
            } else {
                format!("not valid ({})", row.not_after)
            };
            table.row([
                &row.name,
                &row.kind,
                &role::printed(&row.roles, &row.tvs_only),
                &until,
                row.key,
                row.purpose.unwrap_or(&row.subject),
            ]);
        }
        context.output.show(table, &rows)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Row {
    fn new(store: &Certificates, stored: &Stored, state: &TrustState) -> Self {
        let certificate = &stored.certificate;
        let key_file = store.folder().join(format!("{}.key.pem", stored.name));
        Self {
            name: stored.name.clone(),
            purpose: Kind::named(&stored.name).map(|kind| kind.purpose),
            subject: certificate.subject().to_owned(),
            kind: certificate.key_kind().to_string(),
            roles: role::words(&state.listed(stored)),
            tvs_only: role::words(&state.tvs_only(stored)),
            ttl: state.ttl.get(&stored.name).copied(),
            key: match stored.identity().map(|identity| identity.key.place()) {
                Some(KeyPlace::Token) => "token",
                Some(_) if files::is_readable_by_others(&key_file) => "readable by others!",
                Some(KeyPlace::Protected) => "encrypted file",
                Some(KeyPlace::Plain) => "file",
                None => "elsewhere",
            },
            address: stored.identity().and_then(|one| one.key.address()).map(ToString::to_string),
            not_after: calendar::utc(certificate.not_after()),
            valid: certificate.is_valid_at(calendar::now()),
            sha256: certificate.sha256_hex(),
        }
    }
}
