//! Trust lists, `ITLFile.tlv` and `CTLFile.tlv`: a header, and one record for each certificate and role.
//!
//! The per-phone files (`ITLSEP….tlv`, `CTLSEP….tlv`) have the generic name in their header.

mod public_key;
mod record;
mod role;
mod rules;

use std::fmt;

pub use public_key::PublicKey;
pub use record::{Extra, Record};
pub use role::{Role, UnknownRole};
pub use rules::{MAX_CERTIFICATES, MAX_LEN, MAX_MODULUS_BITS, MAX_SASTS, RuleError};

use crate::{
    signature::{
        Digest, Element, EncodeError, Fault, Header, Heading, Layout, ParseError, Signer, Signing, Tag,
        Unsigned, Version,
    },
    writer::Writer,
};

const LAYOUT: Layout = Layout { version: Version::new(1, 2), has_signer_version: true };

/// Which of the two lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The identity trust list.
    Itl,
    /// The certificate trust list.
    Ctl,
}

impl Kind {
    /// The name in the header, also of a list for one phone.
    #[must_use]
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Itl => "ITLFile.tlv",
            Self::Ctl => "CTLFile.tlv",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Itl => "ITL",
            Self::Ctl => "CTL",
        })
    }
}

/// A trust list as it was read. Whether the signature is right is for the reader of it to find out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustList<'a> {
    /// Which list it says it is.
    pub kind: Kind,
    /// 1.0, or 1.1 for lists with elliptic curves.
    pub signer_version: Version,
    /// Who claims to have signed.
    pub signer: Signer,
    /// Over which digest.
    pub digest: Digest,
    /// The raw RSA signature.
    pub signature: &'a [u8],
    /// Unix seconds.
    pub timestamp: u32,
    /// The records in their order in the file; at least one.
    pub records: Vec<Record>,
    signed_parts: [&'a [u8]; 2],
}

impl<'a> TrustList<'a> {
    /// Takes a trust list apart.
    pub fn parse(file: &'a [u8]) -> Result<Self, ParseError> {
        let (mut header, ()) = Header::parse(file, LAYOUT, |_| Ok(()))?;
        let kind = [Kind::Itl, Kind::Ctl].into_iter().find(|kind| kind.file_name() == header.name);
        let kind = kind.ok_or(Fault::NotATrustList.at(header.name_at, Tag::FileName))?;
        let signer_version = header.signer_version.ok_or(Fault::Missing.at(0, Tag::SignerVersion))?;

        let mut records = Vec::new();
        while !header.body.is_empty() {
            records.push(Record::parse(&mut header.body)?);
        }
        if records.is_empty() {
            return Err(Fault::Empty.at(header.body.offset(), Element::Body));
        }
        Ok(Self {
            kind,
            signer_version,
            signer: header.signer,
            digest: header.digest,
            signature: header.signature,
            timestamp: header.timestamp,
            records,
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

    /// Whether phones would take a list like this one, as [`build`] would ask.
    pub fn check_rules(&self) -> Result<(), RuleError> {
        let [before, behind] = self.signed_parts.map(<[u8]>::len);
        rules::check_records(self.signer_version, &self.records, &self.signing())?;
        rules::check_len(before + SIGNATURE_HEAD + self.signature.len() + behind)
    }
}

/// Tag and length of the signature element.
const SIGNATURE_HEAD: usize = 3;

/// Makes a trust list that phones will take, ready for signing; a list they would refuse is an error that says why.
pub fn build(
    kind: Kind,
    signer_version: Version,
    records: &[Record],
    signing: &Signing,
) -> Result<Unsigned, RuleError> {
    rules::check_records(signer_version, records, signing)?;
    let unsigned = build_unchecked(kind, signer_version, records, signing)?;
    rules::check_len(unsigned.file_len())?;
    Ok(unsigned)
}

/// Makes a trust list without asking whether phones would take it: for proving that a phone does refuse it.
pub fn build_unchecked(
    kind: Kind,
    signer_version: Version,
    records: &[Record],
    signing: &Signing,
) -> Result<Unsigned, EncodeError> {
    let mut body = Writer::default();
    for record in records {
        record.write(&mut body)?;
    }
    Heading { version: LAYOUT.version, signer_version: Some(signer_version), name: kind.file_name(), signing }
        .over(&body.into_bytes(), |_| Ok(()))
}
