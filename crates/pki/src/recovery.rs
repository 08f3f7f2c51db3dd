//! A certificate with its key in one file that a passphrase opens: PKCS#12, which every program for certificates reads.

use openssl::{error::ErrorStack, hash::MessageDigest, nid::Nid, pkcs12::Pkcs12};

use crate::{
    certificate::Certificate,
    identity::Identity,
    key::{KeyError, PrivateKey},
    reason,
};

/// How often the passphrase is hashed: some tenths of a second for whoever tries one.
const ROUNDS: u32 = 600_000;
/// Shorter ones are found by trying.
pub const SHORTEST: usize = 12;

/// Why an identity cannot be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// A passphrase that is found by trying.
    #[error(
        "a passphrase has at least {SHORTEST} characters: whoever finds the file has all the time to try"
    )]
    TooShort,
    /// Neither the right passphrase nor a file that was left alone.
    #[error("the passphrase does not open it, or it was changed")]
    Wrong,
    /// Not such a file.
    #[error("it is no PKCS#12 file ({0})")]
    NotOne(String),
    /// Without key or certificate.
    #[error("it holds no {0}")]
    Lacks(&'static str),
    /// The key of something else.
    #[error("the key in it is not that of the certificate in it")]
    Mismatch,
    /// A key of no use to phones.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A certificate that cannot be used.
    #[error("the certificate in it cannot be used: {0}")]
    Certificate(String),
    /// OpenSSL refused.
    #[error("it could not be sealed ({0})")]
    OpenSsl(String),
}

impl Identity {
    /// Certificate and key as a file that only this passphrase opens.
    ///
    /// # Errors
    /// The passphrase is too short.
    pub fn seal_with(&self, name: &str, passphrase: &str) -> Result<Vec<u8>, RecoveryError> {
        if passphrase.chars().count() < SHORTEST {
            return Err(RecoveryError::TooShort);
        }
        let key = self.key.openssl()?;
        let seal = || -> Result<Vec<u8>, ErrorStack> {
            let certificate = openssl::x509::X509::from_der(self.certificate.der())?;
            let mut builder = Pkcs12::builder();
            builder.name(name).pkey(key).cert(&certificate);
            builder.key_algorithm(Nid::AES_256_CBC).cert_algorithm(Nid::AES_256_CBC).key_iter(ROUNDS);
            builder.mac_iter(ROUNDS).mac_md(MessageDigest::sha256());
            builder.build2(passphrase)?.to_der()
        };
        seal().map_err(|errors| RecoveryError::OpenSsl(reason(&errors)))
    }

    /// Opens such a file.
    ///
    /// # Errors
    /// The passphrase is wrong, or the file is no such thing.
    pub fn open_with(bytes: &[u8], passphrase: &str) -> Result<Self, RecoveryError> {
        let file = Pkcs12::from_der(bytes).map_err(|errors| RecoveryError::NotOne(reason(&errors)))?;
        let parsed = file.parse2(passphrase).map_err(|_| RecoveryError::Wrong)?;
        let key = parsed.pkey.ok_or(RecoveryError::Lacks("key"))?;
        let certificate = parsed.cert.ok_or(RecoveryError::Lacks("certificate"))?;
        let encode = |errors: ErrorStack| RecoveryError::OpenSsl(reason(&errors));
        let key = PrivateKey::from_der(&key.private_key_to_pkcs8().map_err(encode)?)?;
        let certificate = Certificate::from_der(&certificate.to_der().map_err(encode)?)
            .map_err(|error| RecoveryError::Certificate(error.to_string()))?;
        if !key.matches(&certificate) {
            return Err(RecoveryError::Mismatch);
        }
        Ok(Self { certificate, chain: Vec::new(), key })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::{KeyKind, Request, Subject};

    fn identity() -> Identity {
        let subject = Subject { cn: "SAST-2".into(), o: "Example".into(), ou: "Voice".into() };
        let request = Request { subject, names: vec![], key: KeyKind::Rsa(1024), days: 1 };
        Identity::self_signed(&request, 1_790_000_000).unwrap()
    }

    #[test]
    fn only_the_passphrase_opens_it() {
        let one = identity();
        let sealed = one.seal_with("sast-2", "ein langer Satz, ü").unwrap();
        let opened = Identity::open_with(&sealed, "ein langer Satz, ü").unwrap();
        assert_eq!(opened.certificate, one.certificate);
        assert_eq!(opened.key.to_der().unwrap(), one.key.to_der().unwrap());
        for wrong in ["ein langer Satz", "", "ein langer Satz, Ü"] {
            assert!(matches!(Identity::open_with(&sealed, wrong), Err(RecoveryError::Wrong)), "{wrong}");
        }
        let plain = one.key.to_der().unwrap();
        assert!(!sealed.windows(40).any(|part| part == &plain[60..100]), "the key stands in it as it is");
    }

    #[test]
    fn what_is_no_such_file_is_refused() {
        assert!(matches!(identity().seal_with("x", "elf Zeichen"), Err(RecoveryError::TooShort)));
        assert!(matches!(Identity::open_with(b"noise", "whatever it is"), Err(RecoveryError::NotOne(_))));
        let mut sealed = identity().seal_with("x", "zwölf Zeichen").unwrap();
        let middle = sealed.len() / 2;
        sealed[middle] ^= 1;
        assert!(Identity::open_with(&sealed, "zwölf Zeichen").is_err());
        assert!(Identity::open_with(&sealed[..middle], "zwölf Zeichen").is_err());
    }
}
