//! The elements of a CAPF message: `tag u8, length u16, value`, each read whole or refused by name.

use std::fmt;

use super::{DecodeError, EncodeError};
use crate::reader::{Extra, Reader, Short};

/// The digest a SHA-2 signature is made over, as phones number them.
pub const SHA512: u8 = 3;
/// The largest device name: the longest known has 27 characters (`CP-8845-SEP…` and a margin for model names).
const MAX_NAME: usize = 64;

/// What an element is about; the number is its tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the documentation; `Element` says what each holds")]
pub enum Tag {
    Reason,
    ReasonInfo,
    CertificateType,
    Certificate,
    CertificateId,
    SignedData,
    Version,
    AuthType,
    PublicKey,
    KeySize,
    Password,
    RetryDelay,
    DeviceName,
    SudiData,
    KeyType,
    Curve,
    DigestType,
    Sha2SignedData,
    /// A tag nobody documented.
    Other(u8),
}

const TAGS: [(u8, Tag, &str); 18] = [
    (1, Tag::Reason, "reason"),
    (2, Tag::ReasonInfo, "reason info"),
    (3, Tag::CertificateType, "certificate type"),
    (4, Tag::Certificate, "certificate"),
    (5, Tag::CertificateId, "certificate id"),
    (6, Tag::SignedData, "signed data"),
    (7, Tag::Version, "version"),
    (8, Tag::AuthType, "authentication type"),
    (9, Tag::PublicKey, "public key"),
    (10, Tag::KeySize, "key size"),
    (11, Tag::Password, "password"),
    (12, Tag::RetryDelay, "retry delay"),
    (13, Tag::DeviceName, "device name"),
    (16, Tag::SudiData, "SUDI data"),
    (17, Tag::KeyType, "key type"),
    (18, Tag::Curve, "curve"),
    (19, Tag::DigestType, "digest type"),
    (20, Tag::Sha2SignedData, "SHA-2 signed data"),
];

impl Tag {
    /// Its number on the wire.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Other(number) => number,
            known => TAGS.iter().find(|(_, tag, _)| *tag == known).map_or(0, |(number, ..)| *number),
        }
    }
}

impl From<u8> for Tag {
    fn from(number: u8) -> Self {
        TAGS.iter().find(|(known, ..)| *known == number).map_or(Self::Other(number), |(_, tag, _)| *tag)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match TAGS.iter().find(|(_, tag, _)| tag == self) {
            Some((.., name)) => f.write_str(name),
            None => write!(f, "element {}", self.number()),
        }
    }
}

/// A number on the wire with names for those we know; the others are kept.
macro_rules! numbers {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $number:literal $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
            /// A number nobody documented.
            Other(u8),
        }

        impl From<u8> for $name {
            fn from(number: u8) -> Self {
                match number {
                    $($number => Self::$variant,)*
                    other => Self::Other(other),
                }
            }
        }

        impl From<$name> for u8 {
            fn from(value: $name) -> u8 {
                match value {
                    $($name::$variant => $number,)*
                    $name::Other(number) => number,
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$variant => f.pad($text),)*
                    Self::Other(number) => write!(f, "{number}"),
                }
            }
        }
    };
}

numbers! {
    /// How an operation, or the whole session, ended.
    Reason {
        /// Nothing was to be done; also how a fetch ends.
        NoAction = 0 "no action",
        /// It was done.
        Success = 1 "success",
        /// Something was wrong: a message, a password, a certificate.
        InvalidElement = 7 "invalid element",
        /// The server does not know the phone.
        UnknownDevice = 9 "unknown device",
    }
}

numbers! {
    /// Which of a phone's certificates is meant.
    CertificateType {
        /// Locally significant: the one CAPF issues.
        Lsc = 1 "LSC",
        /// Manufacturer installed.
        Mic = 2 "MIC",
    }
}

numbers! {
    /// How a phone is to prove itself.
    AuthType {
        /// Not said.
        None = 0 "none",
        /// By the password somebody types.
        Password = 1 "password",
        /// Not at all.
        NoPassword = 2 "no password",
        /// By the certificate it was issued.
        Lsc = 3 "LSC",
        /// By the certificate it was made with.
        Mic = 4 "MIC",
    }
}

numbers! {
    /// The sort of key to make.
    KeyType {
        /// RSA, with a size.
        Rsa = 0 "RSA",
        /// EC, with a curve.
        Ec = 1 "EC",
    }
}

numbers! {
    /// The curve of an EC key.
    Curve {
        /// NIST P-256.
        Secp256r1 = 0 "secp256r1",
        /// NIST P-384.
        Secp384r1 = 1 "secp384r1",
        /// NIST P-521.
        Secp521r1 = 2 "secp521r1",
    }
}

/// A password somebody typed on a phone; never printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Password<'a>(pub &'a [u8]);

impl fmt::Debug for Password<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(hidden)")
    }
}

