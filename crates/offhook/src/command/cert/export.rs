//! `offhook cert export`: a certificate of the store, for whoever needs it.

use std::path::PathBuf;
use std::process::ExitCode;

use pki::files;

use super::pick;
use super::show::View;
use crate::command::Context;

/// Hand out a certificate, never its key
///
/// PEM to stdout, or to a file; a PBX or a web server that is to accept these phones, or a browser that is to trust this
/// server, takes it from there.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A name from `offhook cert list`.
    name: String,
    /// Write it to this file.
    file: Option<PathBuf>,
    /// DER instead of PEM.
    #[arg(long, requires = "file")]
    der: bool,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let store = pick::store(context)?;
        let stored = store.find(&self.name).ok_or_else(|| pick::absent(&self.name))?;
        let certificate = &stored.certificate;
        let pem = certificate.to_pem();
        let Some(file) = self.file else {
            let text = String::from_utf8(pem)?;
            context.output.show(text.trim_end(), &serde_json::json!({ "pem": text }))?;
            return Ok(ExitCode::SUCCESS);
        };
        files::write_public(&file, if self.der { certificate.der() } else { &pem })?;
        let view = View::new(certificate);
        let json = serde_json::json!({ "certificate_file": file, "certificate": view });
        context.output.show(format!("{}\n{view}", file.display()), &json)?;
        Ok(ExitCode::SUCCESS)
    }
}
