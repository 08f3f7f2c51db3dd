//! How private keys are opened: the settings of `[keys]`, and the keyring made of them, once.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use pki::{Keyring, Passphrase, PassphraseError, Pin, Tokens};

/// What systemd calls the passphrase and the PIN: `LoadCredential=keys-passphrase:…`.
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";
const PASSPHRASE: &str = "keys-passphrase";
const PIN: &str = "keys-pin";

/// How private keys are opened. Clones share what was opened.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// The file with the passphrase.
    pub passphrase_file: Option<PathBuf>,
    /// The module for tokens.
    pub module: Option<PathBuf>,
    /// The file with the PIN of the tokens.
    pub pin_file: Option<PathBuf>,
    /// How many days before their end certificates are renewed by themselves; none: never.
    pub renew_days: Option<u32>,
    ring: Arc<OnceLock<Keyring>>,
}

/// Why keys cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeysError {
    /// A file cannot be read.
    #[error("the {what} for private keys in {} cannot be read: {problem}", path.display())]
    Unreadable {
        /// Passphrase, PIN.
        what: &'static str,
        /// Which file.
        path: PathBuf,
        /// What the system said.
        problem: String,
    },
    /// A passphrase that protects nothing.
    #[error("the passphrase for private keys in {} is of no use: {problem}", path.display())]
    Passphrase {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        problem: PassphraseError,
    },
}

impl Keys {
    /// The settings; what is not set may come from systemd.
    #[must_use]
    pub fn new(
        passphrase_file: Option<PathBuf>,
        module: Option<PathBuf>,
        pin_file: Option<PathBuf>,
        renew_days: Option<u32>,
    ) -> Self {
        Self { passphrase_file, module, pin_file, renew_days, ring: Arc::default() }
    }

    /// The same, with another time for renewal.
    pub(super) fn renewing(mut self, renew_days: Option<u32>) -> Self {
        self.renew_days = renew_days;
        self
    }

    /// Where the passphrase is, if there is one.
    #[must_use]
    pub fn passphrase_path(&self) -> Option<PathBuf> {
        self.passphrase_file.clone().or_else(|| credential(PASSPHRASE))
    }

    /// Where the PIN is, if there is one.
    #[must_use]
    pub fn pin_path(&self) -> Option<PathBuf> {
        self.pin_file.clone().or_else(|| credential(PIN))
    }

    /// What opens keys; read once.
    pub fn ring(&self) -> Result<Keyring, KeysError> {
        if let Some(ring) = self.ring.get() {
            return Ok(ring.clone());
        }
        let passphrase = self.passphrase_path().map(|path| passphrase(&path)).transpose()?;
        let tokens = self.module.as_ref().map(|module| {
            let pin = self.pin_path().map(|path| read("PIN", &path)).transpose()?;
            let pin = pin.map(|bytes| Pin::new(&String::from_utf8_lossy(&bytes)));
            Ok(Tokens::new(module, pin))
        });
        let ring = Keyring::new(passphrase, tokens.transpose()?);
        Ok(self.ring.get_or_init(|| ring).clone())
    }
}

impl PartialEq for Keys {
    fn eq(&self, other: &Self) -> bool {
        let said = |keys: &Self| {
            let Self { passphrase_file, module, pin_file, renew_days, .. } = keys.clone();
            (passphrase_file, module, pin_file, renew_days)
        };
        said(self) == said(other)
    }
}

impl Eq for Keys {}

/// A file that systemd put there for this service.
fn credential(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(std::env::var_os(CREDENTIALS)?).join(name);
    path.exists().then_some(path)
}

/// The passphrase in a file.
pub(crate) fn passphrase(path: &Path) -> Result<Passphrase, KeysError> {
    let bytes = read("passphrase", path)?;
    Passphrase::new(&bytes).map_err(|problem| KeysError::Passphrase { path: path.to_owned(), problem })
}

fn read(what: &'static str, path: &Path) -> Result<Vec<u8>, KeysError> {
    std::fs::read(path).map_err(|error| KeysError::Unreadable {
        what,
        path: path.to_owned(),
        problem: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn what_is_missing_or_empty_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("passphrase");
        let keys = || Keys::new(Some(path.clone()), None, None, None);
        let error = keys().ring().unwrap_err().to_string();
        assert!(error.contains("passphrase cannot be read"), "{error}");
        std::fs::write(&path, "\n").unwrap();
        assert!(keys().ring().unwrap_err().to_string().ends_with("it is empty"));
        std::fs::write(&path, "open sesame\n").unwrap();
        let opened = keys();
        assert!(opened.ring().unwrap().protects() && !Keys::default().ring().unwrap().protects());
        // Read once: a server that gave up its rights need not read it again.
        std::fs::remove_file(&path).unwrap();
        assert!(opened.clone().ring().is_ok());
        assert!(!format!("{opened:?}").contains("sesame"));
    }
}