/// A certificate the phone was made with, and what its key signed for this session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sudi<'a> {
    /// The certificate, DER.
    pub certificate: &'a [u8],
    /// Signature over the SHA-1 digest.
    pub sha1: &'a [u8],
    /// Signature over the SHA-512 digest.
    pub sha512: &'a [u8],
}

/// One element of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element<'a> {
    /// How it ended.
    Reason(Reason),
    /// The same in words.
    ReasonInfo(&'a [u8]),
    /// Which certificate.
    CertificateType(CertificateType),
    /// A certificate, DER.
    Certificate(&'a [u8]),
    /// Which certificate; its form is not known.
    CertificateId(&'a [u8]),
    /// A signature over the SHA-1 digest of name and certificate.
    SignedData(&'a [u8]),
    /// Version of the protocol.
    Version(u8),
    /// How to prove oneself.
    AuthType(AuthType),
    /// DER SubjectPublicKeyInfo.
    PublicKey(&'a [u8]),
    /// Bits of an RSA key.
    KeySize(u16),
    /// What was typed on the phone; empty when nothing was.
    Password(Password<'a>),
    /// When to come again; its form is not known.
    RetryDelay(&'a [u8]),
    /// Who the phone says it is.
    DeviceName(&'a str),
    /// Proof by the certificate the phone was made with.
    Sudi(Sudi<'a>),
    /// RSA or EC.
    KeyType(KeyType),
    /// Which curve.
    Curve(Curve),
    /// A digest; its form is not known.
    DigestType(&'a [u8]),
    /// A signature over a SHA-2 digest of name and certificate.
    Sha2SignedData {
        /// Which digest: [`SHA512`].
        digest: u8,
        /// The signature.
        signature: &'a [u8],
    },
    /// One nobody documented, kept as it came.
    Other {
        /// Its tag.
        tag: u8,
        /// Its value.
        value: &'a [u8],
    },
}

impl<'a> Element<'a> {
    /// What it is about.
    #[must_use]
    pub fn tag(&self) -> Tag {
        match self {
            Self::Reason(_) => Tag::Reason,
            Self::ReasonInfo(_) => Tag::ReasonInfo,
            Self::CertificateType(_) => Tag::CertificateType,
            Self::Certificate(_) => Tag::Certificate,
            Self::CertificateId(_) => Tag::CertificateId,
            Self::SignedData(_) => Tag::SignedData,
            Self::Version(_) => Tag::Version,
            Self::AuthType(_) => Tag::AuthType,
            Self::PublicKey(_) => Tag::PublicKey,
            Self::KeySize(_) => Tag::KeySize,
            Self::Password(_) => Tag::Password,
            Self::RetryDelay(_) => Tag::RetryDelay,
            Self::DeviceName(_) => Tag::DeviceName,
            Self::Sudi(_) => Tag::SudiData,
            Self::KeyType(_) => Tag::KeyType,
            Self::Curve(_) => Tag::Curve,
            Self::DigestType(_) => Tag::DigestType,
            Self::Sha2SignedData { .. } => Tag::Sha2SignedData,
            Self::Other { tag, .. } => (*tag).into(),
        }
    }

    /// Reads one element.
    pub(super) fn decode(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let offset = reader.offset();
        let head = |_: Short| DecodeError::ElementHead { offset };
        let tag = Tag::from(reader.u8().map_err(head)?);
        let len = usize::from(reader.u16().map_err(head)?);
        let mut value =
            reader.sub(len).map_err(|short| DecodeError::Cut { tag, offset, len, left: short.left })?;
        let read = Self::value(tag, &mut value);
        match read {
            Ok(element) if value.finish() == Ok(()) => Ok(element),
            Ok(_) | Err(Wrong::Size) => Err(DecodeError::Size { tag, offset, len }),
            Err(Wrong::Text) => Err(DecodeError::Text { tag, offset }),
            Err(Wrong::Form) => Err(DecodeError::Form { tag, offset }),
        }
    }

    fn value(tag: Tag, value: &mut Reader<'a>) -> Result<Self, Wrong> {
        Ok(match tag {
            Tag::Reason => Self::Reason(value.u8()?.into()),
            Tag::ReasonInfo => Self::ReasonInfo(value.rest()),
            Tag::CertificateType => Self::CertificateType(value.u8()?.into()),
            Tag::Certificate => Self::Certificate(certificate(value)?),
            Tag::CertificateId => Self::CertificateId(value.rest()),
            Tag::SignedData => Self::SignedData(value.rest()),
            Tag::Version => Self::Version(value.u8()?),
            Tag::AuthType => Self::AuthType(value.u8()?.into()),
            Tag::PublicKey => Self::PublicKey(value.rest()),
            Tag::KeySize => Self::KeySize(value.u16()?),
            Tag::Password => Self::Password(Password(terminated(value)?)),
            Tag::RetryDelay => Self::RetryDelay(value.rest()),
            Tag::DeviceName => Self::DeviceName(name(value)?),
            Tag::SudiData => Self::Sudi(sudi(value)?),
            Tag::KeyType => Self::KeyType(value.u8()?.into()),
            Tag::Curve => Self::Curve(value.u8()?.into()),
            Tag::DigestType => Self::DigestType(value.rest()),
            Tag::Sha2SignedData => {
                let digest = value.u8()?;
                Self::Sha2SignedData { digest, signature: counted(value)? }
            }
            Tag::Other(tag) => Self::Other { tag, value: value.rest() },
        })
    }

    /// Appends the element.
    pub(super) fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let tag = self.tag();
        out.extend_from_slice(&[tag.number(), 0, 0]);
        let start = out.len();
        match *self {
            Self::Reason(reason) => out.push(reason.into()),
            Self::CertificateType(kind) => out.push(kind.into()),
            Self::Version(version) => out.push(version),
            Self::AuthType(kind) => out.push(kind.into()),
            Self::KeyType(kind) => out.push(kind.into()),
            Self::Curve(curve) => out.push(curve.into()),
            Self::KeySize(bits) => out.extend_from_slice(&bits.to_be_bytes()),
            Self::Certificate(der) => {
                out.push(1);
                out.extend_from_slice(&length(tag, der.len() + 2)?);
                out.extend_from_slice(&[0, 1]);
                out.extend_from_slice(der);
            }
            Self::Password(Password(text)) => put_terminated(tag, text, out)?,
            Self::DeviceName(text) => put_terminated(tag, text.as_bytes(), out)?,
            Self::Sudi(Sudi { certificate, sha1, sha512 }) => {
                for (kind, block) in [(0, certificate), (1, sha1), (SHA512, sha512)] {
                    out.push(kind);
                    out.extend_from_slice(&length(tag, block.len())?);
                    out.extend_from_slice(block);
                }
            }
            Self::Sha2SignedData { digest, signature } => {
                out.push(digest);
                out.extend_from_slice(&length(tag, signature.len())?);
                out.extend_from_slice(signature);
            }
            Self::ReasonInfo(bytes)
            | Self::CertificateId(bytes)
            | Self::SignedData(bytes)
            | Self::PublicKey(bytes)
            | Self::RetryDelay(bytes)
            | Self::DigestType(bytes)
            | Self::Other { value: bytes, .. } => out.extend_from_slice(bytes),
        }
        let announced = length(tag, out.len() - start)?;
        out[start - 2..start].copy_from_slice(&announced);
        Ok(())
    }
}

/// What is wrong with a value.
enum Wrong {
    Size,
    Text,
    Form,
}

impl From<Short> for Wrong {
    fn from(_: Short) -> Self {
        Self::Size
    }
}

impl From<Extra> for Wrong {
    fn from(_: Extra) -> Self {
        Self::Size
    }
}

/// `01, u16 (length of the rest), 00, 01`, then the certificate.
fn certificate<'a>(value: &mut Reader<'a>) -> Result<&'a [u8], Wrong> {
    let kind = value.u8()?;
    let mut rest = value.sub(usize::from(value.clone().u16()?) + 2)?;
    rest.u16()?;
    if kind != 1 || rest.array::<2>()? != [0, 1] {
        return Err(Wrong::Form);
    }
    Ok(rest.rest())
}

/// A length of two bytes, and as many.
fn counted<'a>(value: &mut Reader<'a>) -> Result<&'a [u8], Wrong> {
    let len = value.u16()?;
    Ok(value.take(usize::from(len))?)
}

fn sudi<'a>(value: &mut Reader<'a>) -> Result<Sudi<'a>, Wrong> {
    let mut block = |expected: u8| {
        let kind = value.u8()?;
        if kind == expected { counted(value) } else { Err(Wrong::Form) }
    };
    Ok(Sudi { certificate: block(0)?, sha1: block(1)?, sha512: block(SHA512)? })
}

/// A text and its one NUL.
fn terminated<'a>(value: &mut Reader<'a>) -> Result<&'a [u8], Wrong> {
    match value.rest().split_last() {
        Some((0, text)) if !text.contains(&0) => Ok(text),
        _ => Err(Wrong::Text),
    }
}

/// A device's name goes into records and logs: printable ASCII and nothing else.
fn name<'a>(value: &mut Reader<'a>) -> Result<&'a str, Wrong> {
    let text = terminated(value)?;
    let is_plain = !text.is_empty() && text.len() <= MAX_NAME && text.iter().all(u8::is_ascii_graphic);
    str::from_utf8(text).ok().filter(|_| is_plain).ok_or(Wrong::Text)
}

fn put_terminated(tag: Tag, text: &[u8], out: &mut Vec<u8>) -> Result<(), EncodeError> {
    if text.contains(&0) {
        return Err(EncodeError::InnerNul { tag });
    }
    out.extend_from_slice(text);
    out.push(0);
    Ok(())
}

fn length(tag: Tag, len: usize) -> Result<[u8; 2], EncodeError> {
    u16::try_from(len).map(u16::to_be_bytes).map_err(|_| EncodeError::ElementTooLong { tag, len })
}
