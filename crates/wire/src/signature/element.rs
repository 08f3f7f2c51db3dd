//! The elements of signed files and trust lists, by tag and by name, so that errors can point at one.

use std::fmt;

/// An element of the header; the number is its tag on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each element is named in words by `name`")]
pub enum Tag {
    Version = 1,
    HeaderLength = 2,
    SignerInfo = 3,
    SignerName = 4,
    SerialNumber = 5,
    IssuerName = 6,
    SignatureInfo = 7,
    DigestAlgorithm = 8,
    SignatureAlgorithmInfo = 9,
    SignatureAlgorithm = 10,
    SignatureModulus = 11,
    Signature = 12,
    Padding = 13,
    FileName = 14,
    Timestamp = 15,
    EncryptionInfo = 16,
    IvInfo = 17,
    IvReserved = 18,
    Iv = 19,
    PlaintextPadding = 20,
    KeyInfo = 21,
    KeyReserved = 22,
    KeySize = 23,
    KeyAlgorithm = 24,
    EncryptedKey = 25,
    PlaintextDigestAlgorithm = 26,
    PlaintextDigest = 27,
    SignerVersion = 28,
}

impl Tag {
    const ALL: [Self; 28] = [
        Self::Version,
        Self::HeaderLength,
        Self::SignerInfo,
        Self::SignerName,
        Self::SerialNumber,
        Self::IssuerName,
        Self::SignatureInfo,
        Self::DigestAlgorithm,
        Self::SignatureAlgorithmInfo,
        Self::SignatureAlgorithm,
        Self::SignatureModulus,
        Self::Signature,
        Self::Padding,
        Self::FileName,
        Self::Timestamp,
        Self::EncryptionInfo,
        Self::IvInfo,
        Self::IvReserved,
        Self::Iv,
        Self::PlaintextPadding,
        Self::KeyInfo,
        Self::KeyReserved,
        Self::KeySize,
        Self::KeyAlgorithm,
        Self::EncryptedKey,
        Self::PlaintextDigestAlgorithm,
        Self::PlaintextDigest,
        Self::SignerVersion,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Version => "version",
            Self::HeaderLength => "header length",
            Self::SignerInfo => "signer info",
            Self::SignerName => "signer name",
            Self::SerialNumber => "serial number",
            Self::IssuerName => "issuer name",
            Self::SignatureInfo => "signature info",
            Self::DigestAlgorithm => "digest algorithm",
            Self::SignatureAlgorithmInfo => "signature algorithm info",
            Self::SignatureAlgorithm => "signature algorithm",
            Self::SignatureModulus => "signature modulus",
            Self::Signature => "signature",
            Self::Padding => "padding",
            Self::FileName => "file name",
            Self::Timestamp => "timestamp",
            Self::EncryptionInfo => "encryption info",
            Self::IvInfo => "IV info",
            Self::IvReserved => "unnamed byte of the IV info",
            Self::Iv => "IV",
            Self::PlaintextPadding => "plaintext padding",
            Self::KeyInfo => "key info",
            Self::KeyReserved => "unnamed byte of the key info",
            Self::KeySize => "encrypted key size",
            Self::KeyAlgorithm => "key algorithm",
            Self::EncryptedKey => "encrypted key",
            Self::PlaintextDigestAlgorithm => "plaintext digest algorithm",
            Self::PlaintextDigest => "plaintext digest",
            Self::SignerVersion => "signer version",
        }
    }
}

/// An element of a trust list's record; the number is its tag on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each element is named in words by `name`")]
pub enum Field {
    Length = 1,
    DnsName = 2,
    SubjectName = 3,
    Role = 4,
    IssuerName = 5,
    SerialNumber = 6,
    PublicKey = 7,
    Signature = 8,
    Certificate = 9,
    IpAddress = 10,
    CertificateHash = 11,
    HashAlgorithm = 12,
}

impl Field {
    const ALL: [Self; 12] = [
        Self::Length,
        Self::DnsName,
        Self::SubjectName,
        Self::Role,
        Self::IssuerName,
        Self::SerialNumber,
        Self::PublicKey,
        Self::Signature,
        Self::Certificate,
        Self::IpAddress,
        Self::CertificateHash,
        Self::HashAlgorithm,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Length => "record length",
            Self::DnsName => "DNS name",
            Self::SubjectName => "subject name",
            Self::Role => "role",
            Self::IssuerName => "issuer name",
            Self::SerialNumber => "serial number",
            Self::PublicKey => "public key",
            Self::Signature => "certificate signature",
            Self::Certificate => "certificate",
            Self::IpAddress => "IP address",
            Self::CertificateHash => "certificate hash",
            Self::HashAlgorithm => "hash algorithm",
        }
    }
}

/// A place in a file that an error can point at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Element {
    /// An element of the header.
    Header(Tag),
    /// An element of a trust list's record.
    Record(Field),
    /// The header as a whole.
    WholeHeader,
    /// A record as a whole.
    WholeRecord,
    /// What follows the header: a file, a ciphertext, or the records of a trust list.
    Body,
}

impl Element {
    pub(crate) fn of_header(tag: u8) -> Option<Self> {
        Tag::ALL.into_iter().find(|known| *known as u8 == tag).map(Self::Header)
    }

    /// The tag on the wire; what has none is never written as an element.
    pub(crate) fn tag(self) -> u8 {
        match self {
            Self::Header(tag) => tag as u8,
            Self::Record(field) => field as u8,
            Self::WholeHeader | Self::WholeRecord | Self::Body => 0,
        }
    }

    pub(crate) fn of_record(tag: u8) -> Option<Self> {
        Field::ALL.into_iter().find(|known| *known as u8 == tag).map(Self::Record)
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(tag) => write!(f, "header element {} ({})", *tag as u8, tag.name()),
            Self::Record(field) => write!(f, "record element {} ({})", *field as u8, field.name()),
            Self::WholeHeader => f.write_str("the header"),
            Self::WholeRecord => f.write_str("the record"),
            Self::Body => f.write_str("what follows the header"),
        }
    }
}

impl From<Tag> for Element {
    fn from(tag: Tag) -> Self {
        Self::Header(tag)
    }
}

impl From<Field> for Element {
    fn from(field: Field) -> Self {
        Self::Record(field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tag_finds_its_element() {
        for tag in 1..=28 {
            assert!(matches!(Element::of_header(tag), Some(Element::Header(found)) if found as u8 == tag));
        }
        for tag in 1..=12 {
            assert!(matches!(Element::of_record(tag), Some(Element::Record(found)) if found as u8 == tag));
        }
        assert_eq!((Element::of_header(0), Element::of_header(29)), (None, None));
        assert_eq!((Element::of_record(0), Element::of_record(13)), (None, None));
        assert_eq!(Element::from(Tag::FileName).to_string(), "header element 14 (file name)");
        assert_eq!(Element::from(Field::Role).to_string(), "record element 4 (role)");
    }
}
