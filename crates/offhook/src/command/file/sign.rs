//! `offhook file sign`: a signed file of any file, for those who want it on disk. The server signs by itself.

use std::path::PathBuf;
use std::process::ExitCode;

use pki::files;

use super::{Signing, must_differ, own_name, write};
use crate::command::{Context, WrongUse};

/// Sign a file
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The file.
    file: PathBuf,
    /// Where to write it; FILE.sgn by default, - for standard output.
    out: Option<PathBuf>,
    /// The name in its header, as phones ask for it, with its folder: New_Zealand/g3-tones.xml.sgn.
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    signing: Signing,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let signed_name = format!("{}.sgn", own_name(&self.file)?);
        let out = self.out.clone().unwrap_or_else(|| self.file.with_file_name(&signed_name));
        must_differ(&self.file, &out)?;
        let name = match &self.name {
            Some(name) => check_name(name)?.to_owned(),
            None if out.as_os_str() == "-" => signed_name,
            None => check_name(own_name(&out)?)?.to_owned(),
        };
        let payload = files::read(&self.file)?;
        let signer = self.signing.find(context)?;
        let signed = signer.identity.sign_file(&name, &payload, signer.digest, signer.timestamp)?;
        write(context, &out, &signed)?;
        if out.as_os_str() != "-" {
            let text =
                format!("{} signed as {name} by {}", out.display(), signer.identity.certificate.subject());
            context.output.show(
                text,
                &serde_json::json!({
                    "file": out,
                    "name": name,
                    "signer": signer.identity.certificate.subject(),
                    "digest": signer.digest.to_string(),
                    "timestamp": signer.timestamp,
                    "bytes": signed.len(),
                }),
            )?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Phones compare the name with the one they asked for.
pub(super) fn check_name(name: &str) -> Result<&str, WrongUse> {
    if name.starts_with('/') {
        return Err(WrongUse(format!(
            "phones ask for {name:?} without the leading slash: leave it out of --name"
        )));
    }
    if !name.ends_with(".sgn") {
        return Err(WrongUse(format!(
            "phones ask for signed files by names that end in .sgn, and {name:?} does not; see --name"
        )));
    }
    Ok(name)
}
