//! `offhook trust build`: a list of any certificates, signed by any SAST. What people's own scripts do.

use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use pki::Identity;
use wire::signature::{Digest, Version};
use wire::trust_list::{self, Kind, Record, Role, TrustList};

use super::view::ListView;
use crate::command::cert::pick;
use crate::command::file::write;
use crate::command::{Context, WrongUse};
use crate::trust::calendar;

/// Build a trust list of any certificates, signed by any SAST
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where to write it; - for standard output. A name that begins with CTL makes a certificate trust list.
    out: PathBuf,
    /// Who signs: a name from `offhook cert list`, or a certificate file with its key beside it.
    #[arg(long, value_name = "CERT")]
    signer: String,
    /// The signer's key, where it is not NAME.key.pem beside NAME.crt.pem.
    #[arg(long, value_name = "FILE")]
    signer_key: Option<PathBuf>,
    /// A certificate in a role (TFTP=provision.crt.pem); may be repeated. The signer is put first by itself.
    #[arg(long = "record", value_name = "ROLE=CERT")]
    records: Vec<Entry>,
    /// itl or ctl; by the name of the file when it is not said.
    #[arg(long, value_name = "KIND")]
    kind: Option<ListKind>,
    /// 1.0, or 1.1 for lists with EC certificates; by default as configured.
    #[arg(long = "list-version", value_name = "VERSION")]
    version: Option<Version>,
    /// sha1 or sha512; by default as configured.
    #[arg(long)]
    digest: Option<Digest>,
    /// The time in its header, in Unix seconds; now by default.
    #[arg(long, value_name = "SECONDS")]
    timestamp: Option<u32>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum ListKind {
    Itl,
    Ctl,
}

/// One certificate in one role.
#[derive(Clone, Debug)]
struct Entry {
    role: Role,
    certificate: String,
}

impl FromStr for Entry {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (role, certificate) = text.split_once('=').ok_or("say it as ROLE=CERT")?;
        let role = role.parse().map_err(|error| format!("\"{role}\" is {error}"))?;
        Ok(Self { role, certificate: certificate.to_owned() })
    }
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let settings = match (self.version, self.digest) {
            (Some(version), Some(digest)) => (version, digest),
            (version, digest) => {
                let configured = context.resolved()?.trust;
                (version.unwrap_or(configured.version), digest.unwrap_or(configured.digest))
            }
        };
        let signer = pick::identity(&self.signer, self.signer_key.as_deref(), context)?;
        signer.must_be_rsa()?;
        let bytes = self.build(context, &signer, settings)?;
        write(context, &self.out, &bytes)?;
        if self.out.as_os_str() != "-" {
            let view = ListView::new(&TrustList::parse(&bytes)?, bytes.len());
            context.output.show(&view, &view)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn build(
        &self,
        context: &Context,
        signer: &Identity,
        settings: (Version, Digest),
    ) -> anyhow::Result<Vec<u8>> {
        let (version, digest) = settings;
        let mut records: Vec<Record> = Vec::new();
        for entry in &self.records {
            records.push(pick::certificate(&entry.certificate, context)?.record(entry.role));
        }
        let own = signer.certificate.record(Role::Sast);
        if !records.contains(&own) {
            records.insert(0, own);
        }
        let timestamp = self.timestamp.unwrap_or_else(|| calendar::header_time(calendar::now()));
        let unsigned =
            trust_list::build(self.kind()?, version, &records, &signer.signing(digest, timestamp))?;
        Ok(signer.sign(unsigned)?)
    }

    fn kind(&self) -> Result<Kind, WrongUse> {
        let name =
            self.out.file_name().map(|name| name.to_string_lossy().to_ascii_uppercase()).unwrap_or_default();
        match self.kind {
            Some(ListKind::Itl) => Ok(Kind::Itl),
            Some(ListKind::Ctl) => Ok(Kind::Ctl),
            None if name.starts_with("CTL") => Ok(Kind::Ctl),
            None if name.starts_with("ITL") => Ok(Kind::Itl),
            None => Err(WrongUse("say --kind itl or --kind ctl: the file's name does not tell".to_owned())),
        }
    }
}
