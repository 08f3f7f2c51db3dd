//! Whether a phone's certificate is one: who issued it, whether it holds, and whom it names.

use openssl::{nid::Nid, x509::X509VerifyResult};

use crate::Certificate;

/// Signatures under certificates that are taken. MD5 is not among them: anybody can make two certificates of one
/// signature. SHA-1 is, because every phone made before 2014 has nothing else.
const SIGNATURES: [Nid; 8] = [
    Nid::SHA1WITHRSAENCRYPTION,
    Nid::SHA256WITHRSAENCRYPTION,
    Nid::SHA384WITHRSAENCRYPTION,
    Nid::SHA512WITHRSAENCRYPTION,
    Nid::ECDSA_WITH_SHA1,
    Nid::ECDSA_WITH_SHA256,
    Nid::ECDSA_WITH_SHA384,
    Nid::ECDSA_WITH_SHA512,
];

/// Who may vouch for phones.
#[derive(Clone, Debug, Default)]
pub struct Authorities {
    /// Those who issue, or issued, LSCs here.
    pub lsc: Vec<Certificate>,
    /// Those who make phones.
    pub manufacturers: Vec<Manufacturer>,
}

/// Somebody who makes phones.
#[derive(Clone, Debug)]
pub struct Manufacturer {
    /// The certificate that signs those in the phones.
    pub certificate: Certificate,
    /// Whether phones whose certificate has ended, or that are older than this one's end, still count.
    pub allow_expired: bool,
}

/// What kind of certificate a phone showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// Issued here.
    Lsc,
    /// From the factory.
    Manufacturer,
}

/// Why a certificate does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// Nobody known issued it.
    #[error("{0} is issued neither here nor by a manufacturer whose certificate was imported")]
    UnknownIssuer(String),
    /// The issuer's name, but not its signature.
    #[error("{0} names an issuer known here, which did not sign it")]
    NotSigned(String),
    /// A signature that proves nothing today.
    #[error("{0} is signed with {1}, which proves nothing")]
    WeakSignature(String, String),
    /// Before its beginning or after its end.
    #[error("{0} is not valid now (Unix seconds {1} to {2})")]
    NotValid(String, i64, i64),
    /// The issuer's own time is over.
    #[error("the issuer of {0} is itself not valid now")]
    IssuerNotValid(String),
    /// Another phone's.
    #[error("{0} does not name {1}: a certificate enrols only the phone it names")]
    OtherPhone(String, String),
}

/// Whether `certificate` is one of `device`'s, issued by somebody of `authorities` and valid at `now`.
///
/// Whoever is among the authorities is an end of the chain: a manufacturer's intermediate counts as well as its root,
/// and phones show nothing above their own certificate.
pub fn vouch(
    certificate: &Certificate,
    device: &str,
    authorities: &Authorities,
    now: i64,
) -> Result<Origin, ChainError> {
    let named = || certificate.subject().to_owned();
    if !names(certificate, device) {
        return Err(ChainError::OtherPhone(named(), device.to_owned()));
    }
    let algorithm = certificate.openssl().signature_algorithm().object().nid();
    if !SIGNATURES.contains(&algorithm) {
        let name = algorithm.long_name().unwrap_or("an unknown algorithm").to_owned();
        return Err(ChainError::WeakSignature(named(), name));
    }
    let ours = authorities.lsc.iter().map(|authority| (authority, Origin::Lsc, false));
    let theirs = authorities
        .manufacturers
        .iter()
        .map(|maker| (&maker.certificate, Origin::Manufacturer, maker.allow_expired));
    let mut refusal = ChainError::UnknownIssuer(named());
    for (issuer, origin, allow_expired) in ours.chain(theirs) {
        match issued(certificate, issuer, allow_expired, now) {
            Ok(()) => return Ok(origin),
            Err(ChainError::UnknownIssuer(_)) => {}
            // Two authorities of one name are nothing unusual: the next may be the one.
            Err(error) => refusal = error,
        }
    }
    Err(refusal)
}

fn issued(
    certificate: &Certificate,
    issuer: &Certificate,
    allow_expired: bool,
    now: i64,
) -> Result<(), ChainError> {
    let named = || certificate.subject().to_owned();
    if issuer.openssl().issued(certificate.openssl()) != X509VerifyResult::OK {
        return Err(ChainError::UnknownIssuer(named()));
    }
    if !certificate.openssl().verify(issuer.openssl_key()).unwrap_or(false) {
        return Err(ChainError::NotSigned(named()));
    }
    let holds = |of: &Certificate| of.is_valid_at(now) || allow_expired && now > of.not_after();
    if !holds(certificate) {
        return Err(ChainError::NotValid(named(), certificate.not_before(), certificate.not_after()));
    }
    if !holds(issuer) {
        return Err(ChainError::IssuerNotValid(named()));
    }
    Ok(())
}

/// Whether the certificate names this phone and nobody else: one common name, `SEP…` or `CP-<model>-SEP…`.
#[must_use]
pub fn names(certificate: &Certificate, device: &str) -> bool {
    let mut entries = certificate.openssl().subject_name().entries_by_nid(Nid::COMMONNAME);
    let (Some(only), None) = (entries.next(), entries.next()) else { return false };
    let Ok(name) = only.data().to_string() else { return false };
    let name: &str = &name;
    name == device
        || name.strip_prefix("CP-").and_then(|rest| rest.strip_suffix(device)).is_some_and(is_model)
}

/// `8845-`, `7942G-`: letters, digits and dashes, and a dash before the name.
fn is_model(model: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    model.len() > 1 && model.ends_with('-') && !model.starts_with('-') && model.bytes().all(plain)
}
