//! `offhook cert show`: everything about one certificate that matters to phones.

use std::fmt;
use std::process::ExitCode;

use pki::{Certificate, KeyPlace, Name, digest};
use serde::Serialize;

use super::{pick, role};
use crate::command::Context;
use crate::trust::calendar;

/// Show a certificate
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A file, or a name from `offhook cert list`.
    certificate: String,
}

/// A certificate as it is printed.
#[derive(Debug, Serialize)]
pub(in crate::command) struct View {
    subject: String,
    issuer: String,
    serial: String,
    key: String,
    names: Vec<String>,
    not_before: String,
    not_after: String,
    valid: bool,
    self_signed: bool,
    #[serde(flatten)]
    hashes: Hashes,
}

/// The hashes a configuration may ask for.
#[derive(Debug, Serialize)]
pub(super) struct Hashes {
    /// `certHash` of an encrypted configuration.
    md5: String,
    /// `certHash` of a VPN gateway.
    sha1_base64: String,
    sha256: String,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let view = View::new(&pick::certificate(&self.certificate, context)?);
        let (roles, key_in) = match stored(&self.certificate, context)? {
            Some((roles, key_in)) => (Some(roles), Some(key_in)),
            None => (None, None),
        };
        let shown = Shown { roles, key_in, view };
        context.output.show(&shown, &shown)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// A certificate of the store also has roles.
#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    view: View,
    #[serde(flatten)]
    roles: Option<role::Row>,
    /// Where its key is: a file, an encrypted file, a place on a token, elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    key_in: Option<String>,
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.view.fmt(f)?;
        if let Some(key_in) = &self.key_in {
            write!(f, "\nkey in    {key_in}")?;
        }
        match &self.roles {
            Some(roles) => write!(f, "\n{roles}"),
            None => Ok(()),
        }
    }
}

/// The roles of a certificate of the store, and where its key is.
fn stored(word: &str, context: &Context) -> anyhow::Result<Option<(role::Row, String)>> {
    if pick::is_file(word) {
        return Ok(None);
    }
    let (store, resolved) = (pick::store(context)?, context.resolved()?);
    let state = pick::state(context)?;
    Ok(store.find(word).map(|stored| {
        let key = stored.identity().map(|identity| &identity.key);
        let key_in = match key.map(|key| (key.place(), key.address())) {
            Some((_, Some(address))) => address.to_string(),
            Some((KeyPlace::Protected, None)) => "an encrypted file".to_owned(),
            Some((_, None)) => "a file".to_owned(),
            None => "not here".to_owned(),
        };
        (role::Row::new(stored, &state, resolved.trust.tvs_ttl), key_in)
    }))
}

impl View {
    pub(in crate::command) fn new(certificate: &Certificate) -> Self {
        Self {
            subject: certificate.subject().to_owned(),
            issuer: certificate.issuer().to_owned(),
            serial: digest::hex(certificate.serial()),
            key: certificate.key_kind().to_string(),
            names: certificate.names().iter().map(Name::to_string).collect(),
            not_before: calendar::utc(certificate.not_before()),
            not_after: calendar::utc(certificate.not_after()),
            valid: certificate.is_valid_at(calendar::now()),
            self_signed: certificate.is_self_signed(),
            hashes: Hashes::of(certificate),
        }
    }
}

impl Hashes {
    pub(super) fn of(certificate: &Certificate) -> Self {
        Self {
            md5: certificate.md5_hex(),
            sha1_base64: certificate.sha1_base64(),
            sha256: certificate.sha256_hex(),
        }
    }
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let issuer = if self.self_signed { "itself" } else { self.issuer.as_str() };
        let remark = if self.valid { "" } else { " (not valid now)" };
        writeln!(f, "subject   {}", self.subject)?;
        writeln!(f, "issuer    {issuer}")?;
        writeln!(f, "serial    {}", self.serial)?;
        writeln!(f, "key       {}", self.key)?;
        if !self.names.is_empty() {
            writeln!(f, "names     {}", self.names.join(", "))?;
        }
        writeln!(f, "valid     {} to {}{remark}", self.not_before, self.not_after)?;
        self.hashes.fmt(f)
    }
}

impl fmt::Display for Hashes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "md5       {}  (certHash of an encrypted configuration)", self.md5)?;
        writeln!(f, "sha1      {}  (base64: certHash of a VPN gateway)", self.sha1_base64)?;
        write!(f, "sha256    {}", self.sha256)
    }
}
