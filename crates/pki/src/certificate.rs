//! Certificates as phones look at them: names, serial, key, hashes, and the record of a trust list.

use std::{fmt, sync::Arc};

use openssl::{
    asn1::{Asn1Time, Asn1TimeRef},
    error::ErrorStack,
    pkey::{PKey, PKeyRef, Public},
    x509::X509,
};
use wire::{
    signature::Signer,
    trust_list::{Extra, PublicKey, Record, Role},
};

use crate::{
    digest,
    key::KeyKind,
    name::{Name, phone_form},
    reason,
};

/// The largest certificate taken. The vendor's are under 2 KB; a trust-list record ends at 64 KB.
const MAX_DER: usize = 16 << 10;

/// A certificate that was read whole and understood. Cloning shares it.
#[derive(Clone)]
pub struct Certificate(Arc<Inner>);

struct Inner {
    x509: X509,
    der: Vec<u8>,
    key: PKey<Public>,
    key_kind: KeyKind,
    public_key: PublicKey,
    subject: String,
    issuer: String,
    serial: Vec<u8>,
    serial_is_negative: bool,
    not_before: i64,
    not_after: i64,
    sha256: [u8; 32],
}

/// Why a certificate is not taken.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// Not a certificate, or not in a form we read.
    #[error("this is not a certificate in PEM or DER form ({0})")]
    NotACertificate(String),
    /// Bytes after its end, or an encoding that is not DER: its hash would name something else.
    #[error("the certificate is not in plain DER form, or bytes follow it")]
    NotDer,
    /// Nobody needs one this big.
    #[error("the certificate has {0} bytes; phones take no more than {MAX_DER}")]
    TooLarge(usize),
    /// A key phones cannot work with.
    #[error("the certificate holds a key phones cannot work with: {0}")]
    UnsupportedKey(String),
    /// It parses, but a part of it makes no sense.
    #[error("the certificate's {0} cannot be read ({1})")]
    Broken(&'static str, String),
}

impl Certificate {
    /// Reads the first certificate of a PEM text.
    pub fn from_pem(pem: &[u8]) -> Result<Self, CertificateError> {
        let x509 = X509::from_pem(pem).map_err(not_a_certificate)?;
        Self::from_openssl(x509)
    }

    /// Reads all certificates of a PEM text, in their order; none is an error.
    pub fn all_from_pem(pem: &[u8]) -> Result<Vec<Self>, CertificateError> {
        let all = X509::stack_from_pem(pem).map_err(not_a_certificate)?;
        if all.is_empty() {
            return Err(CertificateError::NotACertificate("no certificate in it".to_owned()));
        }
        all.into_iter().map(Self::from_openssl).collect()
    }

