//! Signed files, `NAME.sgn`: a header, and the file's own bytes behind it.

use crate::signature::{
    Digest, EncodeError, Header, Heading, Layout, ParseError, Signer, Signing, Unsigned, Version,
};

const LAYOUT: Layout = Layout { version: Version::new(1, 0), has_signer_version: false };

/// A signed file as it was read. Whether the signature is right is for the reader of it to find out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed<'a> {
    /// Who claims to have signed.
    pub signer: Signer,
    /// Over which digest.
    pub digest: Digest,
    /// The raw RSA signature.
    pub signature: &'a [u8],
    /// The name as a phone asks for it, with its folder and with `.sgn`.
    pub name: &'a str,
    /// Unix seconds.
    pub timestamp: u32,
    /// The file's own bytes.
    pub payload: &'a [u8],
    signed_parts: [&'a [u8]; 2],
}

impl<'a> Signed<'a> {
    /// Takes a signed file apart.
    pub fn parse(file: &'a [u8]) -> Result<Self, ParseError> {
        let (mut header, ()) = Header::parse(file, LAYOUT, |_| Ok(()))?;
        Ok(Self {
            signer: header.signer,
            digest: header.digest,
            signature: header.signature,
            name: header.name,
            timestamp: header.timestamp,
            payload: header.body.rest(),
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

/// Heads `payload` for signing. `name` is what a phone asks for: with its folder, with `.sgn`, without a leading slash.
pub fn build(name: &str, payload: &[u8], signing: &Signing) -> Result<Unsigned, EncodeError> {
    Heading { version: LAYOUT.version, signer_version: None, name, signing }.over(payload, |_| Ok(()))
}
