//! What a phone signs to prove that a certificate is its own.
//!
//! RSA signatures are the bare digest in PKCS#1 type 1 padding, without the DigestInfo every library puts there. So the
//! padding is checked here, byte by byte: a check that skips over it lets anybody forge signatures of small exponents.

use openssl::{
    ecdsa::EcdsaSig,
    error::ErrorStack,
    pkey::{PKeyRef, Public},
    rsa::Padding,
};
use wire::signature::Digest;

use crate::{
    Certificate, digest,
    key::{KeyKind, MAX_RSA_BITS, MIN_RSA_BITS, PrivateKey},
    reason,
};

/// The digests a proof is made over, each with a signature of its own.
const DIGESTS: [Digest; 2] = [Digest::Sha1, Digest::Sha512];
/// PKCS#1 wants at least eight.
const LEAST_PADDING: usize = 8;

/// Two signatures over the same bytes.
#[derive(Clone, Copy, Debug)]
pub struct Signatures<'a> {
    /// Over the SHA-1 digest.
    pub sha1: &'a [u8],
    /// Over the SHA-512 digest.
    pub sha512: &'a [u8],
}

/// Why a proof proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// An RSA key too small for a digest, or so large that checking is an attack.
    #[error("proofs by {0} keys are not taken")]
    Key(KeyKind),
    /// SUDI is RSA only.
    #[error("a SUDI proof needs an RSA key, and this is a {0} key")]
    NotRsa(KeyKind),
    /// As long as another key's.
    #[error("the {digest} signature has {found} bytes, and the key makes {expected}")]
    Length {
        /// Which of the two.
        digest: &'static str,
        /// The signature's.
        found: usize,
        /// The key's.
        expected: usize,
    },
    /// Another padding, or another digest, or another key.
    #[error("the {0} signature is not that key's over these bytes")]
    Wrong(&'static str),
}

/// Checks that the holder of the certificate's key signed `name, NUL, certificate`.
pub fn device(certificate: &Certificate, name: &str, signatures: Signatures<'_>) -> Result<(), ProofError> {
    check(certificate, &[name.as_bytes(), &[0], certificate.der()], signatures)
}

/// The same for phones of before, which sign over the SHA-1 digest only.
pub fn device_of_before(certificate: &Certificate, name: &str, sha1: &[u8]) -> Result<(), ProofError> {
    let parts = [name.as_bytes(), &[0], certificate.der()];
    check_one(certificate, &parts, Digest::Sha1, sha1)
}

/// Checks that the holder of the certificate's key signed `session number (little-endian), certificate`.
pub fn sudi(certificate: &Certificate, session: u32, signatures: Signatures<'_>) -> Result<(), ProofError> {
    if !certificate.key_kind().is_rsa() {
        return Err(ProofError::NotRsa(certificate.key_kind()));
    }
    check(certificate, &[&session.to_le_bytes(), certificate.der()], signatures)
}

fn check(certificate: &Certificate, signed: &[&[u8]], signatures: Signatures<'_>) -> Result<(), ProofError> {
    let both = DIGESTS.into_iter().zip([signatures.sha1, signatures.sha512]);
    both.into_iter()
        .try_for_each(|(algorithm, signature)| check_one(certificate, signed, algorithm, signature))
}

fn check_one(
    certificate: &Certificate,
    signed: &[&[u8]],
    algorithm: Digest,
    signature: &[u8],
) -> Result<(), ProofError> {
    let (key, digest) = (certificate.openssl_key(), digest::of(algorithm, signed));
    match certificate.key_kind() {
        KeyKind::Rsa(bits) if (MIN_RSA_BITS..=MAX_RSA_BITS).contains(&bits) => {
            check_rsa(key, &digest, signature, name(algorithm))
        }
        kind @ KeyKind::Rsa(_) => Err(ProofError::Key(kind)),
        KeyKind::Ec(_) => check_ec(key, &digest, signature, name(algorithm)),
    }
}

fn check_rsa(
    key: &PKeyRef<Public>,
    digest: &[u8],
    signature: &[u8],
    which: &'static str,
) -> Result<(), ProofError> {
    let expected = key.size();
    if signature.len() != expected {
        return Err(ProofError::Length { digest: which, found: signature.len(), expected });
    }
    let block = || -> Result<Vec<u8>, ErrorStack> {
        let mut block = vec![0; expected];
        let len = key.rsa()?.public_decrypt(signature, &mut block, Padding::NONE)?;
        block.truncate(len);
        Ok(block)
    };
    // A number beyond the modulus is an error of OpenSSL's, and no signature.
    let block = block().map_err(|_| ProofError::Wrong(which))?;
    if padded(digest, expected).is_some_and(|expected| expected == block) {
        Ok(())
    } else {
        Err(ProofError::Wrong(which))
    }
}

/// `00 01 FF … FF 00 digest`, of exactly this length: the one block that is right.
fn padded(digest: &[u8], len: usize) -> Option<Vec<u8>> {
    let padding = len.checked_sub(digest.len() + 3).filter(|padding| *padding >= LEAST_PADDING)?;
    Some([&[0, 1], vec![0xff; padding].as_slice(), &[0], digest].concat())
}

