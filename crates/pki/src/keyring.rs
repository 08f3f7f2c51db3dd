//! What opens private keys: the passphrase of those in files, and the way to those on tokens.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::certificate::Certificate;
use crate::digest;
use crate::files;
use crate::identity::{Identity, IdentityError, read_certificates};
use crate::key::{KeyError, KeyPlace, PrivateKey};
use crate::protected::Passphrase;
use crate::token::{TokenAddress, TokenError, Tokens};

/// Keys kept open: more than a certificate store has.
const MOST_OPEN: usize = 256;

/// What opens private keys. Cloning shares it; the usual one opens keys that lie in the clear.
#[derive(Clone, Debug, Default)]
pub struct Keyring(Arc<Ring>);

#[derive(Debug, Default)]
struct Ring {
    passphrase: Option<Passphrase>,
    tokens: Option<Tokens>,
    /// Keys that were opened, by the digest of their file: opening one takes a while, on purpose.
    open: Mutex<HashMap<[u8; 32], PrivateKey>>,
}

impl Keyring {
    /// Keys behind this passphrase, and on these tokens.
    #[must_use]
    pub fn new(passphrase: Option<Passphrase>, tokens: Option<Tokens>) -> Self {
        Self(Arc::new(Ring { passphrase, tokens, open: Mutex::default() }))
    }

    /// Whether keys are written behind a passphrase.
    #[must_use]
    pub fn protects(&self) -> bool {
        self.0.passphrase.is_some()
    }

    /// The tokens, if a module was named.
    pub fn tokens(&self) -> Result<&Tokens, TokenError> {
        self.0.tokens.as_ref().ok_or(TokenError::NoModule)
    }

    /// Reads a pair of files: the certificate, and its key.
    pub fn read(&self, certificate_path: &Path, key_path: &Path) -> Result<Identity, IdentityError> {
        let (certificate, chain) = read_certificates(certificate_path)?;
        let key = self.open(key_path)?;
        Identity { certificate, chain, key }.matching(certificate_path, key_path)
    }

    /// Opens the key in that file.
    pub fn open(&self, path: &Path) -> Result<PrivateKey, IdentityError> {
        let bytes = files::read(path)?;
        let mark = digest::sha256(&bytes);
        let kept = || self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = kept().get(&mark) {
            return Ok(key.clone());
        }
        let key = PrivateKey::open(&bytes, self.0.passphrase.as_ref())
            .map_err(|source| IdentityError::Key { path: path.to_owned(), source })?;
        if key.place() == KeyPlace::Protected {
            let mut open = kept();
            if open.len() >= MOST_OPEN {
                open.clear();
            }
            open.insert(mark, key.clone());
        }
        Ok(key)
    }

    /// Reads a certificate and the place of its key on a token. The token is not asked: it may be away for now.
    pub fn read_on_token(&self, certificate_path: &Path, place: &Path) -> Result<Identity, IdentityError> {
        let (certificate, chain) = read_certificates(certificate_path)?;
        let failed = |source| IdentityError::Key { path: place.to_owned(), source };
        let text = String::from_utf8(files::read(place)?).unwrap_or_default();
        let address: TokenAddress = text.parse().map_err(|error| failed(KeyError::Address(error)))?;
        let key = PrivateKey::on_token(self.0.tokens.clone(), address, &certificate).map_err(failed)?;
        Ok(Identity { certificate, chain, key })
    }

    /// Writes `STEM.crt.pem` and `STEM.key.pem`, each whole or not at all; the key behind the passphrase, if there is one.
    pub fn write(&self, identity: &Identity, folder: &Path, stem: &str) -> Result<(), IdentityError> {
        identity.write_protected(folder, stem, self.0.passphrase.as_ref())
    }

    /// The key as its file holds it: behind the passphrase, if there is one.
    pub fn sealed(&self, key: &PrivateKey) -> Result<Vec<u8>, KeyError> {
        match &self.0.passphrase {
            Some(passphrase) => key.to_protected_pem(passphrase),
            None => key.to_pem(),
        }
    }
}

impl Certificate {
    /// Tries whether that key on a token is the one of this certificate.
    pub fn has_key_on(&self, tokens: &Tokens, address: &TokenAddress) -> Result<(), KeyError> {
        let key = PrivateKey::on_token(Some(tokens.clone()), address.clone(), self)?;
        key.try_out().map_err(KeyError::Token)
    }
}
