//! Finding what a word on the command line means: a certificate of the store by its name, or a file.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use pki::{Certificate, Identity};

use crate::command::{Context, WrongUse};
use crate::trust::{self, Certificates, TrustState};

const CERTIFICATE: &str = ".crt.pem";
const KEY: &str = ".key.pem";

/// The certificate store of this machine.
pub(in crate::command) fn store(context: &Context) -> anyhow::Result<Certificates> {
    let resolved = context.resolved()?;
    Ok(Certificates::open_with(&trust::certificates_folder(&resolved.data_dir), &resolved.keys.ring()?)?)
}

/// The state of trust of this machine.
pub(in crate::command) fn state(context: &Context) -> anyhow::Result<TrustState> {
    Ok(TrustState::read(&trust::state_file(&context.resolved()?.data_dir))?)
}

/// A certificate: a file, or a name in the store.
pub(in crate::command) fn certificate(word: &str, context: &Context) -> anyhow::Result<Certificate> {
    if is_file(word) {
        return Ok(Certificate::read(Path::new(word))?);
    }
    let store = store(context).with_context(|| neither(word))?;
    let stored = store.find(word).with_context(|| neither(word))?;
    Ok(stored.certificate.clone())
}

/// A certificate with its key: files, or a name in the store.
pub(in crate::command) fn identity(
    word: &str,
    key: Option<&Path>,
    context: &Context,
) -> anyhow::Result<Identity> {
    if is_file(word) {
        let certificate = Path::new(word);
        return Ok(Identity::read(
            certificate,
            &key.map_or_else(|| key_beside(certificate), Path::to_owned),
        )?);
    }
    if key.is_some() {
        return Err(WrongUse(format!(
            "a key file goes with a certificate file, and there is no file {word}"
        ))
        .into());
    }
    let store = store(context).with_context(|| neither(word))?;
    store.find(word).with_context(|| neither(word))?;
    Ok(store.need(word, "sign")?.clone())
}

/// Names that are safe as files and mean one thing in the store.
pub(super) fn check_name(name: &str) -> Result<(), WrongUse> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if name.is_empty() || name.len() > 64 || name.starts_with('.') || !name.bytes().all(is_plain) {
        let rule = "letters, digits, - _ and ., not first, 64 at most";
        return Err(WrongUse(format!("\"{name}\" is no name for a certificate: {rule}")));
    }
    Ok(())
}

/// A word with a slash is a file, there or not; a bare one is a file when there is one.
pub(super) fn is_file(word: &str) -> bool {
    word.contains('/') || Path::new(word).is_file()
}

/// `x.key.pem` beside `x.crt.pem`; any other file holds both.
fn key_beside(certificate: &Path) -> PathBuf {
    let name = certificate.file_name().and_then(|name| name.to_str());
    match name.and_then(|name| name.strip_suffix(CERTIFICATE)) {
        Some(stem) => certificate.with_file_name(format!("{stem}{KEY}")),
        None => certificate.to_owned(),
    }
}

pub(super) fn absent(name: &str) -> WrongUse {
    WrongUse(format!("there is no certificate {name} on this machine; see `offhook cert list`"))
}

fn neither(word: &str) -> String {
    format!(
        "\"{word}\" is neither a file nor a certificate of this machine (`offhook cert list` tells which there are)"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_beside_the_certificate_or_in_the_same_file() {
        assert_eq!(key_beside(Path::new("a/x.crt.pem")), Path::new("a/x.key.pem"));
        assert_eq!(key_beside(Path::new("both.pem")), Path::new("both.pem"));
    }

    #[test]
    fn names_stay_in_the_folder() {
        for name in ["sast-1", "ccm-asterisk", "SEP001122AABBCC", "a.b_c"] {
            assert!(check_name(name).is_ok(), "{name}");
        }
        for name in ["", ".x", "../x", "a/b", "a b", "ä", &"a".repeat(65)] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}
