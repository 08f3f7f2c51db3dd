//! `offhook cert hash`: the hashes that configurations carry.

use std::process::ExitCode;

use super::pick;
use super::show::Hashes;
use crate::command::Context;

/// Print the hashes of a certificate that configurations carry
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A file, or a name from `offhook cert list`.
    certificate: String,
    /// Print this one only: md5 for an encrypted configuration, sha1 (base64) for a VPN gateway, sha256.
    #[arg(long, value_name = "WHICH")]
    only: Option<Which>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Which {
    Md5,
    Sha1,
    Sha256,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let certificate = pick::certificate(&self.certificate, context)?;
        let hashes = Hashes::of(&certificate);
        let text = match self.only {
            None => hashes.to_string(),
            Some(Which::Md5) => certificate.md5_hex(),
            Some(Which::Sha1) => certificate.sha1_base64(),
            Some(Which::Sha256) => certificate.sha256_hex(),
        };
        context.output.show(text, &hashes)?;
        Ok(ExitCode::SUCCESS)
    }
}
