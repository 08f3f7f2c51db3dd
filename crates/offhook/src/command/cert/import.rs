//! `offhook cert import`: a certificate somebody else made, into the store.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use pki::{Certificate, Keyring, files};
use wire::trust_list::Role;

use super::show::View;
use super::{pick, role, ttl};
use crate::command::Context;
use crate::config::key_files;
use crate::trust::{self, renewal};

/// Bring a certificate along, with its key or without, and say what phones may trust it for
///
/// Without a key it is only vouched for: in trust lists, and by the Trust Verification Service. Give the certificate of
/// your PBX a name that begins with `ccm-` or `--role CCM`, and phones accept it as their call manager.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Its name in the certificate store.
    name: String,
    /// The certificate, and those above it, PEM or DER.
    certificate: PathBuf,
    /// Its private key, PEM or DER.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// A file with the passphrase that protects that key.
    #[arg(long, value_name = "FILE", requires = "key")]
    passphrase_file: Option<PathBuf>,
    /// What phones may trust it for: SAST, CCM, CCM+TFTP, TFTP, CAPF, APP-SERVER, TVS or a number; may be repeated.
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<Role>,
    /// Let only the Trust Verification Service tell of these roles: lists have room for 39 certificates.
    #[arg(long, requires = "roles")]
    tvs_only: bool,
    /// How many seconds phones may believe what that service says about it.
    #[arg(long, value_name = "SECONDS", value_parser = ttl::seconds())]
    ttl: Option<u32>,
    /// Replace the one that is there.
    #[arg(long)]
    replace: bool,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        pick::check_name(&self.name)?;
        let resolved = context.resolved()?;
        let (folder, keys) = (trust::certificates_folder(&resolved.data_dir), resolved.keys.ring()?);
        let certificate_file = folder.join(self.name.clone() + ".crt.pem");
        let key_file = folder.join(self.name.clone() + ".key.pem");
        if !self.replace && (certificate_file.exists() || key_file.exists()) {
            bail!("there is a certificate {} already; say --replace to replace it", self.name);
        }
        let certificate = match &self.key {
            Some(key) => {
                let own = self.passphrase_file.as_deref().map(key_files::passphrase).transpose()?;
                let identity = Keyring::new(own, None).read(&self.certificate, key)?;
                std::fs::create_dir_all(&folder)?;
                renewal::keep(&keys, &folder, &self.name, &identity)?;
                identity.certificate
            }
            None => {
                let certificate = Certificate::read(&self.certificate)?;
                let identity = key_file.exists().then(|| keys.read(&self.certificate, &key_file));
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
        let roles = self.give_roles(context)?;
        let view = View::new(&certificate);
        context.output.show(
            format!("{}\n{view}\n{roles}", certificate_file.display()),
            &serde_json::json!({
                "certificate_file": certificate_file,
                "certificate": view,
                "roles": roles.roles,
                "tvs_only": roles.tvs_only,
                "ttl": roles.ttl,
            }),
        )?;
        Ok(ExitCode::SUCCESS)
    }

    /// The roles it has from now on: those asked for, else what it had.
    fn give_roles(&self, context: &Context) -> anyhow::Result<role::Row> {
        let name = &self.name;
        let given = role::change(context, name, |state| {
            if !self.roles.is_empty() {
                let roles = if self.tvs_only { &mut state.tvs_only } else { &mut state.roles };
                roles.insert(name.clone(), role::once(&self.roles));
            }
            if let Some(ttl) = self.ttl {
                state.ttl.insert(name.clone(), ttl);
            }
            Ok(())
        });
        given.with_context(|| format!("{name} is in the store now, without the roles asked for"))
    }
}
