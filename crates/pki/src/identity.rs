//! An identity: a certificate, those above it, and its key. What a server shows, and what signs files.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use wire::signature::{Digest, Signing, Unsigned};

use crate::{
    certificate::{Certificate, CertificateError},
    files::{self, FileError},
    issue::{self, Request, RequestError},
    key::{KeyError, PrivateKey},
    keyring::Keyring,
    protected::Passphrase,
    signature::{self, SignError},
};

/// A certificate with its key. Cloning shares everything.
#[derive(Clone)]
pub struct Identity {
    /// The certificate.
    pub certificate: Certificate,
    /// Those above it, nearest first; empty when it signed itself.
    pub chain: Vec<Certificate>,
    /// Its private key.
    pub key: PrivateKey,
}

/// Why an identity cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The disk.
    #[error(transparent)]
    File(#[from] FileError),
    /// The certificate file.
    #[error("{}: {source}", path.display())]
    Certificate {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        source: CertificateError,
    },
    /// The key file.
    #[error("{}: {source}", path.display())]
    Key {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        source: KeyError,
    },
    /// Two files that do not belong together.
    #[error("the key in {} is not the key of the certificate in {}", key.display(), certificate.display())]
    Mismatch {
        /// The certificate file.
        certificate: PathBuf,
        /// The key file.
        key: PathBuf,
    },
}

impl Identity {
    /// Makes a key and a certificate that it signs itself, in the form phones want.
    pub fn self_signed(request: &Request, now: i64) -> Result<Self, RequestError> {
        let (key, x509) = issue::self_signed(request, now)?;
        let certificate =
            Certificate::from_openssl(x509).map_err(|error| RequestError::Build(error.to_string()))?;
        Ok(Self { certificate, chain: Vec::new(), key })
    }

    /// Reads a pair: the certificate (and those above it, in one file) and the key, PEM or DER. Both may be one file.
    pub fn read(certificate_path: &Path, key_path: &Path) -> Result<Self, IdentityError> {
        Keyring::default().read(certificate_path, key_path)
    }

    /// Itself, if its parts belong together.
    pub(crate) fn matching(self, certificate_path: &Path, key_path: &Path) -> Result<Self, IdentityError> {
        if self.key.matches(&self.certificate) {
            return Ok(self);
        }
        Err(IdentityError::Mismatch { certificate: certificate_path.to_owned(), key: key_path.to_owned() })
    }

    /// Writes `STEM.crt.pem` and `STEM.key.pem`, each whole or not at all; nobody else can read the key.
    pub fn write(&self, folder: &Path, stem: &str) -> Result<(), IdentityError> {
        self.write_protected(folder, stem, None)
    }

    pub(crate) fn write_protected(
        &self,
        folder: &Path,
        stem: &str,
        passphrase: Option<&Passphrase>,
    ) -> Result<(), IdentityError> {
        let key_path = folder.join(format!("{stem}.key.pem"));
        let pem = match passphrase {
            Some(passphrase) => self.key.to_protected_pem(passphrase),
            None => self.key.to_pem(),
        };
        let pem = pem.map_err(|source| IdentityError::Key { path: key_path.clone(), source })?;
        let certificates = std::iter::once(&self.certificate).chain(&self.chain);
        let certificates: Vec<u8> = certificates.flat_map(Certificate::to_pem).collect();
        // The key first: whoever reads the new certificate finds its key in place.
        files::write_private(&key_path, &pem)?;
        files::write_public(&folder.join(format!("{stem}.crt.pem")), &certificates)?;
        Ok(())
    }

    /// What the builder of a header must know beforehand when this identity will sign.
    #[must_use]
    pub fn signing(&self, digest: Digest, timestamp: u32) -> Signing {
        let signature_len = self.key.size();
        Signing { signer: self.certificate.signer(), digest, signature_len, timestamp }
    }

    /// Signs a file that waits for its signature.
    pub fn sign(&self, unsigned: Unsigned) -> Result<Vec<u8>, SignError> {
        let signature = signature::sign(&self.key, unsigned.digest(), unsigned.parts())?;
        Ok(unsigned.into_file(&signature)?)
    }

    /// Signs a payload under the name phones will ask for (`…​.sgn`).
    pub fn sign_file(
        &self,
        name: &str,
        payload: &[u8],
        digest: Digest,
        timestamp: u32,
    ) -> Result<Vec<u8>, SignError> {
        self.must_be_rsa()?;
        self.sign(wire::signed::build(name, payload, &self.signing(digest, timestamp))?)
    }

    /// Says so clearly when this identity can sign nothing, before a builder stumbles over its signature's length.
    pub fn must_be_rsa(&self) -> Result<(), SignError> {
        let kind = self.key.kind();
        if kind.is_rsa() { Ok(()) } else { Err(SignError::NotRsa(kind)) }
    }
}

/// Reads a certificate file: the first is the one, the others are those above it.
pub(crate) fn read_certificates(path: &Path) -> Result<(Certificate, Vec<Certificate>), IdentityError> {
    let bytes = files::read(path)?;
    let all = if bytes.first() == Some(&0x30) {
        Certificate::from_der(&bytes).map(|one| vec![one])
    } else {
        Certificate::all_from_pem(&bytes)
    };
    let mut all =
        all.map_err(|source| IdentityError::Certificate { path: path.to_owned(), source })?.into_iter();
    let first = all.next().expect("a list of certificates is never empty");
    Ok((first, all.collect()))
}

impl Certificate {
    /// Reads the first certificate of a file, PEM or DER.
    pub fn read(path: &Path) -> Result<Self, IdentityError> {
        read_certificates(path).map(|(certificate, _)| certificate)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("certificate", &self.certificate)
            .field("chain", &self.chain)
            .finish_non_exhaustive()
    }
}
