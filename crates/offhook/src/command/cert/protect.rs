//! `offhook cert protect` and `unprotect`: private keys behind a passphrase, and in the clear again.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use pki::{IdentityError, KeyError, KeyPlace, Keyring, files};
use serde_json::json;

use crate::command::Context;
use crate::config::key_files;
use crate::trust::{self, Certificates};

/// Encrypt the private keys that lie here in the clear
///
/// With the passphrase that keys.passphrase_file names; every key is replaced whole or not at all, and those that are
/// encrypted already stay. A running server must have been started with that setting, or it goes on with what it read.
#[derive(Debug, clap::Args)]
pub(super) struct Protect {
    /// Also those that another passphrase protects, which is in this file: so it is changed.
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
}

/// Write the private keys into their files in the clear
///
/// They are opened with the passphrase that keys.passphrase_file names. While that setting stays, new keys are encrypted.
#[derive(Debug, clap::Args)]
pub(super) struct Unprotect {}

impl Protect {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let resolved = context.resolved()?;
        let keys = resolved.keys.ring()?;
        if !keys.protects() {
            bail!(
                "no passphrase is set: write one into a file that only offhook can read, and name it by \
                 keys.passphrase_file"
            );
        }
        let folder = trust::certificates_folder(&resolved.data_dir);
        let before = self.from.as_deref().map(key_files::passphrase).transpose()?;
        let before = before.map(|passphrase| Keyring::new(Some(passphrase), None));
        let mut sealed = Vec::new();
        for path in key_files_of(&folder)? {
            let (key, is_old) = opened(&path, &keys, before.as_ref())?;
            if is_old || key.place() == KeyPlace::Plain {
                let pem = keys.sealed(&key).with_context(|| path.display().to_string())?;
                sealed.push((path, pem));
            }
        }
        write(&sealed, "protected", context)
    }
}

impl Unprotect {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let resolved = context.resolved()?;
        let (keys, folder) = (resolved.keys.ring()?, trust::certificates_folder(&resolved.data_dir));
        let mut bare = Vec::new();
        for path in key_files_of(&folder)? {
            let (key, _) = opened(&path, &keys, None)?;
            if key.place() == KeyPlace::Protected {
                bare.push((path, key.to_pem()?));
            }
        }
        write(&bare, "in the clear now", context)
    }
}

/// The key in that file, and whether it was the passphrase of before that opened it.
fn opened(
    path: &Path,
    keys: &Keyring,
    before: Option<&Keyring>,
) -> Result<(pki::PrivateKey, bool), IdentityError> {
    match (keys.open(path), before) {
        (Err(IdentityError::Key { source: KeyError::WrongPassphrase, .. }), Some(before)) => {
            before.open(path).map(|key| (key, true))
        }
        (key, _) => key.map(|key| (key, false)),
    }
}

/// All keys that lie in files.
fn key_files_of(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let certificates = Certificates::open(folder)?;
    let paths = certificates.iter().map(|stored| folder.join(format!("{}.key.pem", stored.name)));
    Ok(paths.filter(|path| path.exists()).collect())
}

fn write(keys: &[(PathBuf, Vec<u8>)], what: &str, context: &Context) -> anyhow::Result<ExitCode> {
    let mut lines = Vec::new();
    for (path, pem) in keys {
        files::write_private(path, pem)?;
        lines.push(format!("{} is {what}", path.display()));
    }
    if lines.is_empty() {
        lines.push("all keys are as they should be".to_owned());
    }
    let paths: Vec<&PathBuf> = keys.iter().map(|(path, _)| path).collect();
    context.output.show(lines.join("\n"), &json!({ "changed": paths }))?;
    Ok(ExitCode::SUCCESS)
}