    /// Reads DER, all of it.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        if der.len() > MAX_DER {
            return Err(CertificateError::TooLarge(der.len()));
        }
        let certificate = Self::from_openssl(X509::from_der(der).map_err(not_a_certificate)?)?;
        if certificate.der() != der { Err(CertificateError::NotDer) } else { Ok(certificate) }
    }

    /// Reads PEM or DER, whichever it is.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CertificateError> {
        // DER begins with a SEQUENCE.
        if bytes.first() == Some(&0x30) { Self::from_der(bytes) } else { Self::from_pem(bytes) }
    }

    pub(crate) fn from_openssl(x509: X509) -> Result<Self, CertificateError> {
        let der = x509.to_der().map_err(broken("encoding"))?;
        if der.len() > MAX_DER {
            return Err(CertificateError::TooLarge(der.len()));
        }
        let key = x509.public_key().map_err(broken("public key"))?;
        let key_kind = KeyKind::of(&key).map_err(CertificateError::UnsupportedKey)?;
        let number = x509.serial_number().to_bn().map_err(broken("serial number"))?;
        let serial = number.to_vec();
        Ok(Self(Arc::new(Inner {
            public_key: public_key(&key).map_err(broken("public key"))?,
            subject: phone_form(x509.subject_name()).map_err(broken("subject"))?,
            issuer: phone_form(x509.issuer_name()).map_err(broken("issuer"))?,
            // The number zero has a magnitude of no bytes; an element needs one.
            serial: if serial.is_empty() { vec![0] } else { serial },
            serial_is_negative: number.is_negative(),
            not_before: unix(x509.not_before()).map_err(broken("start"))?,
            not_after: unix(x509.not_after()).map_err(broken("end"))?,
            sha256: digest::sha256(&der),
            x509,
            der,
            key,
            key_kind,
        })))
    }

    /// The certificate's bytes.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// The certificate as PEM.
    #[must_use]
    pub fn to_pem(&self) -> Vec<u8> {
        self.0.x509.to_pem().expect("what was read can be written")
    }

    /// Whom it names, in the form phones compare: `CN=…,O=…,OU=…` in the certificate's order.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.0.subject
    }

    /// Who issued it, in the same form.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// Its number: big-endian, no leading zero.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        &self.0.serial
    }

    /// Its number as it stands in the certificate: two's complement, so with a zero before a high bit. Some programs send
    /// it like this; negative ones, which should not be, differ from [`Certificate::serial`] by more than that.
    #[must_use]
    pub fn serial_in_der(&self) -> Vec<u8> {
        let mut bytes = [&[0], self.serial()].concat();
        if self.0.serial_is_negative {
            let mut carry = true;
            for byte in bytes.iter_mut().rev() {
                (*byte, carry) = (!*byte).overflowing_add(u8::from(carry));
            }
        }
        let sign = if self.0.serial_is_negative { 0xff } else { 0 };
        let is_spare =
            |pair: &[u8]| matches!(pair, [first, second] if *first == sign && (first ^ second) & 0x80 == 0);
        let spare = bytes.windows(2).take_while(|pair| is_spare(pair)).count();
        bytes.split_off(spare)
    }

    /// The sort of key it holds.
    #[must_use]
    pub fn key_kind(&self) -> KeyKind {
        self.0.key_kind
    }

    /// The key as a trust list carries it.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        self.0.public_key.clone()
    }

    /// Its own signature.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        self.0.x509.signature().as_slice()
    }

    /// When it begins, in Unix seconds.
    #[must_use]
    pub fn not_before(&self) -> i64 {
        self.0.not_before
    }

    /// When it ends, in Unix seconds.
    #[must_use]
    pub fn not_after(&self) -> i64 {
        self.0.not_after
    }

    /// Whether it holds at this time.
    #[must_use]
    pub fn is_valid_at(&self, now: i64) -> bool {
        (self.0.not_before..=self.0.not_after).contains(&now)
    }

    /// The first common name of its subject.
    #[must_use]
    pub fn common_name(&self) -> Option<String> {
        let mut entries = self.0.x509.subject_name().entries_by_nid(openssl::nid::Nid::COMMONNAME);
        entries.next().and_then(|entry| entry.data().to_string().ok())
    }

    /// Its subject, if that has the three parts that phones want.
    #[must_use]
    pub fn subject_parts(&self) -> Option<crate::Subject> {
        let part = |attribute| {
            let entry = self.0.x509.subject_name().entries_by_nid(attribute).next()?;
            entry.data().to_string().ok().filter(|text| !text.is_empty())
        };
        let (cn, o) = (part(openssl::nid::Nid::COMMONNAME)?, part(openssl::nid::Nid::ORGANIZATIONNAME)?);
        Some(crate::Subject { cn, o, ou: part(openssl::nid::Nid::ORGANIZATIONALUNITNAME)? })
    }

    /// The DNS names and addresses it vouches for.
    #[must_use]
    pub fn names(&self) -> Vec<Name> {
        let names = self.0.x509.subject_alt_names();
        names.map(|names| names.iter().filter_map(Name::of).collect()).unwrap_or_default()
    }

    /// Whether it says it signed itself, and did.
    #[must_use]
    pub fn is_self_signed(&self) -> bool {
        self.0.subject == self.0.issuer && self.0.x509.verify(&self.0.key).unwrap_or(false)
    }

    /// Whether it names `issuer` as its issuer, and `issuer` signed it.
    #[must_use]
    pub fn is_signed_by(&self, issuer: &Self) -> bool {
        self.0.issuer == issuer.0.subject && self.0.x509.verify(&issuer.0.key).unwrap_or(false)
    }

    /// SHA-256 of its bytes.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        self.0.sha256
    }

    /// SHA-256 of its bytes, in hexadecimal.
    #[must_use]
    pub fn sha256_hex(&self) -> String {
        digest::hex(&self.0.sha256)
    }

    /// MD5 of its bytes, in hexadecimal: `certHash` of an encrypted configuration.
    #[must_use]
    pub fn md5_hex(&self) -> String {
        digest::hex(&digest::md5(&self.0.der))
    }

    /// SHA-1 of its bytes, in base64: `certHash` of a VPN gateway.
    #[must_use]
    pub fn sha1_base64(&self) -> String {
        digest::base64(&digest::sha1(&self.0.der))
    }

    /// Its record in a trust list, in this role.
    #[must_use]
    pub fn record(&self, role: Role) -> Record {
        Record {
            subject: self.0.subject.clone(),
            issuer: self.0.issuer.clone(),
            serial: self.0.serial.clone(),
            role,
            public_key: Some(self.public_key()),
            signature: self.signature().to_vec(),
            certificate: Some(self.0.der.clone()),
            extra: Extra::default(),
        }
    }

    /// How a header names it as the signer.
    #[must_use]
    pub fn signer(&self) -> Signer {
        Signer {
            subject: self.0.subject.clone(),
            issuer: self.0.issuer.clone(),
            serial: self.0.serial.clone(),
        }
    }

    pub(crate) fn openssl(&self) -> &X509 {
        &self.0.x509
    }

    pub(crate) fn openssl_key(&self) -> &PKeyRef<Public> {
        &self.0.key
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.0.der == other.0.der
    }
}

impl Eq for Certificate {}

impl std::hash::Hash for Certificate {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.sha256.hash(state);
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Certificate({}, {}, serial {})",
            self.0.subject,
            self.0.key_kind,
            digest::hex(&self.0.serial)
        )
    }
}

fn not_a_certificate(errors: ErrorStack) -> CertificateError {
    CertificateError::NotACertificate(reason(&errors))
}

fn broken(part: &'static str) -> impl Fn(ErrorStack) -> CertificateError {
    move |errors| CertificateError::Broken(part, reason(&errors))
}

fn unix(time: &Asn1TimeRef) -> Result<i64, ErrorStack> {
    let since = Asn1Time::from_unix(0)?.diff(time)?;
    Ok(i64::from(since.days) * 86_400 + i64::from(since.secs))
}

/// The key in the two forms of a trust list: PKCS#1 for RSA, the uncompressed point for EC.
fn public_key(key: &PKeyRef<Public>) -> Result<PublicKey, ErrorStack> {
    if let Ok(rsa) = key.rsa() {
        return rsa.public_key_to_der_pkcs1().map(PublicKey::Rsa);
    }
    let key = key.ec_key()?;
    let mut context = openssl::bn::BigNumContext::new()?;
    let form = openssl::ec::PointConversionForm::UNCOMPRESSED;
    key.public_key().to_bytes(key.group(), form, &mut context).map(PublicKey::Ec)
}
