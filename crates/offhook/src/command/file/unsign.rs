//! `offhook file unsign`: what is inside a signed file or a vendor's package.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use pki::files;

use super::kind::File;
use super::{must_differ, without, write};
use crate::command::Context;

/// Take the payload out of a signed file or a vendor's package (.cop.sgn, .cop.sha512)
///
/// The signature is not looked at; `offhook file verify` does that.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The file.
    file: PathBuf,
    /// Where to write it; without .sgn by default, - for standard output.
    out: Option<PathBuf>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let bytes = files::read(&self.file)?;
        let payload = match File::of(&bytes) {
            File::Signed(signed) => signed.payload,
            File::Package(payload) => payload,
            File::Encrypted(_) => bail!("{} is encrypted; see `offhook file decrypt`", self.file.display()),
            File::TrustList(_) => {
                bail!("{} is a trust list; there is nothing inside to take out", self.file.display())
            }
            File::Plain(None) => bail!("{} is not a signed file", self.file.display()),
            File::Plain(Some(problem)) => bail!("{} is not a signed file: {problem}", self.file.display()),
        };
        let out = match &self.out {
            Some(out) => out.clone(),
            None => without(&self.file, ".sgn").or_else(|_| without(&self.file, ".sha512"))?,
        };
        must_differ(&self.file, &out)?;
        write(context, &out, payload)?;
        if out.as_os_str() != "-" {
            let text = format!("{} ({} bytes)", out.display(), payload.len());
            context.output.show(text, &serde_json::json!({ "file": out, "bytes": payload.len() }))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
