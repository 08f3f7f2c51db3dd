//! `offhook file verify`: would a phone take this file?

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use pki::{Certificate, files};
use wire::signature::{Digest, Signer};
use wire::trust_list::{Role, TrustList};

use super::kind::File;
use super::own_name;
use crate::command::Context;
use crate::command::cert::pick;
use crate::command::trust::check::{self, Report};

/// Verify a signed file, an encrypted configuration or a trust list, as a phone would
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The file.
    file: PathBuf,
    /// The trust list a phone holds; without, the certificates of this machine.
    #[arg(long, value_name = "LIST")]
    against: Option<PathBuf>,
    /// The signer's certificate: a file, or a name from `offhook cert list`.
    #[arg(long, value_name = "CERT", conflicts_with = "against")]
    certificate: Option<String>,
    /// The name a phone asks for; it must be the one in the header.
    #[arg(long)]
    name: Option<String>,
}

/// What a signature is over, and who claims it.
struct Claim<'a> {
    signer: Signer,
    digest: Digest,
    signature: &'a [u8],
    parts: [&'a [u8]; 2],
    name: &'a str,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let bytes = files::read(&self.file)?;
        let held = self.against.as_deref().map(files::read).transpose()?;
        let held = held.as_deref().zip(self.against.as_deref());
        let held = held.map(|(bytes, path)| check::parse(bytes, path)).transpose()?;
        let claim = match File::of(&bytes) {
            File::TrustList(list) => {
                let report = check::list(&list, held.as_ref());
                context.output.show(&report, &report)?;
                return Ok(report.exit_code());
            }
            File::Signed(file) => Claim {
                parts: file.signed_parts(),
                signer: file.signer,
                digest: file.digest,
                signature: file.signature,
                name: file.name,
            },
            File::Encrypted(file) => Claim {
                parts: file.signed_parts(),
                signer: file.signer,
                digest: file.digest,
                signature: file.signature,
                name: file.sealed.name,
            },
            File::Package(_) => {
                bail!("{} is the vendor's package; only the vendor's key verifies it", self.file.display())
            }
            File::Plain(problem) => {
                let problem = problem.map(|problem| format!(": {problem}")).unwrap_or_default();
                bail!("{} is not a signed file{problem}", self.file.display());
            }
        };
        let report = self.report(&claim, held.as_ref(), context)?;
        context.output.show(&report, &report)?;
        Ok(report.exit_code())
    }

    fn report(
        &self,
        claim: &Claim<'_>,
        held: Option<&TrustList<'_>>,
        context: &Context,
    ) -> anyhow::Result<Report> {
        let mut report = Report::new();
        let signer = match held {
            Some(held) => {
                report.check("a SAST signed the trust list", check::signed(held, held));
                in_list(claim, held)
            }
            None => self.here(claim, context)?,
        };
        match signer {
            Ok(signer) => {
                report.check("its signer may sign files", Ok::<_, String>(()));
                let verified = pki::verify(claim.parts, claim.digest, claim.signature, &signer);
                report.check("the signature is the signer's", verified);
            }
            Err(problem) => report.check("its signer may sign files", Err(problem)),
        }
        self.check_name(claim, &mut report);
        Ok(report)
    }

    fn check_name(&self, claim: &Claim<'_>, report: &mut Report) {
        if let Some(name) = &self.name {
            let outcome = if name == claim.name { Ok(()) } else { Err(format!("it is {:?}", claim.name)) };
            report.check("the name in its header is the one asked for", outcome);
        } else if own_name(&self.file).is_ok_and(|own| claim.name.rsplit('/').next() != Some(own)) {
            report.note(format!(
                "the name in its header is {:?}; phones take it under that name only",
                claim.name
            ));
        }
    }

    /// The signer among the certificates of this machine, or the one that was named.
    fn here(&self, claim: &Claim<'_>, context: &Context) -> anyhow::Result<Result<Certificate, String>> {
        if let Some(word) = &self.certificate {
            let certificate = pick::certificate(word, context)?;
            let named = certificate.signer();
            return Ok(if is_same(&named, &claim.signer) {
                Ok(certificate)
            } else {
                Err(not_signer(&named, claim))
            });
        }
        let store = pick::store(context).context("say --against LIST or --certificate CERT")?;
        let state = pick::state(context)?;
        let found = store.iter().find(|stored| is_same(&stored.certificate.signer(), &claim.signer));
        Ok(match found {
            None => Err(format!(
                "no certificate of this machine is {} with that serial number",
                claim.signer.subject
            )),
            Some(stored) => {
                let roles = state.roles.get(&stored.name).cloned().unwrap_or_else(|| stored.usual_roles());
                if roles.iter().any(|role| signs_files(*role)) {
                    Ok(stored.certificate.clone())
                } else {
                    Err(format!("{} has neither of the roles TFTP and CCM+TFTP", stored.name))
                }
            }
        })
    }
}

/// The signer among the certificates of a list, in a role that signs files.
fn in_list(claim: &Claim<'_>, held: &TrustList<'_>) -> Result<Certificate, String> {
    let mut of_signer = held
        .records
        .iter()
        .filter(|record| record.issuer == claim.signer.issuer && record.serial == claim.signer.serial)
        .peekable();
    if of_signer.peek().is_none() {
        return Err(format!("{} with that serial number is not in the trust list", claim.signer.subject));
    }
    let record = of_signer.find(|record| signs_files(record.role));
    let record = record.ok_or_else(|| {
        format!("{} is in the trust list with neither of the roles TFTP and CCM+TFTP", claim.signer.subject)
    })?;
    check::certificate(record)
}

fn signs_files(role: Role) -> bool {
    matches!(role, Role::Tftp | Role::CcmTftp)
}

/// Phones find the signer by issuer and serial number.
fn is_same(one: &Signer, other: &Signer) -> bool {
    one.issuer == other.issuer && one.serial == other.serial
}

fn not_signer(named: &Signer, claim: &Claim<'_>) -> String {
    format!("{} is named in the header, not {}", claim.signer.subject, named.subject)
}
