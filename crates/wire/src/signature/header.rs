//! The header itself, read and written.

use super::{Digest, EncodeError, Fault, MODULUS_SIZES, ParseError, Signer, Signing, Tag, Unsigned, Version};
use crate::{
    elements::{Elements, PADDING, Value, padding_after},
    reader::Reader,
    writer::Writer,
};

/// The only signature algorithm: RSA PKCS#1 v1.5.
const RSA: u8 = 0;

/// What tells one kind of signed file from another before its name is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    pub(crate) version: Version,
    /// Trust lists tell the version of their signer.
    pub(crate) has_signer_version: bool,
}

/// A header as it was read, with the file it heads.
#[derive(Clone, Debug)]
pub(crate) struct Header<'a> {
    pub(crate) signer_version: Option<Version>,
    pub(crate) signer: Signer,
    pub(crate) digest: Digest,
    pub(crate) signature: &'a [u8],
    pub(crate) name: &'a str,
    /// Where the element with the name starts.
    pub(crate) name_at: usize,
    pub(crate) timestamp: u32,
    /// The whole file with the signature element cut out.
    pub(crate) signed_parts: [&'a [u8]; 2],
    /// What follows the header.
    pub(crate) body: Reader<'a>,
}

impl<'a> Header<'a> {
    /// Reads a header; `more` reads the elements that only this layout has, between the timestamp and the padding.
    pub(crate) fn parse<T>(
        file: &'a [u8],
        layout: Layout,
        more: impl FnOnce(&mut Elements<'a>) -> Result<T, ParseError>,
    ) -> Result<(Self, T), ParseError> {
        let (mut elements, body) = bounds(file, layout)?;
        let signer_version = if layout.has_signer_version {
            Some(version(elements.expect(Tag::SignerVersion)?)?)
        } else {
            None
        };
        let signer = signer(elements.expect(Tag::SignerInfo)?)?;
        let (digest, modulus) = signature_info(elements.expect(Tag::SignatureInfo)?)?;

        let cut_from = elements.offset();
        let signature = elements.expect(Tag::Signature)?;
        let cut_to = elements.offset();
        let found = signature.clone().bytes().len();
        if found != modulus {
            return Err(signature.fault(Fault::SignatureLength { modulus, found }));
        }

        let name_at = elements.offset();
        let name = elements.expect(Tag::FileName)?.some_text()?;
        let timestamp = elements.expect(Tag::Timestamp)?.u32()?;
        let more = more(&mut elements)?;
        elements.finish_with_padding()?;

        let signed_parts = without(file, cut_from, cut_to)?;
        let signature = signature.bytes();
        let header =
            Self { signer_version, signer, digest, signature, name, name_at, timestamp, signed_parts, body };
        Ok((header, more))
    }
}

/// The first two elements tell what this is and where the header ends.
fn bounds(file: &[u8], layout: Layout) -> Result<(Elements<'_>, Reader<'_>), ParseError> {
    let mut elements = Elements::of_header(file);
    let value = elements.expect(Tag::Version)?;
    let found = version(value.clone())?;
    if found != layout.version {
        return Err(value.fault(Fault::Version { found }));
    }

    let value = elements.expect(Tag::HeaderLength)?;
    let announced = usize::from(value.clone().u16()?);
    let mut body = Reader::new(file);
    if body.take(announced).is_err() {
        return Err(value.fault(Fault::HeaderPastEnd { announced, file: file.len() }));
    }
    let Some(left) = announced.checked_sub(elements.offset()) else {
        return Err(value.fault(Fault::HeaderTooShort { announced }));
    };
    Ok((elements.ending_after(left)?, body))
}

fn version(value: Value<'_>) -> Result<Version, ParseError> {
    let [major, minor] = value.array()?;
    Ok(Version { major, minor })
}

/// Call managers write serial number and issuer in this order or in the other; both are read.
fn signer(value: Value<'_>) -> Result<Signer, ParseError> {
    let (mut subject, mut issuer, mut serial) = (None, None, None);
    let mut elements = value.elements();
    while let Some(value) = elements.next()? {
        match value.element() {
            element if element == Tag::SignerName.into() => subject = Some(value.text()?.to_owned()),
            element if element == Tag::IssuerName.into() => issuer = Some(value.text()?.to_owned()),
            element if element == Tag::SerialNumber.into() => serial = Some(value.bytes().to_vec()),
            _ => return Err(value.foreign_to(Tag::SignerInfo)),
        }
    }
    Ok(Signer {
        subject: subject.ok_or_else(|| elements.missing(Tag::SignerName))?,
        issuer: issuer.ok_or_else(|| elements.missing(Tag::IssuerName))?,
        serial: serial.ok_or_else(|| elements.missing(Tag::SerialNumber))?,
    })
}

/// The digest, and the size of the modulus in bytes.
fn signature_info(value: Value<'_>) -> Result<(Digest, usize), ParseError> {
    let mut info = value.elements();
    let digest = info.expect(Tag::DigestAlgorithm)?.one_of(Digest::from_code)?;
    let mut algorithm = info.expect(Tag::SignatureAlgorithmInfo)?.elements();
    algorithm.expect(Tag::SignatureAlgorithm)?.only(RSA)?;
    let modulus = algorithm
        .expect(Tag::SignatureModulus)?
        .one_of(|index| MODULUS_SIZES.get(usize::from(index)).copied())?;
    algorithm.finish()?;
    info.finish()?;
    Ok((digest, modulus))
}

/// The file without the bytes from `cut_from` to `cut_to`.
fn without(file: &[u8], cut_from: usize, cut_to: usize) -> Result<[&[u8]; 2], ParseError> {
    let mut reader = Reader::new(file);
    let mut take = |len| reader.take(len).map_err(|short| short.within(Tag::Signature));
    let before = take(cut_from)?;
    take(cut_to - cut_from)?;
    Ok([before, reader.rest()])
}

/// A header that is to be written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heading<'a> {
    pub(crate) version: Version,
    pub(crate) signer_version: Option<Version>,
    pub(crate) name: &'a str,
    pub(crate) signing: &'a Signing,
}