fn check_ec(
    key: &PKeyRef<Public>,
    digest: &[u8],
    signature: &[u8],
    which: &'static str,
) -> Result<(), ProofError> {
    let verified = || -> Result<bool, ErrorStack> {
        let parsed = EcdsaSig::from_der(signature)?;
        // One form only: nothing behind it, nothing odd in it.
        Ok(parsed.to_der()? == signature && parsed.verify(digest, &*key.ec_key()?)?)
    };
    if verified().unwrap_or(false) { Ok(()) } else { Err(ProofError::Wrong(which)) }
}

fn name(digest: Digest) -> &'static str {
    match digest {
        Digest::Sha1 => "SHA-1",
        Digest::Sha256 => "SHA-256",
        Digest::Sha512 => "SHA-512",
    }
}

impl PrivateKey {
    /// Signs as a phone does, over the SHA-1 and over the SHA-512 digest of `parts`.
    pub fn prove(&self, parts: &[&[u8]]) -> Result<[Vec<u8>; 2], crate::SignError> {
        let key = self.openssl()?;
        let sign = |algorithm: Digest| -> Result<Vec<u8>, ErrorStack> {
            let digest = digest::of(algorithm, parts);
            if !self.kind().is_rsa() {
                return EcdsaSig::sign(&digest, &*key.ec_key()?)?.to_der();
            }
            let rsa = self.rsa()?;
            let mut signature = vec![0; rsa.size() as usize];
            let len = rsa.private_encrypt(&digest, &mut signature, Padding::PKCS1)?;
            signature.truncate(len);
            Ok(signature)
        };
        let failed = |errors: ErrorStack| crate::SignError::OpenSsl(reason(&errors));
        Ok([sign(Digest::Sha1).map_err(failed)?, sign(Digest::Sha512).map_err(failed)?])
    }

    /// Its public half, DER SubjectPublicKeyInfo.
    pub fn to_spki(&self) -> Result<Vec<u8>, crate::KeyError> {
        self.public_der().map_err(|errors| crate::KeyError::Encode(reason(&errors)))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use openssl::{hash::MessageDigest, rsa::Rsa};

    use super::*;

    #[test]
    fn the_padding_leaves_no_room_for_anything_else() {
        let block = padded(&[0xaa; 20], 64).unwrap();
        assert_eq!((block[..3].to_vec(), block[43], block[44]), (vec![0, 1, 0xff], 0, 0xaa));
        assert_eq!(block.len(), 64);
        assert!(padded(&[0; 64], 64).is_none() && padded(&[0; 54], 64).is_none());
        assert!(padded(&[0; 53], 64).is_some());
    }

    /// A key of exponent 3 and blocks that a careless check takes for right.
    #[test]
    fn every_byte_of_the_block_is_looked_at() {
        let key = Rsa::generate(1024).unwrap();
        let public = openssl::pkey::PKey::public_key_from_der(&key.public_key_to_der().unwrap()).unwrap();
        let digest = digest::of(Digest::Sha1, &[b"name\0certificate"]);
        let right = padded(&digest, 128).unwrap();
        let signed = |block: &[u8]| {
            let mut signature = vec![0; 128];
            key.private_encrypt(block, &mut signature, Padding::NONE).unwrap();
            check_rsa(&public, &digest, &signature, "SHA-1")
        };
        assert_eq!(signed(&right), Ok(()));
        for at in 1..128 {
            let mut wrong = right.clone();
            wrong[at] ^= 1;
            assert_eq!(signed(&wrong), Err(ProofError::Wrong("SHA-1")), "byte {at}");
        }
        // Short padding with the digest in the middle and free bytes behind it: Bleichenbacher's forgery.
        let mut forged = [&[0, 1], [0xff; 8].as_slice(), &[0], &digest].concat();
        forged.resize(128, 0x55);
        assert_eq!(signed(&forged), Err(ProofError::Wrong("SHA-1")));
        assert_eq!(signed(&[0; 128]), Err(ProofError::Wrong("SHA-1")));
        let error = ProofError::Length { digest: "SHA-1", found: 127, expected: 128 };
        assert_eq!(check_rsa(&public, &digest, &[1; 127], "SHA-1"), Err(error));
        assert_eq!(check_rsa(&public, &digest, &[0xff; 128], "SHA-1"), Err(ProofError::Wrong("SHA-1")));
    }

    #[test]
    fn a_library_signature_with_a_digest_info_is_another_thing() {
        let key = openssl::pkey::PKey::from_rsa(Rsa::generate(1024).unwrap()).unwrap();
        let mut signer = openssl::sign::Signer::new(MessageDigest::sha1(), &key).unwrap();
        let signature = signer.sign_oneshot_to_vec(b"text").unwrap();
        let public = openssl::pkey::PKey::public_key_from_der(&key.public_key_to_der().unwrap()).unwrap();
        let digest = digest::of(Digest::Sha1, &[b"text"]);
        assert_eq!(check_rsa(&public, &digest, &signature, "SHA-1"), Err(ProofError::Wrong("SHA-1")));
    }
}
