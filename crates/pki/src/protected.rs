//! Private keys behind a passphrase: encrypted PKCS#8, as OpenSSL and everybody else reads it.
//!
//! The passphrase is stretched by scrypt (RFC 7914) at the cost OWASP asks for, and the key is encrypted with AES-256-CBC
//! (PBES2). OpenSSL writes with a far weaker stretching than it reads, so the few bytes around are written here.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use openssl::error::ErrorStack;
use openssl::symm::{Cipher, decrypt, encrypt};

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

/// More than a store has, in the middle of a change of passphrase.
const MOST_SALTS: usize = 64;

const BEGIN: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----";
const END: &str = "-----END ENCRYPTED PRIVATE KEY-----";

const PBES2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d];
const SCRYPT: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x04, 0x0b];
const AES_256_CBC: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a];

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const OBJECT: u8 = 0x06;

/// What protects private keys. Cloning shares it; printing shows nothing.
#[derive(Clone)]
pub struct Passphrase(Arc<Inner>);

struct Inner {
    bytes: Vec<u8>,
    /// What it was stretched to, by salt: all keys of a store have the same one, so that it is done once. Whoever tries
    /// passphrases has to do it once a try as well, because the passphrase is the same.
    stretched: Mutex<Vec<(Salt, [u8; 32])>>,
}

type Salt = [u8; SALT];

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
            1..=LONGEST => Ok(Self(Arc::new(Inner { bytes: bytes.to_vec(), stretched: Mutex::default() }))),
            _ => Err(PassphraseError::TooLong),
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0.bytes
    }

    /// What this salt stretches it to.
    fn stretch(&self, salt: Salt) -> Result<[u8; 32], ErrorStack> {
        // Held meanwhile: whoever comes second finds it done.
        let mut stretched = self.0.stretched.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, key)) = stretched.iter().find(|(known, _)| *known == salt) {
            return Ok(*key);
        }
        let mut key = [0; 32];
        let (cost, block, lanes) = (COST.into(), BLOCK.into(), LANES.into());
        openssl::pkcs5::scrypt(self.bytes(), &salt, cost, block, lanes, MEMORY, &mut key)?;
        if stretched.len() >= MOST_SALTS {
            stretched.clear();
        }
        stretched.push((salt, key));
        Ok(key)
    }

    /// The salt that it was stretched with already; else a new one.
    fn salt(&self) -> Result<Salt, ErrorStack> {
        let known =
            self.0.stretched.lock().unwrap_or_else(PoisonError::into_inner).last().map(|(salt, _)| *salt);
        if let Some(salt) = known {
            return Ok(salt);
        }
        let mut salt = [0; SALT];
        openssl::rand::rand_bytes(&mut salt)?;
        Ok(salt)
    }
}

impl PartialEq for Passphrase {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }
}

impl Eq for Passphrase {}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(hidden)")
    }
}

/// PKCS#8 in DER, encrypted, as PEM.
pub(crate) fn seal(pkcs8: &[u8], passphrase: &Passphrase) -> Result<Vec<u8>, KeyError> {
    let sealed = || -> Result<(Salt, [u8; IV], Vec<u8>), ErrorStack> {
        let (salt, mut iv) = (passphrase.salt()?, [0; IV]);
        openssl::rand::rand_bytes(&mut iv)?;
        let sealed = encrypt(Cipher::aes_256_cbc(), &passphrase.stretch(salt)?, Some(&iv), pkcs8)?;
        Ok((salt, iv, sealed))
    };
    let (salt, iv, sealed) = sealed().map_err(|errors| KeyError::Encode(reason(&errors)))?;
    Ok(pem(&sequence(&[scheme(&salt, &iv), tlv(OCTETS, &sealed)])))
}

/// Opens what [`seal`] wrote: the PKCS#8 in it. Nothing for anything else, which OpenSSL may know better.
pub(crate) fn open(pem: &[u8], passphrase: &Passphrase) -> Option<Result<Vec<u8>, KeyError>> {
    let body = std::str::from_utf8(pem).ok()?.trim().strip_prefix(BEGIN)?.strip_suffix(END)?;
    let body: String = body.split_ascii_whitespace().collect();
    let der = openssl::base64::decode_block(&body).ok()?;
    let (whole, []) = part(SEQUENCE, &der)? else { return None };
    let (_, behind) = part(SEQUENCE, whole)?;
    let (sealed, []) = part(OCTETS, behind)? else { return None };
    // The scheme is always the same but for salt and start value, so it is compared as a whole.
    let found = &whole[..whole.len() - behind.len()];
    let (zeros, ones) = (scheme(&[0; SALT], &[0; IV]), scheme(&[0xff; SALT], &[0; IV]));
    let salt_at = zeros.iter().zip(&ones).position(|(zero, one)| zero != one)?;
    let salt = Salt::try_from(found.get(salt_at..salt_at + SALT)?).ok()?;
    let iv = <[u8; IV]>::try_from(found.get(zeros.len() - IV..)?).ok()?;
    if scheme(&salt, &iv) != found {
        return None;
    }
    let opened = passphrase.stretch(salt);
    let opened = opened.and_then(|key| decrypt(Cipher::aes_256_cbc(), &key, Some(&iv), sealed));
    Some(opened.map_err(|_| KeyError::WrongPassphrase))
}

