//! `offhook file`: Sign, unsign, verify, show, encrypt and decrypt the files phones load.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use pki::Identity;
use pki::files;
use wire::signature::Digest;

use super::cert::pick;
use super::console::Manner;
use super::{Context, WrongUse};
use crate::trust::calendar;

mod decrypt;
mod encrypt;
mod kind;
mod show;
mod sign;
mod unsign;
mod verify;

/// Sign, unsign, verify, show, encrypt and decrypt the files phones load
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Sign(sign::Args),
    Unsign(unsign::Args),
    Verify(verify::Args),
    Show(show::Args),
    Encrypt(encrypt::Args),
    Decrypt(decrypt::Args),
}

impl Args {
    /// Does what the command says.
    pub fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        match self.verb {
            Verb::Sign(args) => args.run(context),
            Verb::Unsign(args) => args.run(context),
            Verb::Verify(args) => args.run(context),
            Verb::Show(args) => args.run(context),
            Verb::Encrypt(args) => args.run(context),
            Verb::Decrypt(args) => args.run(context),
        }
    }
}

/// Who signs, how and when: what signing and encrypting have in common.
#[derive(Debug, clap::Args)]
struct Signing {
    /// Who signs: a name from `offhook cert list`, or a certificate file with its key beside it.
    #[arg(long, value_name = "CERT", default_value = "tftp")]
    signer: String,
    /// The signer's key, where it is not NAME.key.pem beside NAME.crt.pem.
    #[arg(long, value_name = "FILE")]
    signer_key: Option<PathBuf>,
    /// sha1 or sha512; by default as configured.
    #[arg(long)]
    digest: Option<Digest>,
    /// The time in its header, in Unix seconds; now by default.
    #[arg(long, value_name = "SECONDS")]
    timestamp: Option<u32>,
}

/// The signer and the rest, found.
struct Signer {
    identity: Identity,
    digest: Digest,
    timestamp: u32,
}

impl Signing {
    fn find(&self, context: &Context) -> anyhow::Result<Signer> {
        let identity = pick::identity(&self.signer, self.signer_key.as_deref(), context)?;
        identity.must_be_rsa()?;
        let digest = match self.digest {
            Some(digest) => digest,
            None => context.resolved()?.trust.digest,
        };
        let timestamp = self.timestamp.unwrap_or_else(|| calendar::header_time(calendar::now()));
        Ok(Signer { identity, digest, timestamp })
    }
}

/// The file's own name, as text.
fn own_name(path: &Path) -> Result<&str, WrongUse> {
    let name = path.file_name().and_then(|name| name.to_str());
    name.ok_or_else(|| WrongUse(format!("{} has no name that phones could ask for", path.display())))
}

/// Where a result goes when nobody says: the same name without this ending.
fn without(path: &Path, ending: &str) -> Result<PathBuf, WrongUse> {
    let name = own_name(path)?;
    match name.strip_suffix(ending) {
        Some(rest) if !rest.is_empty() => Ok(path.with_file_name(rest)),
        _ => Err(WrongUse(format!("say where to write it: {} does not end in {ending}", path.display()))),
    }
}

/// A result must not take the place of what it was made from.
fn must_differ(input: &Path, output: &Path) -> Result<(), WrongUse> {
    let same = |other: &Path| match (input.canonicalize(), other.canonicalize()) {
        (Ok(input), Ok(other)) => input == other,
        _ => false,
    };
    if same(output) {
        return Err(WrongUse(format!("{} would be overwritten with its own result", input.display())));
    }
    Ok(())
}

/// Writes a result: to a file that is there whole or not at all, or to standard output for `-`.
pub(super) fn write(context: &Context, path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    if path.as_os_str() == "-" {
        context.output.bytes(bytes)?;
    } else if context.output.console.is_here() {
        files::write_public(path, bytes)?;
    } else {
        context.output.console.write(path, bytes, Manner::default())?;
    }
    Ok(())
}
