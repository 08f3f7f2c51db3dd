//! The header that every signed thing begins with: who signed, how, what it is called and when.
//!
//! A builder makes an [`Unsigned`]: the whole file but for its signature. Whoever holds the key signs
//! [`Unsigned::parts`] and closes the file with [`Unsigned::into_file`].

mod element;
mod error;
mod header;
mod unsigned;

use std::{fmt, str::FromStr};

use thiserror::Error;

pub use element::{Element, Field, Tag};
pub use error::{EncodeError, Fault, ParseError};
pub(crate) use header::{Header, Heading, Layout};
pub use unsigned::Unsigned;

/// The sizes of an RSA modulus that the header can express, in bytes; the header holds the index.
pub const MODULUS_SIZES: [usize; 4] = [64, 128, 256, 512];

/// Who signed, as the header names it: phones find the certificate in their trust list by issuer and serial number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Signer {
    /// The subject of the signing certificate: `CN=…,O=…,OU=…`, attributes in certificate order.
    pub subject: String,
    /// The issuer of the signing certificate, in the same form.
    pub issuer: String,
    /// The serial number as a minimal big-endian magnitude.
    pub serial: Vec<u8>,
}

/// What an encoder must know beforehand about a signature that does not exist yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signing {
    /// Whose certificate will sign.
    pub signer: Signer,
    /// Over which digest.
    pub digest: Digest,
    /// How many bytes the signature will have: the size of the key's modulus.
    pub signature_len: usize,
    /// Unix seconds.
    pub timestamp: u32,
}

/// A digest algorithm as the header numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Digest {
    /// 1: what every phone understands.
    Sha1,
    /// 2: seen in files, not used for ours.
    Sha256,
    /// 3: what firmware that knows trust lists 1.1 understands.
    Sha512,
}

/// There is no digest algorithm of that name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a digest algorithm; use sha1, sha256 or sha512")]
pub struct UnknownDigest;

impl Digest {
    /// How many bytes a digest has.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a digest is never empty")]
    pub fn len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }

    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Sha1 => 1,
            Self::Sha256 => 2,
            Self::Sha512 => 3,
        }
    }

    pub(crate) fn from_code(code: u8) -> Option<Self> {
        [Self::Sha1, Self::Sha256, Self::Sha512].into_iter().find(|digest| digest.code() == code)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sha1 => "SHA-1",
            Self::Sha256 => "SHA-256",
            Self::Sha512 => "SHA-512",
        })
    }
}

impl FromStr for Digest {
    type Err = UnknownDigest;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_ascii_lowercase().as_str() {
            "sha1" | "sha-1" => Ok(Self::Sha1),
            "sha256" | "sha-256" => Ok(Self::Sha256),
            "sha512" | "sha-512" => Ok(Self::Sha512),
            _ => Err(UnknownDigest),
        }
    }
}

/// A version of a file's layout, or of a trust list's signer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version {
    /// The number before the point.
    pub major: u8,
    /// The number behind it.
    pub minor: u8,
}

/// The text is not a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a version; write it as 1.1")]
pub struct NotAVersion;

impl Version {
    /// `major.minor`.
    #[must_use]
    pub const fn new(major: u8, minor: u8) -> Self {
        Self { major, minor }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for Version {
    type Err = NotAVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (major, minor) = text.split_once('.').ok_or(NotAVersion)?;
        let number = |part: &str| part.parse().map_err(|_| NotAVersion);
        Ok(Self { major: number(major)?, minor: number(minor)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_go_by_number_and_by_name() {
        for (digest, code, len, name) in [
            (Digest::Sha1, 1, 20, "SHA-1"),
            (Digest::Sha256, 2, 32, "SHA-256"),
            (Digest::Sha512, 3, 64, "SHA-512"),
        ] {
            assert_eq!((digest.code(), digest.len(), digest.to_string().as_str()), (code, len, name));
            assert_eq!(Digest::from_code(code), Some(digest));
            assert_eq!(name.parse(), Ok(digest));
            assert_eq!(name.to_lowercase().replace('-', "").parse(), Ok(digest));
        }
        assert_eq!((Digest::from_code(0), Digest::from_code(4)), (None, None));
        assert_eq!("md5".parse::<Digest>(), Err(UnknownDigest));
    }

    #[test]
    fn versions_read_as_they_print() {
        assert_eq!("1.1".parse(), Ok(Version::new(1, 1)));
        assert_eq!(Version::new(2, 0).to_string(), "2.0");
        for wrong in ["", "1", "1.", ".1", "1.256", "1.1.1", "one.two"] {
            assert_eq!(wrong.parse::<Version>(), Err(NotAVersion), "{wrong}");
        }
        assert!(Version::new(1, 0) < Version::new(1, 1));
    }
}
