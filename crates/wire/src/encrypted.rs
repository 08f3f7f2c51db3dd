//! Encrypted configurations, `SEP….cnf.xml.enc.sgn`: a header that tells how, and the ciphertext behind it.

use crate::{
    elements::{Elements, PADDING},
    signature::{
        Digest, Element, EncodeError, Fault, Header, Heading, Layout, ParseError, Signer, Signing, Tag,
        Unsigned, Version,
    },
    writer::Writer,
};

const LAYOUT: Layout = Layout { version: Version::new(2, 0), has_signer_version: false };

/// The block size of AES, which is also the most padding a plaintext gets.
const BLOCK: usize = 16;
/// The only key algorithm: AES-128.
const AES_128: u8 = 1;

/// What somebody with the keys has made of a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sealed<'a> {
    /// The name as a phone asks for it, with `.enc.sgn`.
    pub name: &'a str,
    /// The initialisation vector.
    pub iv: [u8; 16],
    /// The AES key, encrypted to the phone's certificate with RSA PKCS#1 v1.5.
    pub encrypted_key: &'a [u8],
    /// With what `plaintext_digest` was made.
    pub plaintext_algorithm: Digest,
    /// The digest of the configuration before it was padded.
    pub plaintext_digest: &'a [u8],
    /// How many bytes of padding the plaintext ends with: 1 to 16.
    pub padding: u16,
    /// AES-128-CBC of the padded configuration.
    pub ciphertext: &'a [u8],
}

/// An encrypted configuration as it was read. Whether the signature is right is for the reader of it to find out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encrypted<'a> {
    /// Who claims to have signed.
    pub signer: Signer,
    /// Over which digest.
    pub digest: Digest,
    /// The raw RSA signature.
    pub signature: &'a [u8],
    /// Unix seconds.
    pub timestamp: u32,
    /// What was signed.
    pub sealed: Sealed<'a>,
    signed_parts: [&'a [u8]; 2],
}

impl<'a> Encrypted<'a> {
    /// Takes an encrypted configuration apart.
    pub fn parse(file: &'a [u8]) -> Result<Self, ParseError> {
        let (mut header, encryption) = Header::parse(file, LAYOUT, Encryption::parse)?;
        let offset = header.body.offset();
        let ciphertext = header.body.rest();
        if !is_whole_blocks(ciphertext.len()) {
            return Err(Fault::Ciphertext { len: ciphertext.len() }.at(offset, Element::Body));
        }
        Ok(Self {
            signer: header.signer,
            digest: header.digest,
            signature: header.signature,
            timestamp: header.timestamp,
            sealed: Sealed {
                name: header.name,
                iv: encryption.iv,
                encrypted_key: encryption.key,
                plaintext_algorithm: encryption.algorithm,
                plaintext_digest: encryption.digest,
                padding: encryption.padding,
                ciphertext,
            },
            signed_parts: header.signed_parts,
        })
    }

    /// What the signature must cover: the whole file without the signature element.
    #[must_use]
    pub fn signed_parts(&self) -> [&'a [u8]; 2] {
        self.signed_parts
    }

    /// What an encoder would have to know to write this header again.
    #[must_use]
    pub fn signing(&self) -> Signing {
        Signing {
            signer: self.signer.clone(),
            digest: self.digest,
            signature_len: self.signature.len(),
            timestamp: self.timestamp,
        }
    }
}

/// The elements that only this layout has.
struct Encryption<'a> {
    iv: [u8; 16],
    padding: u16,
    key: &'a [u8],
    algorithm: Digest,
    digest: &'a [u8],
}

impl<'a> Encryption<'a> {
    fn parse(elements: &mut Elements<'a>) -> Result<Self, ParseError> {
        let mut encryption = elements.expect(Tag::EncryptionInfo)?.elements();
        let (iv, padding) = iv_info(encryption.expect(Tag::IvInfo)?.elements())?;
        let key = key_info(encryption.expect(Tag::KeyInfo)?.elements())?;
        encryption.finish()?;

        let algorithm = elements.expect(Tag::PlaintextDigestAlgorithm)?.one_of(Digest::from_code)?;
        let value = elements.expect(Tag::PlaintextDigest)?;
        let digest = value.clone().bytes();
        if digest.len() != algorithm.len() {
            return Err(value.fault(Fault::DigestLength { expected: algorithm.len(), found: digest.len() }));
        }
        Ok(Self { iv, padding, key, algorithm, digest })
    }
}

