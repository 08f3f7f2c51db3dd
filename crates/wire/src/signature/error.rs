//! What can be wrong with a file that was read, and with one that is to be written.

use std::fmt;

use thiserror::Error;

use super::{Element, MODULUS_SIZES, Tag, Version};
use crate::reader::{Extra, Short};

/// A file is not what it should be: where, in which element, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("byte {offset}: {element} {fault}")]
pub struct ParseError {
    /// Where in the file, counted from its first byte.
    pub offset: usize,
    /// In which element.
    pub element: Element,
    /// How it is wrong.
    pub fault: Fault,
}

/// How an element is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It wants more bytes than are left.
    Truncated {
        /// How many bytes it wants.
        wanted: usize,
        /// How many are left in the file, or in the container it stands in.
        left: usize,
    },
    /// It holds more bytes than belong there.
    Trailing {
        /// How many too many.
        len: usize,
    },
    /// It is not there.
    Missing,
    /// It stands there twice.
    Repeated,
    /// Another element stands where it belongs.
    Misplaced {
        /// What stands there.
        found: Element,
    },
    /// It holds an element that has its place elsewhere.
    Foreign {
        /// What it holds.
        found: Element,
    },
    /// It holds an element with a tag that none has.
    UnknownTag {
        /// The tag.
        tag: u8,
    },
    /// It holds nothing.
    Empty,
    /// Its text does not end with a NUL.
    NoNul,
    /// Its text has a NUL before its end.
    InnerNul,
    /// Its text is not UTF-8.
    NotUtf8,
    /// It announces a version of the layout that is not this kind of file's.
    Version {
        /// The version found.
        found: Version,
    },
    /// It announces an end of the header before where the header has come already.
    HeaderTooShort {
        /// The length announced.
        announced: usize,
    },
    /// It announces an end of the header behind the end of the file.
    HeaderPastEnd {
        /// The length announced.
        announced: usize,
        /// The length of the file.
        file: usize,
    },
    /// A record announces a length that is not even that of the announcement.
    RecordTooShort {
        /// The length announced.
        announced: u16,
    },
    /// What follows the last element is not the padding to a multiple of four that belongs there.
    Padding,
    /// It holds a value that is not in use.
    Value {
        /// The value.
        found: u16,
    },
    /// The signature is not as long as the modulus.
    SignatureLength {
        /// The size of the modulus.
        modulus: usize,
        /// The length of the signature.
        found: usize,
    },
    /// The digest is not as long as its algorithm makes it.
    DigestLength {
        /// The length that the algorithm makes.
        expected: usize,
        /// The length found.
        found: usize,
    },
    /// The announced size in bits is not the key's.
    KeySize {
        /// The announced number of bits.
        bits: u16,
        /// The length of the key that follows, in bytes.
        found: usize,
    },
    /// A ciphertext is at least one block of sixteen bytes, and whole blocks.
    Ciphertext {
        /// The length found.
        len: usize,
    },
    /// It is neither a PKCS#1 RSA key nor an uncompressed point.
    PublicKey,
    /// The name is neither trust list's.
    NotATrustList,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated { wanted, left } => write!(f, "wants {wanted} bytes where {left} are left"),
            Self::Trailing { len } => write!(f, "holds {len} bytes too many"),
            Self::Missing => f.write_str("is missing"),
            Self::Repeated => f.write_str("stands there twice"),
            Self::Misplaced { found } => write!(f, "is expected, but {found} stands there"),
            Self::Foreign { found } => write!(f, "holds {found}, which has no place there"),
            Self::UnknownTag { tag } => write!(f, "holds an element with the unknown tag {tag}"),
            Self::Empty => f.write_str("is empty"),
            Self::NoNul => f.write_str("does not end with a NUL"),
            Self::InnerNul => f.write_str("has a NUL before its end"),
            Self::NotUtf8 => f.write_str("is not UTF-8"),
            Self::Version { found } => write!(f, "is {found}, which is not this kind of file"),
            Self::HeaderTooShort { announced } => write!(f, "is {announced}, which ends within the header"),
            Self::HeaderPastEnd { announced, file } => {
                write!(f, "is {announced}, but the file has {file} bytes")
            }
            Self::RecordTooShort { announced } => {
                write!(f, "is {announced}, which ends within the record's first element")
            }
            Self::Padding => f.write_str("does not fill the header to a multiple of four"),
            Self::Value { found } => write!(f, "has the value {found}, which is not in use"),
            Self::SignatureLength { modulus, found } => {
                write!(f, "has {found} bytes, but the modulus has {modulus}")
            }
            Self::DigestLength { expected, found } => {
                write!(f, "has {found} bytes, but the digest algorithm makes {expected}")
            }
            Self::KeySize { bits, found } => {
                write!(f, "announces {bits} bits, but the key has {found} bytes")
            }
            Self::Ciphertext { len } => write!(f, "has {len} bytes, which is not one or more blocks of 16"),
            Self::PublicKey => f.write_str("is neither an RSA key in PKCS#1 form nor an uncompressed point"),
            Self::NotATrustList => f.write_str("is neither ITLFile.tlv nor CTLFile.tlv"),
        }
    }
}