/// The value of the first element, if it has this tag, and what is behind it.
fn part(tag: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (len, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81 => (usize::from(*rest.first()?), &rest[1..]),
        0x82 => (usize::from(u16::from_be_bytes([*rest.first()?, *rest.get(1)?])), &rest[2..]),
        // No key is longer.
        _ => return None,
    };
    rest.split_at_checked(len).filter(|_| found == tag)
}

fn scheme(salt: &Salt, iv: &[u8; IV]) -> Vec<u8> {
    let stretching = [
        tlv(OBJECT, SCRYPT),
        sequence(&[tlv(OCTETS, salt), number(COST), number(BLOCK), number(LANES), number(32)]),
    ];
    let encryption = [tlv(OBJECT, AES_256_CBC), tlv(OCTETS, iv)];
    sequence(&[tlv(OBJECT, PBES2), sequence(&[sequence(&stretching), sequence(&encryption)])])
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
    let mut pem = format!("{BEGIN}\n");
    for line in text.as_bytes().chunks(64) {
        pem.push_str(&String::from_utf8_lossy(line));
        pem.push('\n');
    }
    pem.push_str(END);
    pem.push('\n');
    pem.into_bytes()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use openssl::pkey::PKey;

    use super::*;
    use crate::{Curve, KeyKind, PrivateKey};

    #[test]
    fn no_bytes_break_it() {
        let passphrase = Passphrase::new(b"x").unwrap();
        let pem = seal(b"something", &passphrase).unwrap();
        assert_eq!(open(&pem, &passphrase).unwrap().unwrap(), b"something");
        let der = openssl::base64::decode_block(
            &String::from_utf8_lossy(&pem).lines().filter(|line| !line.contains('-')).collect::<String>(),
        )
        .unwrap();
        for at in 0..der.len() {
            let mut broken = der.clone();
            broken[at] ^= 0x41;
            // Another salt would be another stretching each time.
            let salt = der.windows(2).position(|two| two == [OCTETS, 16]).unwrap() + 2;
            if !(salt..salt + SALT).contains(&at) {
                let _ = open(&super::pem(&broken), &passphrase);
            }
            assert!(open(&super::pem(&der[..at]), &passphrase).is_none());
        }
        assert!(open(b"", &passphrase).is_none() && open(b"\xff", &passphrase).is_none());
    }

    #[test]
    fn a_protected_key_opens_with_its_passphrase_only() {
        let (right, wrong) = (Passphrase::new(b"open sesame\n").unwrap(), Passphrase::new(b"x").unwrap());
        for kind in [KeyKind::Rsa(1024), KeyKind::Ec(Curve::P521)] {
            let key = PrivateKey::generate(kind).unwrap();
            let pem = key.to_protected_pem(&right).unwrap();
            assert!(String::from_utf8_lossy(&pem).starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
            assert_ne!(pem, key.to_protected_pem(&right).unwrap(), "never the same bytes");
            let read = PrivateKey::open(&pem, Some(&right)).unwrap();
            assert_eq!(read.to_der().unwrap(), key.to_der().unwrap());
            assert!(matches!(PrivateKey::open(&pem, Some(&wrong)), Err(KeyError::WrongPassphrase)));
            assert!(matches!(PrivateKey::open(&pem, None), Err(KeyError::Passphrase)));
            // OpenSSL opens it as well, and we what OpenSSL wrote.
            let theirs = PKey::private_key_from_pem_passphrase(&pem, right.bytes()).unwrap();
            assert_eq!(theirs.private_key_to_pkcs8().unwrap(), key.to_der().unwrap());
            let cipher = Cipher::aes_128_cbc();
            let theirs = theirs.private_key_to_pem_pkcs8_passphrase(cipher, right.bytes()).unwrap();
            assert!(open(&theirs, &right).is_none());
            assert_eq!(PrivateKey::open(&theirs, Some(&right)).unwrap().kind(), kind);
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
