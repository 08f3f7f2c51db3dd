//! `offhook file encrypt`: a configuration that one phone alone can read, and the stub that goes before it.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use pki::{Certificate, files, seal};

use super::sign::check_name;
use super::{Signer, Signing, must_differ, own_name, write};
use crate::command::Context;
use crate::command::cert::pick;

/// Encrypt a configuration to a phone's certificate
///
/// Two files come out: SEP….cnf.xml.enc.sgn, and SEP….cnf.xml.sgn, a signed stub that tells the phone to ask for the
/// encrypted one.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The configuration, SEP….cnf.xml.
    file: PathBuf,
    /// Where to write it; FILE.enc.sgn by default, - for standard output (and then no stub).
    out: Option<PathBuf>,
    /// The phone's certificate: its LSC if it has one, else its MIC.
    #[arg(long, value_name = "CERT")]
    certificate: String,
    /// Where to write the stub; FILE.sgn by default.
    #[arg(long, value_name = "FILE", conflicts_with = "no_stub")]
    stub: Option<PathBuf>,
    /// Write no stub.
    #[arg(long)]
    no_stub: bool,
    /// The name in its header.
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    signing: Signing,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let plain_name = own_name(&self.file)?;
        let out =
            self.out.clone().unwrap_or_else(|| self.file.with_file_name(format!("{plain_name}.enc.sgn")));
        must_differ(&self.file, &out)?;
        let name = self.name.clone().unwrap_or_else(|| format!("{plain_name}.enc.sgn"));
        check_name(&name)?;
        let xml = files::read(&self.file)?;
        let recipient = pick::certificate(&self.certificate, context)?;
        let signer = self.signing.find(context)?;
        let sealed =
            seal::encrypt(&name, &xml, &recipient, &signer.identity, signer.digest, signer.timestamp)?;
        let to_stdout = out.as_os_str() == "-";
        // The stub first: with it alone a phone waits; with the other alone it would load the old stub's promise.
        let stub = if self.no_stub || to_stdout {
            None
        } else {
            Some(self.write_stub(context, &xml, &recipient, &signer)?)
        };
        write(context, &out, &sealed)?;
        if !to_stdout {
            let mut text = format!("{} encrypted to {}", out.display(), recipient.subject());
            if let Some(stub) = &stub {
                text += &format!("\n{} tells the phone to ask for it", stub.display());
            }
            context.output.show(
                text,
                &serde_json::json!({
                    "file": out,
                    "name": name,
                    "stub": stub,
                    "recipient": recipient.subject(),
                    "certificate_hash": recipient.md5_hex(),
                }),
            )?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn write_stub(
        &self,
        context: &Context,
        xml: &[u8],
        recipient: &Certificate,
        signer: &Signer,
    ) -> anyhow::Result<PathBuf> {
        let name = format!("{}.sgn", own_name(&self.file)?);
        let path = self.stub.clone().unwrap_or_else(|| self.file.with_file_name(&name));
        must_differ(&self.file, &path)?;
        let text =
            std::str::from_utf8(xml).with_context(|| format!("{} is not UTF-8", self.file.display()))?;
        let stub = provision::configuration::stub(text, &recipient.md5_hex())
            .with_context(|| format!("{} is not a configuration", self.file.display()))?;
        let signed = signer.identity.sign_file(&name, stub.as_bytes(), signer.digest, signer.timestamp)?;
        write(context, &path, &signed)?;
        Ok(path)
    }
}
