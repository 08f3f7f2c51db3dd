//! Private keys behind a passphrase: encrypted PKCS#8, as OpenSSL and everybody else reads it.
//!
//! The passphrase is stretched by scrypt (RFC 7914) at the cost OWASP asks for, and the key is encrypted with AES-256-CBC
//! (PBES2). OpenSSL writes with a far weaker stretching than it reads, so the few bytes around are written here.

use std::fmt;
use std::sync::Arc;

use openssl::symm::{Cipher, encrypt};

use crate::key::KeyError;
use crate::reason;

/// 16 MiB of memory, five times over: some 200 ms for each try.
const COST: u32 = 1 << 14;
const BLOCK: u32 = 8;
const LANES: u32 = 5;
/// What scrypt may take at that cost, and a little; OpenSSL's own bound when it reads is 32 MiB.
const MEMORY: u64 = 20 << 20;
const SALT: usize = 16;
const IV: usize = 16;
/// OpenSSL's buffer for a passphrase.
const LONGEST: usize = 1024;

const PBES2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d];
const SCRYPT: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x04, 0x0b];
const AES_256_CBC: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a];

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const OBJECT: u8 = 0x06;

/// What protects private keys. Cloning shares it; printing shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Passphrase(Arc<[u8]>);

/// A text that protects nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PassphraseError {
    /// Nothing at all.
    #[error("it is empty")]
    Empty,
    /// More than OpenSSL takes.
    #[error("it has more than {LONGEST} bytes")]
    TooLong,
}

impl Passphrase {
    /// The passphrase that a file or a variable holds: all of it, but for the end of the line.
    pub fn new(bytes: &[u8]) -> Result<Self, PassphraseError> {
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        match bytes.len() {
            0 => Err(PassphraseError::Empty),
            1..=LONGEST => Ok(Self(bytes.into())),
            _ => Err(PassphraseError::TooLong),
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(hidden)")
    }
}

/// PKCS#8 in DER, encrypted, as PEM.
pub(crate) fn seal(pkcs8: &[u8], passphrase: &Passphrase) -> Result<Vec<u8>, KeyError> {
    let encode = |errors: &openssl::error::ErrorStack| KeyError::Encode(reason(errors));
    let (mut salt, mut iv, mut key) = ([0; SALT], [0; IV], [0; 32]);
    openssl::rand::rand_bytes(&mut salt).map_err(|errors| encode(&errors))?;
    openssl::rand::rand_bytes(&mut iv).map_err(|errors| encode(&errors))?;
    let (cost, block, lanes) = (COST.into(), BLOCK.into(), LANES.into());
    openssl::pkcs5::scrypt(passphrase.bytes(), &salt, cost, block, lanes, MEMORY, &mut key)
        .map_err(|errors| encode(&errors))?;
    let sealed = encrypt(Cipher::aes_256_cbc(), &key, Some(&iv), pkcs8).map_err(|errors| encode(&errors))?;
    let stretching = [
        tlv(OBJECT, SCRYPT),
        sequence(&[tlv(OCTETS, &salt), number(COST), number(BLOCK), number(LANES), number(32)]),
    ];
    let encryption = [tlv(OBJECT, AES_256_CBC), tlv(OCTETS, &iv)];
    let scheme = [tlv(OBJECT, PBES2), sequence(&[sequence(&stretching), sequence(&encryption)])];
    Ok(pem(&sequence(&[sequence(&scheme), tlv(OCTETS, &sealed)])))
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(SEQUENCE, &parts.concat())
}

/// A positive number.
fn number(value: u32) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let first = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len() - 1);
    let sign: &[u8] = if bytes[first] & 0x80 == 0 { &[] } else { &[0] };
    tlv(INTEGER, &[sign, &bytes[first..]].concat())
}

/// Tag, length, value.
pub(crate) fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
    let bytes = value.len().to_be_bytes();
    let first = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len() - 1);
    let digits = &bytes[first..];
    let length = match digits {
        [short @ 0..0x80] => vec![*short],
        long => {
            [&[0x80 | u8::try_from(long.len()).expect("a length has eight bytes at most")], long].concat()
        }
    };
    [&[tag], length.as_slice(), value].concat()
}

fn pem(der: &[u8]) -> Vec<u8> {
    let text = openssl::base64::encode_block(der);
    let mut pem = String::from("-----BEGIN ENCRYPTED PRIVATE KEY-----\n");
    for line in text.as_bytes().chunks(64) {
        pem.push_str(&String::from_utf8_lossy(line));
        pem.push('\n');
    }
    pem.push_str("-----END ENCRYPTED PRIVATE KEY-----\n");
    pem.into_bytes()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::{Curve, KeyKind, PrivateKey};

    #[test]
    fn a_protected_key_opens_with_its_passphrase_only() {
        let (right, wrong) = (Passphrase::new(b"open sesame\n").unwrap(), Passphrase::new(b"x").unwrap());
        for kind in [KeyKind::Rsa(1024), KeyKind::Ec(Curve::P521)] {
            let key = PrivateKey::generate(kind).unwrap();
            let pem = key.to_protected_pem(&right).unwrap();
            assert!(String::from_utf8_lossy(&pem).starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
            assert_ne!(pem, key.to_protected_pem(&right).unwrap(), "a salt of its own each time");
            let read = PrivateKey::open(&pem, Some(&right)).unwrap();
            assert_eq!(read.to_der().unwrap(), key.to_der().unwrap());
            assert!(matches!(PrivateKey::open(&pem, Some(&wrong)), Err(KeyError::WrongPassphrase)));
            assert!(matches!(PrivateKey::open(&pem, None), Err(KeyError::Passphrase)));
            // A key in the clear needs none, and none is in its way.
            assert!(PrivateKey::open(&key.to_pem().unwrap(), Some(&right)).is_ok());
        }
    }

    #[test]
    fn passphrases_are_lines_and_hidden() {
        assert_eq!(Passphrase::new(b"a b\r\n").unwrap().bytes(), b"a b");
        assert_eq!(Passphrase::new(b" a \n\n").unwrap().bytes(), b" a \n");
        assert_eq!(Passphrase::new(b"\n"), Err(PassphraseError::Empty));
        assert_eq!(Passphrase::new(&[b'x'; 1025]), Err(PassphraseError::TooLong));
        assert_eq!(format!("{:?}", Passphrase::new(b"secret").unwrap()), "Passphrase(hidden)");
    }

    #[test]
    fn lengths_and_numbers_are_der() {
        assert_eq!(tlv(4, &[7]), [4, 1, 7]);
        assert_eq!(tlv(4, &[0; 128])[..3], [4, 0x81, 128]);
        assert_eq!(tlv(4, &[0; 300])[..4], [4, 0x82, 1, 44]);
        assert_eq!(tlv(4, &[]), [4, 0]);
        assert_eq!(number(0), [2, 1, 0]);
        assert_eq!(number(128), [2, 2, 0, 128]);
        assert_eq!(number(16_384), [2, 2, 0x40, 0]);
    }
}
