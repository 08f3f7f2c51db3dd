//! Digests: of files, of certificates, and of what is signed.

use openssl::hash::{Hasher, MessageDigest};
use openssl::md::{Md, MdRef};
use wire::signature::Digest;

/// SHA-256 of some bytes.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    openssl::sha::sha256(bytes)
}

/// SHA-1 of some bytes.
#[must_use]
pub fn sha1(bytes: &[u8]) -> [u8; 20] {
    openssl::sha::sha1(bytes)
}

/// MD5 of some bytes: what the vendor prints beside downloads, and how a phone's certificate is named to it.
#[must_use]
pub fn md5(bytes: &[u8]) -> [u8; 16] {
    let digest = openssl::hash::hash(MessageDigest::md5(), bytes).expect("the vendored OpenSSL has MD5");
    <[u8; 16]>::try_from(digest.as_ref()).expect("MD5 has 16 bytes")
}

/// SHA-256 of bytes that come in pieces.
#[derive(Clone)]
pub struct Sha256(openssl::sha::Sha256);

impl Sha256 {
    /// Begins.
    #[must_use]
    pub fn new() -> Self {
        Self(openssl::sha::Sha256::new())
    }

    /// Adds a piece.
    pub fn update(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// Ends.
    #[must_use]
    pub fn finish(self) -> [u8; 32] {
        self.0.finish()
    }
}

impl Default for Sha256 {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sha256")
    }
}

/// The digest a header names, of these parts one after the other.
#[must_use]
pub fn of(digest: Digest, parts: &[&[u8]]) -> Vec<u8> {
    let mut hasher =
        Hasher::new(openssl_digest(digest)).expect("the vendored OpenSSL has every digest of ours");
    for part in parts {
        hasher.update(part).expect("a digest takes any bytes");
    }
    hasher.finish().expect("a digest that began can end").to_vec()
}

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Base64 in one line.
#[must_use]
pub fn base64(bytes: &[u8]) -> String {
    openssl::base64::encode_block(bytes)
}

pub(crate) fn openssl_digest(digest: Digest) -> MessageDigest {
    match digest {
        Digest::Sha1 => MessageDigest::sha1(),
        Digest::Sha256 => MessageDigest::sha256(),
        Digest::Sha512 => MessageDigest::sha512(),
    }
}

pub(crate) fn openssl_md(digest: Digest) -> &'static MdRef {
    match digest {
        Digest::Sha1 => Md::sha1(),
        Digest::Sha256 => Md::sha256(),
        Digest::Sha512 => Md::sha512(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers() {
        assert_eq!(hex(&md5(b"abc")), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(hex(&sha1(b"abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
        let sha256_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hex(&sha256(b"abc")), sha256_abc);
        let mut pieces = Sha256::default();
        pieces.update(b"a");
        pieces.update(b"bc");
        assert_eq!(hex(&pieces.finish()), sha256_abc);
        assert_eq!(base64(b"abc"), "YWJj");
    }

    #[test]
    fn parts_are_one_text() {
        for digest in [Digest::Sha1, Digest::Sha256, Digest::Sha512] {
            assert_eq!(of(digest, &[b"ab", b"c"]), of(digest, &[b"abc"]));
        }
        assert_eq!(of(Digest::Sha1, &[b"abc"]), sha1(b"abc"));
        assert_eq!(of(Digest::Sha512, &[]).len(), 64);
    }
}
