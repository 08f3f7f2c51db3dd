//! Issuing certificates to phones: what a phone's key must be, and what its certificate says.

use std::fmt;

use openssl::{
    asn1::{Asn1Integer, Asn1Time},
    bn::BigNum,
    error::ErrorStack,
    hash::MessageDigest,
    nid::Nid,
    pkey::{Id, PKey, PKeyRef, Private, Public},
    x509::{
        X509, X509Builder, X509Name, X509NameBuilder, X509NameRef,
        extension::{BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName},
    },
};

use crate::{
    Certificate, Identity,
    issue::{DAY, IPSEC_END_SYSTEM, MAX_DAYS},
    key::{KeyKind, MAX_RSA_BITS, MIN_RSA_BITS},
    reason,
};

/// The longest key taken: RSA of 4,096 bits has 550 bytes.
const MAX_SPKI: usize = 2048;
/// What a phone's certificate takes over from its issuer beside the name, in this order.
const INHERITED: [Nid; 5] = [
    Nid::ORGANIZATIONNAME,
    Nid::ORGANIZATIONALUNITNAME,
    Nid::LOCALITYNAME,
    Nid::STATEORPROVINCENAME,
    Nid::COUNTRYNAME,
];

/// A phone's public key, read whole and found usable.
#[derive(Clone)]
pub struct SubjectKey {
    key: PKey<Public>,
    kind: KeyKind,
}

/// Why a phone's key gets no certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubjectKeyError {
    /// Not a SubjectPublicKeyInfo, or more than one.
    #[error("it is not a public key in DER form ({0})")]
    NotAKey(String),
    /// Bytes behind it, or an encoding that is not DER.
    #[error("its encoding is not plain DER")]
    NotDer,
    /// A kind or size nobody should use.
    #[error("it is a key phones cannot work with: {0}")]
    Unsupported(String),
    /// RSA with numbers that make it worthless.
    #[error("its RSA {0} makes it worthless")]
    WeakRsa(&'static str),
    /// A point that is not on its curve.
    #[error("its point is not on the curve")]
    BadPoint,
}

/// What certificate a phone gets.
#[derive(Clone, Copy, Debug)]
pub struct Lsc<'a> {
    /// The phone's name: `SEP001122AABBCC`.
    pub device: &'a str,
    /// Its key.
    pub key: &'a SubjectKey,
    /// Random; read as a positive number.
    pub serial: [u8; 16],
    /// How long it holds, from now.
    pub days: u32,
}

/// Why no certificate is issued.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssueError {
    /// The issuer's time is over, or has not begun.
    #[error("the issuer's own certificate ({0}) is not valid now")]
    IssuerNotValid(String),
    /// The issuer may issue nothing.
    #[error("the issuer's certificate ({0}) does not allow it to issue certificates")]
    NotAnIssuer(String),
    /// No days, or far too many.
    #[error("a certificate cannot hold for {0} days: say 1 to {MAX_DAYS}")]
    Days(u32),
    /// OpenSSL refused.
    #[error("the certificate could not be made ({0})")]
    Build(String),
}

impl SubjectKey {
    /// Reads DER SubjectPublicKeyInfo, and refuses what no honest phone makes.
    pub fn from_spki(der: &[u8]) -> Result<Self, SubjectKeyError> {
        if der.len() > MAX_SPKI {
            return Err(SubjectKeyError::NotAKey(format!("{} bytes", der.len())));
        }
        let not_a_key = |errors: ErrorStack| SubjectKeyError::NotAKey(reason(&errors));
        let key = PKey::public_key_from_der(der).map_err(not_a_key)?;
        let kind = KeyKind::of(&key).map_err(SubjectKeyError::Unsupported)?;
        if key.public_key_to_der().map_err(not_a_key)? != der {
            return Err(SubjectKeyError::NotDer);
        }
        match key.id() {
            Id::RSA => check_rsa(&key)?,
            _ => check_ec(&key)?,
        }
        Ok(Self { key, kind })
    }

    /// What sort of key it is.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        self.kind
    }
}

impl fmt::Debug for SubjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SubjectKey({})", self.kind)
    }
}