fn iv_info(mut info: Elements<'_>) -> Result<([u8; 16], u16), ParseError> {
    info.expect(Tag::IvReserved)?.only(0)?;
    let iv = info.expect(Tag::Iv)?.array()?;
    let value = info.expect(Tag::PlaintextPadding)?;
    let padding = value.clone().u16()?;
    if !is_padding(padding) {
        return Err(value.fault(Fault::Value { found: padding }));
    }
    info.finish()?;
    Ok((iv, padding))
}

fn key_info<'a>(mut info: Elements<'a>) -> Result<&'a [u8], ParseError> {
    info.expect(Tag::KeyReserved)?.only(0)?;
    let size = info.expect(Tag::KeySize)?;
    let bits = size.clone().u16()?;
    info.expect(Tag::KeyAlgorithm)?.only(AES_128)?;
    let key = info.expect(Tag::EncryptedKey)?.some_bytes()?;
    if usize::from(bits) != key.len() * 8 {
        return Err(size.fault(Fault::KeySize { bits, found: key.len() }));
    }
    info.finish()?;
    Ok(key)
}

fn is_padding(len: u16) -> bool {
    (1..=BLOCK).contains(&usize::from(len))
}

fn is_whole_blocks(len: usize) -> bool {
    len > 0 && len.is_multiple_of(BLOCK)
}

/// Pads a configuration with carriage returns to whole blocks, always with at least one; tells with how many.
#[must_use]
pub fn pad(xml: &[u8]) -> (Vec<u8>, u16) {
    let padded_len = (xml.len() + 1).next_multiple_of(BLOCK);
    let mut padded = Vec::with_capacity(padded_len);
    padded.extend_from_slice(xml);
    padded.resize(padded_len, PADDING);
    let padding = u16::try_from(padded_len - xml.len()).expect("padding is at most one block");
    (padded, padding)
}

/// The configuration in a decrypted plaintext, if that does end with so much padding.
#[must_use]
pub fn unpad(padded: &[u8], padding: u16) -> Option<&[u8]> {
    let len = padded.len().checked_sub(usize::from(padding))?;
    let (xml, end) = padded.split_at_checked(len)?;
    let exact =
        is_padding(padding) && is_whole_blocks(padded.len()) && end.iter().all(|byte| *byte == PADDING);
    exact.then_some(xml)
}

/// Heads a sealed configuration for signing.
pub fn build(sealed: &Sealed<'_>, signing: &Signing) -> Result<Unsigned, EncodeError> {
    let &Sealed { padding, plaintext_algorithm, plaintext_digest, ciphertext, .. } = sealed;
    if plaintext_digest.len() != plaintext_algorithm.len() {
        return Err(EncodeError::PlaintextDigest {
            expected: plaintext_algorithm.len(),
            found: plaintext_digest.len(),
        });
    }
    if !is_padding(padding) {
        return Err(EncodeError::PlaintextPadding { padding });
    }
    if !is_whole_blocks(ciphertext.len()) {
        return Err(EncodeError::Ciphertext { len: ciphertext.len() });
    }
    let heading = Heading { version: LAYOUT.version, signer_version: None, name: sealed.name, signing };
    heading.over(ciphertext, |writer| write_encryption(sealed, writer))
}

fn write_encryption(sealed: &Sealed<'_>, writer: &mut Writer) -> Result<(), EncodeError> {
    let key = sealed.encrypted_key;
    let bits = u16::try_from(key.len() * 8).ok().filter(|bits| *bits > 0);
    let bits = bits.ok_or(EncodeError::EncryptedKey { len: key.len() })?;
    writer.container(Tag::EncryptionInfo, |writer| {
        writer.container(Tag::IvInfo, |writer| {
            writer.element(Tag::IvReserved, &[0])?;
            writer.element(Tag::Iv, &sealed.iv)?;
            writer.element(Tag::PlaintextPadding, &sealed.padding.to_be_bytes())
        })?;
        writer.container(Tag::KeyInfo, |writer| {
            writer.element(Tag::KeyReserved, &[0])?;
            writer.element(Tag::KeySize, &bits.to_be_bytes())?;
            writer.element(Tag::KeyAlgorithm, &[AES_128])?;
            writer.element(Tag::EncryptedKey, key)
        })
    })?;
    writer.element(Tag::PlaintextDigestAlgorithm, &[sealed.plaintext_algorithm.code()])?;
    writer.element(Tag::PlaintextDigest, sealed.plaintext_digest)
}
