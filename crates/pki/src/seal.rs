//! Encrypted configurations: AES-128-CBC over the padded XML, the key encrypted to the phone's certificate.

use openssl::{
    error::ErrorStack,
    rand::rand_bytes,
    rsa::Padding,
    symm::{Cipher, Crypter, Mode},
};
use wire::{
    encrypted::{self, Encrypted, Sealed},
    signature::Digest,
};

use crate::{
    certificate::Certificate,
    digest,
    identity::Identity,
    key::{KeyKind, PrivateKey},
    reason,
    signature::SignError,
};

const KEY_LEN: usize = 16;

/// Why a configuration is not encrypted.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// An EC certificate.
    #[error("a configuration can be encrypted to an RSA certificate only, and the phone's holds a {0} key")]
    NotRsa(KeyKind),
    /// The signer.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// OpenSSL refused.
    #[error("the configuration could not be encrypted ({0})")]
    OpenSsl(String),
}

/// Why an encrypted configuration does not open.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// An EC key.
    #[error("configurations are encrypted to RSA keys only, and this is a {0} key")]
    NotRsa(KeyKind),
    /// The key inside is not for this key.
    #[error("the configuration is not encrypted to this key")]
    OtherKey,
    /// Its padding is more than there is, or not padding.
    #[error("the padding of the decrypted configuration is not what the header says")]
    Padding,
    /// What came out is not what went in.
    #[error("the decrypted configuration is not the one the header's digest names")]
    Digest,
}

/// Encrypts `xml` to the phone's certificate and signs the whole, under the name the phone will ask for
/// (`SEP….cnf.xml.enc.sgn`). Each call draws a new key.
pub fn encrypt(
    name: &str,
    xml: &[u8],
    recipient: &Certificate,
    signer: &Identity,
    digest: Digest,
    timestamp: u32,
) -> Result<Vec<u8>, SealError> {
    if !recipient.key_kind().is_rsa() {
        return Err(SealError::NotRsa(recipient.key_kind()));
    }
    signer.must_be_rsa()?;
    let (padded, padding) = encrypted::pad(xml);
    let envelope = envelope(&padded, recipient).map_err(|errors| SealError::OpenSsl(reason(&errors)))?;
    let sealed = Sealed {
        name,
        iv: envelope.iv,
        encrypted_key: &envelope.encrypted_key,
        plaintext_algorithm: digest,
        plaintext_digest: &digest::of(digest, &[xml]),
        padding,
        ciphertext: &envelope.ciphertext,
    };
    let unsigned = encrypted::build(&sealed, &signer.signing(digest, timestamp));
    Ok(signer.sign(unsigned.map_err(SignError::from)?)?)
}

/// Decrypts with the phone's key, and checks what comes out. The signature is not looked at: see [`crate::verify`].
pub fn decrypt(encrypted: &Encrypted<'_>, key: &PrivateKey) -> Result<Vec<u8>, OpenError> {
    let sealed = &encrypted.sealed;
    if !key.kind().is_rsa() {
        return Err(OpenError::NotRsa(key.kind()));
    }
    let content_key = decrypt_key(sealed.encrypted_key, key).ok_or(OpenError::OtherKey)?;
    let mut xml =
        aes(Mode::Decrypt, &content_key, &sealed.iv, sealed.ciphertext).map_err(|_| OpenError::OtherKey)?;
    let len = xml.len().checked_sub(usize::from(sealed.padding)).ok_or(OpenError::Padding)?;
    // The digest decides: a wrong key gives noise, whatever its padding looks like.
    if digest::of(sealed.plaintext_algorithm, &[&xml[..len]]) != sealed.plaintext_digest {
        return Err(OpenError::Digest);
    }
    encrypted::unpad(&xml, sealed.padding).ok_or(OpenError::Padding)?;
    xml.truncate(len);
    Ok(xml)
}

struct Envelope {
    iv: [u8; 16],
    encrypted_key: Vec<u8>,
    ciphertext: Vec<u8>,
}

fn envelope(padded: &[u8], recipient: &Certificate) -> Result<Envelope, ErrorStack> {
    let (mut key, mut iv) = ([0; KEY_LEN], [0; 16]);
    rand_bytes(&mut key)?;
    rand_bytes(&mut iv)?;
    let rsa = recipient.openssl_key().rsa()?;
    let mut encrypted_key = vec![0; rsa.size() as usize];
    let len = rsa.public_encrypt(&key, &mut encrypted_key, Padding::PKCS1)?;
    encrypted_key.truncate(len);
    Ok(Envelope { iv, encrypted_key, ciphertext: aes(Mode::Encrypt, &key, &iv, padded)? })
}

/// The content key, if it is one. OpenSSL gives noise of any length for a message that is not for this key.
fn decrypt_key(encrypted: &[u8], key: &PrivateKey) -> Option<[u8; KEY_LEN]> {
    let rsa = key.rsa().ok()?;
    if encrypted.len() != rsa.size() as usize {
        return None;
    }
    let mut plain = vec![0; rsa.size() as usize];
    let len = rsa.private_decrypt(encrypted, &mut plain, Padding::PKCS1).ok()?;
    plain.get(..len)?.try_into().ok()
}

/// AES-128-CBC without padding of its own: the XML is padded with carriage returns.
fn aes(mode: Mode, key: &[u8], iv: &[u8], input: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    let cipher = Cipher::aes_128_cbc();
    let mut crypter = Crypter::new(cipher, mode, key, Some(iv))?;
    crypter.pad(false);
    let mut output = vec![0; input.len() + cipher.block_size()];
    let mut len = crypter.update(input, &mut output)?;
    len += crypter.finalize(&mut output[len..])?;
    output.truncate(len);
    Ok(output)
}
