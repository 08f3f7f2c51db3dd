//! `offhook cert make`: a new key, and a certificate that it signs itself.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use pki::{Identity, KeyKind, Name, Request, Subject};

use super::pick;
use super::show::View;
use crate::command::Context;
use crate::trust::{self, Kind, Reach, calendar, renewal, server_names};

/// Make a key and a certificate that phones take
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What to call it: NAME.crt.pem and NAME.key.pem are written.
    name: String,
    /// Common name; NAME by default.
    #[arg(long)]
    cn: Option<String>,
    /// Organisation.
    #[arg(long)]
    o: Option<String>,
    /// Organisational unit.
    #[arg(long)]
    ou: Option<String>,
    /// A DNS name or address it vouches for; may be repeated.
    #[arg(long = "san", value_name = "NAME")]
    names: Vec<Name>,
    /// rsa1024, rsa2048, rsa3072, rsa4096, p256, p384 or p521; rsa2048 by default. Phones take RSA up to 2048 bits.
    #[arg(long, value_name = "KIND")]
    key: Option<KeyKind>,
    /// How long it holds; ten years by default.
    #[arg(long)]
    days: Option<u32>,
    /// Write it here instead of to the certificate store.
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
    /// Replace the pair that is there.
    #[arg(long)]
    replace: bool,
    /// Replace even a certificate that phones rely on to accept the next trust list.
    #[arg(long, requires = "replace")]
    yes: bool,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        pick::check_name(&self.name)?;
        let resolved = context.resolved()?;
        let folder = self.dir.clone().unwrap_or_else(|| trust::certificates_folder(&resolved.data_dir));
        let (certificate, key) =
            (folder.join(self.name.clone() + ".crt.pem"), folder.join(self.name.clone() + ".key.pem"));
        if let Some(there) = [&certificate, &key].into_iter().find(|path| path.exists()) {
            if !self.replace {
                bail!("{} is there already; say --replace to replace the pair", there.display());
            }
            if self.dir.is_none() {
                self.spare_sasts(context)?;
            }
        }
        let request = self.request(&server_names(&resolved));
        std::fs::create_dir_all(&folder)?;
        let identity = Identity::self_signed(&request, calendar::now())?;
        if self.dir.is_some() {
            identity.write(&folder, &self.name)?;
        } else {
            renewal::keep(&resolved.keys.ring()?, &folder, &self.name, &identity)?;
        }
        let view = View::new(&identity.certificate);
        let text = format!("{}\n{}\n{view}", certificate.display(), key.display());
        context.output.show(
            text,
            &serde_json::json!({
                "certificate_file": certificate,
                "key_file": key,
                "certificate": view,
            }),
        )?;
        Ok(ExitCode::SUCCESS)
    }

    /// One of the set gets what a first start would give it; all else is asked for.
    fn request(&self, server: &[Name]) -> Request {
        let usual = Kind::named(&self.name).map(|kind| kind.request(server)).unwrap_or_else(|| Request {
            subject: Subject { cn: self.name.clone(), o: "offhook".to_owned(), ou: "Voice".to_owned() },
            names: Vec::new(),
            key: KeyKind::Rsa(2048),
            days: 3652,
        });
        let or = |given: &Option<String>, usual: String| given.clone().unwrap_or(usual);
        Request {
            subject: Subject {
                cn: or(&self.cn, usual.subject.cn),
                o: or(&self.o, usual.subject.o),
                ou: or(&self.ou, usual.subject.ou),
            },
            names: if self.names.is_empty() { usual.names } else { self.names.clone() },
            key: self.key.unwrap_or(usual.key),
            days: self.days.unwrap_or(usual.days),
        }
    }

    /// A phone follows only the SASTs of the list it holds.
    fn spare_sasts(&self, context: &Context) -> anyhow::Result<()> {
        let is_sast = Kind::named(&self.name).is_some_and(|kind| kind.role == wire::trust_list::Role::Sast);
        if is_sast && !self.yes && pick::state(context)?.reach != Reach::Off {
            bail!(
                "{} is a SAST, and trust is on: phones that hold a trust list accept the next one only from a SAST in \
                 it, and a phone that knows only the old one must be visited to erase its list. Say --yes if that is \
                 what you want",
                self.name
            );
        }
        Ok(())
    }
}
