//! A trust list as a phone holds it, and the rules it must keep to be taken at all.

use pki::{Certificate, KeyKind};
use wire::{
    signature::{Digest, Signer, Version},
    trust_list::{Kind, Record, Role, TrustList},
};

use super::{
    MOST_RECORDS, MOST_SASTS,
    distrust::{Distrust, Holder, Roles},
};

/// A list that keeps the rules.
#[derive(Clone, Debug)]
pub struct List {
    /// The file, as it lies in the phone's flash.
    pub bytes: Vec<u8>,
    /// ITL or CTL.
    pub kind: Kind,
    /// 1.0, or 1.1 for lists with EC certificates.
    pub version: Version,
    /// The digest its signature is over.
    pub digest: Digest,
    /// When it was made.
    pub timestamp: u32,
    /// Who signed it.
    pub signer: Signer,
    /// Its certificates, one entry a role.
    pub entries: Vec<Entry>,
}

/// A certificate, and one thing the phone trusts it for.
#[derive(Clone, Debug)]
pub struct Entry {
    /// For what.
    pub role: Role,
    /// Which.
    pub certificate: Certificate,
}

impl Entry {
    /// Whether this is the certificate by which a signer is named.
    pub(super) fn is(&self, signer: &Signer) -> bool {
        self.certificate.issuer() == signer.issuer && self.certificate.serial() == signer.serial
    }
}

const V1_0: Version = Version { major: 1, minor: 0 };
const V1_1: Version = Version { major: 1, minor: 1 };
/// Phones keep lists below this; 64 KB breaks them.
const TOO_LONG: usize = 64 << 10;
const MOST_RSA_BITS: u32 = 2048;

impl List {
    /// Reads a list and checks every rule that concerns the list alone, its own signature included.
    pub fn read(bytes: &[u8], asked: Kind) -> Result<Self, Distrust> {
        if bytes.len() >= TOO_LONG {
            return Err(Distrust::TooLong(bytes.len()));
        }
        let parsed = TrustList::parse(bytes)?;
        if parsed.kind != asked {
            return Err(Distrust::other_list(asked, parsed.kind));
        }
        let list = Self {
            bytes: bytes.to_vec(),
            kind: parsed.kind,
            version: parsed.signer_version,
            digest: parsed.digest,
            timestamp: parsed.timestamp,
            entries: parsed.records.iter().map(entry).collect::<Result<_, _>>()?,
            signer: parsed.signer,
        };
        list.check_rules()?;
        let signer = find_signer(&list.signer, list.entries.iter(), &[Role::Sast], Holder::ListItself)?;
        list.check_signature(signer)?;
        Ok(list)
    }

    /// The certificates in one of these roles.
    pub fn with_role<'a>(&'a self, roles: &'a [Role]) -> impl Iterator<Item = &'a Certificate> {
        self.entries.iter().filter(|entry| roles.contains(&entry.role)).map(|entry| &entry.certificate)
    }

    /// Whether the list allows EC certificates and HTTPS for the configuration.
    #[must_use]
    pub fn is_1_1(&self) -> bool {
        self.version >= V1_1
    }

    fn check_rules(&self) -> Result<(), Distrust> {
        if self.version != V1_0 && self.version != V1_1 {
            return Err(Distrust::UnknownVersion(self.version));
        }
        if self.entries.len() > MOST_RECORDS {
            return Err(Distrust::TooManyRecords(self.entries.len()));
        }
        let sasts = self.with_role(&[Role::Sast]).count();
        if sasts > MOST_SASTS {
            return Err(Distrust::TooManySasts(sasts));
        }
        self.entries.iter().try_for_each(|entry| self.check_key(&entry.certificate))
    }

    fn check_key(&self, certificate: &Certificate) -> Result<(), Distrust> {
        let subject = certificate.subject().to_owned();
        match certificate.key_kind() {
            KeyKind::Rsa(bits) if bits > MOST_RSA_BITS => Err(Distrust::BigKey { subject, bits }),
            KeyKind::Ec(_) if !self.is_1_1() => Err(Distrust::EcInOldList { subject, version: self.version }),
            _ => Ok(()),
        }
    }

    pub(super) fn check_signature(&self, signer: &Certificate) -> Result<(), Distrust> {
        let parsed = TrustList::parse(&self.bytes)?;
        Ok(pki::verify(parsed.signed_parts(), parsed.digest, parsed.signature, signer)?)
    }
}

/// Finds a signer's certificate the way phones do, by issuer and serial number, among those that may sign.
pub(super) fn find_signer<'a>(
    signer: &Signer,
    entries: impl Iterator<Item = &'a Entry>,
    needed: &[Role],
    held: Holder,
) -> Result<&'a Certificate, Distrust> {
    let known: Vec<&Entry> = entries.filter(|entry| entry.is(signer)).collect();
    if let Some(entry) = known.iter().find(|entry| needed.contains(&entry.role)) {
        return Ok(&entry.certificate);
    }
    let signer = signer.subject.clone();
    if known.is_empty() {
        return Err(Distrust::UnknownSigner { signer, held });
    }
    let mut roles: Vec<Role> = known.iter().map(|entry| entry.role).collect();
    roles.sort_unstable();
    roles.dedup();
    let needed = if needed == [Role::Sast] { "SAST" } else { "TFTP" };
    Err(Distrust::WrongRole { signer, held, roles: Roles(roles), needed })
}

fn entry(record: &Record) -> Result<Entry, Distrust> {
    let subject = record.subject.clone();
    let Some(der) = &record.certificate else { return Err(Distrust::NoCertificate(subject)) };
    let certificate = match Certificate::from_der(der) {
        Ok(certificate) => certificate,
        Err(source) => return Err(Distrust::BadCertificate { subject, source }),
    };
    let differs = [
        (record.subject != certificate.subject(), "subject"),
        (record.issuer != certificate.issuer(), "issuer"),
        (record.serial != certificate.serial(), "serial number"),
        (record.public_key.as_ref().is_some_and(|key| *key != certificate.public_key()), "public key"),
        (!record.signature.is_empty() && record.signature != certificate.signature(), "signature"),
    ];
    match differs.into_iter().find(|(differs, _)| *differs) {
        Some((_, what)) => Err(Distrust::Disagreement { subject, what }),
        None => Ok(Entry { role: record.role, certificate }),
    }
}