impl Fault {
    pub(crate) fn at(self, offset: usize, element: impl Into<Element>) -> ParseError {
        ParseError { offset, element: element.into(), fault: self }
    }
}

impl Short {
    pub(crate) fn within(self, element: impl Into<Element>) -> ParseError {
        Fault::Truncated { wanted: self.wanted, left: self.left }.at(self.offset, element)
    }
}

impl Extra {
    pub(crate) fn within(self, element: impl Into<Element>) -> ParseError {
        Fault::Trailing { len: self.len }.at(self.offset, element)
    }
}

/// A file cannot be written as asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum EncodeError {
    /// An element has a length of sixteen bits.
    #[error("{element} would have {len} bytes; it can have {} at most", u16::MAX)]
    TooLong {
        /// Which one.
        element: Element,
        /// How long it would be.
        len: usize,
    },
    /// The header has a length of sixteen bits.
    #[error("the header would have {len} bytes; it can have {} at most", u16::MAX)]
    HeaderTooLong {
        /// How long it would be.
        len: usize,
    },
    /// Texts end at their first NUL.
    #[error("{element} has a NUL in it")]
    InnerNul {
        /// Which one.
        element: Element,
    },
    /// Some elements mean nothing when empty.
    #[error("{element} is empty")]
    Empty {
        /// Which one.
        element: Element,
    },
    /// Phones compare serial numbers byte by byte, and hold them without leading zeros.
    #[error("{element} starts with a zero byte; phones compare it without leading zeros")]
    LeadingZero {
        /// Which one.
        element: Element,
    },
    /// The header knows four sizes of keys.
    #[error(
        "a signature of {len} bytes cannot be announced; a header knows RSA keys of {MODULUS_SIZES:?} bytes"
    )]
    SignatureLength {
        /// How long the signature would be.
        len: usize,
    },
    /// The signature that was handed in is not as long as the header says.
    #[error("the signature has {found} bytes where the header announces {expected}")]
    OtherSignature {
        /// What the header announces.
        expected: usize,
        /// What was handed in.
        found: usize,
    },
    /// The digest of the plaintext is not as long as its algorithm makes it.
    #[error("the digest of the plaintext has {found} bytes where its algorithm makes {expected}")]
    PlaintextDigest {
        /// What the algorithm makes.
        expected: usize,
        /// What was handed in.
        found: usize,
    },
    /// The header announces the size of the encrypted key in bits.
    #[error("an encrypted key of {len} bytes cannot be announced; it has 1 to 8191")]
    EncryptedKey {
        /// What was handed in.
        len: usize,
    },
    /// The plaintext is padded with 1 to 16 bytes.
    #[error("a plaintext is padded with 1 to 16 bytes, not with {padding}")]
    PlaintextPadding {
        /// What was handed in.
        padding: u16,
    },
    /// A ciphertext is one or more blocks.
    #[error("a ciphertext of {len} bytes is not one or more blocks of 16")]
    Ciphertext {
        /// What was handed in.
        len: usize,
    },
}

impl EncodeError {
    pub(crate) fn empty(tag: Tag) -> Self {
        Self::Empty { element: tag.into() }
    }
}
