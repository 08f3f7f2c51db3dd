//! `offhook cert import`: a certificate somebody else made, into the store.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use pki::{Certificate, Identity, files};

use super::pick;
use super::show::View;
use crate::command::Context;
use crate::trust;

/// Bring a certificate along, with its key or without
///
/// Without a key it is only vouched for in trust lists: give the certificate of your PBX a name that begins with
/// `ccm-`, and phones accept it as their call manager.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Its name in the certificate store.
    name: String,
    /// The certificate, and those above it, PEM or DER.
    certificate: PathBuf,
    /// Its private key, PEM or DER, without a passphrase.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Replace the one that is there.
    #[arg(long)]
    replace: bool,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        pick::check_name(&self.name)?;
        let folder = trust::certificates_folder(&context.resolved()?.data_dir);
        let certificate_file = folder.join(self.name.clone() + ".crt.pem");
        let key_file = folder.join(self.name.clone() + ".key.pem");
        if !self.replace && (certificate_file.exists() || key_file.exists()) {
            bail!("there is a certificate {} already; say --replace to replace it", self.name);
        }
        let certificate = match &self.key {
            Some(key) => {
                let identity = Identity::read(&self.certificate, key)?;
                std::fs::create_dir_all(&folder)?;
                identity.write(&folder, &self.name)?;
                identity.certificate
            }
            None => {
                let certificate = Certificate::read(&self.certificate)?;
                let identity = key_file.exists().then(|| Identity::read(&self.certificate, &key_file));
                if identity.is_some_and(|read| read.is_err()) {
                    bail!(
                        "{} is the key of another certificate; bring the new key along with --key",
                        key_file.display()
                    );
                }
                std::fs::create_dir_all(&folder)?;
                files::write_public(&certificate_file, &certificate.to_pem())?;
                certificate
            }
        };
        let view = View::new(&certificate);
        context.output.show(
            format!("{}\n{view}", certificate_file.display()),
            &serde_json::json!({
                "certificate_file": certificate_file,
                "certificate": view,
            }),
        )?;
        Ok(ExitCode::SUCCESS)
    }
}
