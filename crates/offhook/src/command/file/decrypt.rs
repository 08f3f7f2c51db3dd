//! `offhook file decrypt`: an encrypted configuration, read with the phone's key.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use pki::{PrivateKey, files, seal};

use super::kind::File;
use super::{must_differ, without};
use crate::command::Context;

/// Decrypt a configuration with the phone's key
///
/// The signature is not looked at; `offhook file verify` does that.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The encrypted configuration.
    file: PathBuf,
    /// Where to write it; without .enc.sgn by default, - for standard output. Only its owner can read it.
    out: Option<PathBuf>,
    /// The phone's private key.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let bytes = files::read(&self.file)?;
        let File::Encrypted(encrypted) = File::of(&bytes) else {
            bail!("{} is not an encrypted configuration", self.file.display());
        };
        let xml = seal::decrypt(&encrypted, &read_key(&self.key)?)?;
        let out = self.out.clone().map_or_else(|| without(&self.file, ".enc.sgn"), Ok)?;
        must_differ(&self.file, &out)?;
        if out.as_os_str() == "-" {
            context.output.bytes(&xml)?;
        } else {
            files::write_private(&out, &xml)?;
            let text = format!("{} ({} bytes)", out.display(), xml.len());
            context.output.show(text, &serde_json::json!({ "file": out, "bytes": xml.len() }))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn read_key(path: &Path) -> anyhow::Result<PrivateKey> {
    PrivateKey::from_bytes(&files::read(path)?).with_context(|| path.display().to_string())
}
