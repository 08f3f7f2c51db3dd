//! Signing and verifying: RSA PKCS#1 v1.5, the one kind of signature phones' files have.

use openssl::{error::ErrorStack, sign};
use wire::signature::{Digest, EncodeError};

use crate::{
    certificate::Certificate,
    digest::{self, openssl_digest},
    key::{KeyError, KeyKind, KeyPlace, PrivateKey},
    reason,
    token::TokenError,
};

/// Why a file is not signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// An EC key.
    #[error("files are signed with RSA keys only, and this is a {0} key")]
    NotRsa(KeyKind),
    /// The file cannot be expressed.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// OpenSSL refused.
    #[error("the signature could not be made ({0})")]
    OpenSsl(String),
    /// The token refused, or is away.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The key cannot be had.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Why a signature does not stand.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// An EC certificate.
    #[error("files are signed with RSA keys only, and the certificate holds a {0} key")]
    NotRsa(KeyKind),
    /// As long as another key's.
    #[error(
        "the signature has {found} bytes, and the certificate's key makes {expected}: another key signed this"
    )]
    Length {
        /// The signature's.
        found: usize,
        /// The key's.
        expected: usize,
    },
    /// It is not this key's signature over these bytes.
    #[error(
        "the signature is not that certificate's over these bytes: another key signed this, or it was changed"
    )]
    Wrong,
    /// OpenSSL could not even try.
    #[error("the signature could not be checked ({0})")]
    OpenSsl(String),
}

/// Verifies a signature over a file's parts, by this certificate.
pub fn verify(
    parts: [&[u8]; 2],
    digest: Digest,
    signature: &[u8],
    by: &Certificate,
) -> Result<(), VerifyError> {
    let key = by.openssl_key();
    if !by.key_kind().is_rsa() {
        return Err(VerifyError::NotRsa(by.key_kind()));
    }
    if signature.len() != key.size() {
        return Err(VerifyError::Length { found: signature.len(), expected: key.size() });
    }
    let verified = || -> Result<bool, ErrorStack> {
        let mut verifier = sign::Verifier::new(openssl_digest(digest), key)?;
        for part in parts {
            verifier.update(part)?;
        }
        verifier.verify(signature)
    };
    match verified() {
        Ok(true) => Ok(()),
        Ok(false) => Err(VerifyError::Wrong),
        Err(errors) => Err(VerifyError::OpenSsl(reason(&errors))),
    }
}

/// Signs a file's parts.
pub(crate) fn sign(key: &PrivateKey, digest: Digest, parts: [&[u8]; 2]) -> Result<Vec<u8>, SignError> {
    if !key.kind().is_rsa() {
        return Err(SignError::NotRsa(key.kind()));
    }
    if key.place() == KeyPlace::Token {
        return Ok(key.sign_on_token(digest, &digest::of(digest, &parts))?);
    }
    let soft = key.openssl()?;
    let signed = || -> Result<Vec<u8>, ErrorStack> {
        let mut signer = sign::Signer::new(openssl_digest(digest), soft)?;
        for part in parts {
            signer.update(part)?;
        }
        signer.sign_to_vec()
    };
    signed().map_err(|errors| SignError::OpenSsl(reason(&errors)))
}