/// Sizes phones have, an odd modulus, and an exponent that is one: with 1, everybody could sign; an even one has no
/// private half.
fn check_rsa(key: &PKeyRef<Public>) -> Result<(), SubjectKeyError> {
    let rsa = key.rsa().map_err(|errors| SubjectKeyError::NotAKey(reason(&errors)))?;
    let (bits, exponent) = (rsa.n().num_bits().unsigned_abs(), rsa.e());
    if !(MIN_RSA_BITS..=MAX_RSA_BITS).contains(&bits) || bits % 256 != 0 {
        return Err(SubjectKeyError::Unsupported(format!("rsa{bits}")));
    }
    if !rsa.n().is_bit_set(0) {
        return Err(SubjectKeyError::WeakRsa("modulus is even, which"));
    }
    // OpenSSL's own bound for large keys; every known phone uses 65,537.
    if !exponent.is_bit_set(0) || exponent.num_bits() < 2 || exponent.num_bits() > 64 {
        return Err(SubjectKeyError::WeakRsa("exponent"));
    }
    Ok(())
}

fn check_ec(key: &PKeyRef<Public>) -> Result<(), SubjectKeyError> {
    let ec = key.ec_key().map_err(|errors| SubjectKeyError::NotAKey(reason(&errors)))?;
    ec.check_key().map_err(|_| SubjectKeyError::BadPoint)
}

/// Sixteen random bytes for a serial number.
pub fn random_serial() -> Result<[u8; 16], IssueError> {
    let mut serial = [0; 16];
    openssl::rand::rand_bytes(&mut serial).map_err(|errors| IssueError::Build(reason(&errors)))?;
    Ok(serial)
}

impl Identity {
    /// Issues a phone's certificate.
    pub fn issue(&self, lsc: &Lsc<'_>, now: i64) -> Result<Certificate, IssueError> {
        let named = || self.certificate.subject().to_owned();
        if !self.certificate.is_valid_at(now) {
            return Err(IssueError::IssuerNotValid(named()));
        }
        if !(1..=MAX_DAYS).contains(&lsc.days) {
            return Err(IssueError::Days(lsc.days));
        }
        let build = |errors: ErrorStack| IssueError::Build(reason(&errors));
        let key = self.key.openssl().map_err(|error| IssueError::Build(error.to_string()))?;
        let x509 = self.build(lsc, key, now).map_err(build)?;
        if self.certificate.openssl().issued(&x509) != openssl::x509::X509VerifyResult::OK {
            return Err(IssueError::NotAnIssuer(named()));
        }
        Certificate::from_openssl(x509).map_err(|error| IssueError::Build(error.to_string()))
    }

    fn build(&self, lsc: &Lsc<'_>, key: &PKeyRef<Private>, now: i64) -> Result<X509, ErrorStack> {
        let issuer = self.certificate.openssl().subject_name();
        let mut builder = X509Builder::new()?;
        builder.set_version(2)?;
        let serial = BigNum::from_slice(&lsc.serial)?;
        builder.set_serial_number(Asn1Integer::from_bn(&serial)?.as_ref())?;
        builder.set_subject_name(subject(lsc.device, issuer)?.as_ref())?;
        builder.set_issuer_name(issuer)?;
        builder.set_not_before(Asn1Time::from_unix(now)?.as_ref())?;
        // What outlives its issuer proves nothing.
        let end = (now + i64::from(lsc.days) * DAY).min(self.certificate.not_after());
        builder.set_not_after(Asn1Time::from_unix(end)?.as_ref())?;
        builder.set_pubkey(&lsc.key.key)?;
        extend(&mut builder, lsc.device)?;
        builder.sign(key, MessageDigest::sha256())?;
        Ok(builder.build())
    }
}

fn subject(device: &str, issuer: &X509NameRef) -> Result<X509Name, ErrorStack> {
    let mut name = X509NameBuilder::new()?;
    name.append_entry_by_nid(Nid::COMMONNAME, device)?;
    for attribute in INHERITED {
        for entry in issuer.entries_by_nid(attribute) {
            name.append_entry_by_nid(attribute, &entry.data().to_string()?)?;
        }
    }
    Ok(name.build())
}

fn extend(builder: &mut X509Builder, device: &str) -> Result<(), ErrorStack> {
    builder.append_extension(BasicConstraints::new().critical().build()?)?;
    let mut usage = KeyUsage::new();
    usage.critical().digital_signature().key_encipherment();
    builder.append_extension(usage.build()?)?;
    let mut purposes = ExtendedKeyUsage::new();
    purposes.server_auth().client_auth().other(IPSEC_END_SYSTEM);
    builder.append_extension(purposes.build()?)?;
    let name = SubjectAlternativeName::new().uri(device).build(&builder.x509v3_context(None, None))?;
    builder.append_extension(name)
}