impl Heading<'_> {
    /// Writes the header, with the elements that only this layout has written by `more`, and `body` behind it.
    pub(crate) fn over(
        self,
        body: &[u8],
        more: impl FnOnce(&mut Writer) -> Result<(), EncodeError>,
    ) -> Result<Unsigned, EncodeError> {
        let signing = self.signing;
        if self.name.is_empty() {
            return Err(EncodeError::empty(Tag::FileName));
        }
        let modulus = modulus_index(signing.signature_len)?;
        let mut writer = Writer::default();
        writer.element(Tag::Version, &[self.version.major, self.version.minor])?;
        writer.element(Tag::HeaderLength, &[0, 0])?;
        let header_len_at = writer.len() - 2;
        if let Some(version) = self.signer_version {
            writer.element(Tag::SignerVersion, &[version.major, version.minor])?;
        }
        writer.container(Tag::SignerInfo, |writer| {
            writer.text(Tag::SignerName, &signing.signer.subject)?;
            writer.text(Tag::IssuerName, &signing.signer.issuer)?;
            writer.serial(Tag::SerialNumber, &signing.signer.serial)
        })?;
        writer.container(Tag::SignatureInfo, |writer| {
            writer.element(Tag::DigestAlgorithm, &[signing.digest.code()])?;
            writer.container(Tag::SignatureAlgorithmInfo, |writer| {
                writer.element(Tag::SignatureAlgorithm, &[RSA])?;
                writer.element(Tag::SignatureModulus, &[modulus])
            })
        })?;
        let signature_at = writer.len();
        writer.container(Tag::Signature, |writer| {
            writer.repeat(0, signing.signature_len);
            Ok(())
        })?;
        writer.text(Tag::FileName, self.name)?;
        writer.element(Tag::Timestamp, &signing.timestamp.to_be_bytes())?;
        more(&mut writer)?;
        writer.repeat(PADDING, padding_after(writer.len()));

        let len = writer.len();
        let announced = u16::try_from(len).map_err(|_| EncodeError::HeaderTooLong { len })?;
        writer.overwrite_u16(header_len_at, announced);
        writer.raw(body);
        Ok(Unsigned::new(writer.into_bytes(), signature_at, signing.signature_len, signing.digest))
    }
}

fn modulus_index(len: usize) -> Result<u8, EncodeError> {
    let index = MODULUS_SIZES.iter().position(|size| *size == len);
    index.and_then(|index| u8::try_from(index).ok()).ok_or(EncodeError::SignatureLength { len })
}
