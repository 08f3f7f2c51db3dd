//! Making certificates in the form phones want.
//!
//! Phones need CN, O and OU; they take a certificate from a trust list as it is, so it signs itself, and it carries the
//! key usages of every job a server has. A signature algorithm beyond SHA-256 gains nothing and loses old phones.

use openssl::{
    asn1::{Asn1Integer, Asn1Time},
    bn::BigNum,
    error::ErrorStack,
    hash::MessageDigest,
    nid::Nid,
    pkey::{PKeyRef, Private},
    x509::{
        X509, X509Builder, X509Name, X509NameBuilder,
        extension::{
            BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName, SubjectKeyIdentifier,
        },
    },
};

use crate::{
    key::{KeyError, KeyKind, PrivateKey},
    name::Name,
    reason,
};

/// The longest validity given: beyond a century something else is wrong.
pub const MAX_DAYS: u32 = 36_525;
/// The bound X.520 sets for common, organisation and unit names.
const MAX_ATTRIBUTE: usize = 64;
pub(crate) const DAY: i64 = 86_400;
/// What CUCM's own certificates carry beside the two TLS usages.
pub(crate) const IPSEC_END_SYSTEM: &str = "1.3.6.1.5.5.7.3.5";

/// Whom a certificate names. Phones need all three.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Common name.
    pub cn: String,
    /// Organisation.
    pub o: String,
    /// Organisational unit.
    pub ou: String,
}

/// What certificate is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Whom it names.
    pub subject: Subject,
    /// The server's names and addresses; without any, the common name stands in, if it can.
    pub names: Vec<Name>,
    /// The key it gets.
    pub key: KeyKind,
    /// How long it holds, from now.
    pub days: u32,
}

/// Why a certificate is not made.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// An empty attribute.
    #[error("a certificate for phones needs CN, O and OU; {0} is empty")]
    Empty(&'static str),
    /// An attribute over its bound.
    #[error("{0} \"{1}\" has more than {MAX_ATTRIBUTE} characters, the most a certificate may hold there")]
    TooLong(&'static str, String),
    /// A control character.
    #[error("{0} holds a control character")]
    ControlCharacter(&'static str),
    /// No days, or far too many.
    #[error("a certificate cannot hold for {0} days: say 1 to {MAX_DAYS}")]
    Days(u32),
    /// The key could not be made.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// OpenSSL refused.
    #[error("the certificate could not be made ({0})")]
    Build(String),
}

impl Request {
    fn check(&self) -> Result<(), RequestError> {
        let Subject { cn, o, ou } = &self.subject;
        for (attribute, value) in [("CN", cn), ("O", o), ("OU", ou)] {
            if value.trim().is_empty() {
                return Err(RequestError::Empty(attribute));
            }
            if value.chars().count() > MAX_ATTRIBUTE {
                return Err(RequestError::TooLong(attribute, value.clone()));
            }
            if value.chars().any(char::is_control) {
                return Err(RequestError::ControlCharacter(attribute));
            }
        }
        if !(1..=MAX_DAYS).contains(&self.days) {
            return Err(RequestError::Days(self.days));
        }
        Ok(())
    }

    /// The names to vouch for; a certificate without any is refused by today's TLS clients.
    fn names(&self) -> Vec<Name> {
        if !self.names.is_empty() {
            return self.names.clone();
        }
        self.subject.cn.parse().into_iter().collect()
    }
}

/// Makes a key and a certificate that it signs itself.
pub(crate) fn self_signed(request: &Request, now: i64) -> Result<(PrivateKey, X509), RequestError> {
    request.check()?;
    let key = PrivateKey::generate(request.key)?;
    let soft = key.openssl()?;
    let x509 = build(request, soft, now).map_err(|errors| RequestError::Build(reason(&errors)))?;
    Ok((key, x509))
}

fn build(request: &Request, key: &PKeyRef<Private>, now: i64) -> Result<X509, ErrorStack> {
    let subject = subject(&request.subject)?;
    let mut builder = X509Builder::new()?;
    builder.set_version(2)?;
    builder.set_serial_number(random_serial()?.as_ref())?;
    builder.set_subject_name(&subject)?;
    builder.set_issuer_name(&subject)?;
    // A phone's clock may lag behind until it has registered. Beyond 2049 the time becomes a GeneralizedTime by itself.
    builder.set_not_before(Asn1Time::from_unix(now - DAY)?.as_ref())?;
    builder.set_not_after(Asn1Time::from_unix(now + i64::from(request.days) * DAY)?.as_ref())?;
    builder.set_pubkey(key)?;
    extend(&mut builder, &request.names())?;
    builder.sign(key, MessageDigest::sha256())?;
    Ok(builder.build())
}

fn subject(subject: &Subject) -> Result<X509Name, ErrorStack> {
    let mut name = X509NameBuilder::new()?;
    name.append_entry_by_nid(Nid::COMMONNAME, &subject.cn)?;
    name.append_entry_by_nid(Nid::ORGANIZATIONNAME, &subject.o)?;
    name.append_entry_by_nid(Nid::ORGANIZATIONALUNITNAME, &subject.ou)?;
    Ok(name.build())
}

/// Sixteen bytes, positive, and none of them a leading zero: what DER holds is then also what trust lists carry.
fn random_serial() -> Result<Asn1Integer, ErrorStack> {
    let mut bytes = [0; 16];
    openssl::rand::rand_bytes(&mut bytes)?;
    bytes[0] = bytes[0] & 0x7f | 0x40;
    Asn1Integer::from_bn(BigNum::from_slice(&bytes)?.as_ref())
}

fn extend(builder: &mut X509Builder, names: &[Name]) -> Result<(), ErrorStack> {
    builder.append_extension(BasicConstraints::new().critical().ca().pathlen(0).build()?)?;
    let mut usage = KeyUsage::new();
    usage.digital_signature().key_encipherment().data_encipherment().key_cert_sign().crl_sign();
    builder.append_extension(usage.build()?)?;
    let mut purposes = ExtendedKeyUsage::new();
    purposes.server_auth().client_auth().other(IPSEC_END_SYSTEM);
    builder.append_extension(purposes.build()?)?;
    let key_identifier = SubjectKeyIdentifier::new().build(&builder.x509v3_context(None, None))?;
    builder.append_extension(key_identifier)?;
    if names.is_empty() {
        return Ok(());
    }
    let mut alternatives = SubjectAlternativeName::new();
    for name in names {
        match name {
            Name::Dns(dns) => alternatives.dns(dns),
            Name::Ip(address) => alternatives.ip(&address.to_string()),
        };
    }
    let alternatives = alternatives.build(&builder.x509v3_context(None, None))?;
    builder.append_extension(alternatives)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::{Certificate, Curve};

    const NOW: i64 = 1_790_000_000;

    fn request() -> Request {
        Request {
            subject: Subject { cn: "Provisioning".into(), o: "Example".into(), ou: "Voice".into() },
            names: vec![
                "pbx.example.net".parse().unwrap(),
                "10.0.0.1".parse().unwrap(),
                "fd00::1".parse().unwrap(),
            ],
            key: KeyKind::Ec(Curve::P256),
            days: 3650,
        }
    }

    fn certificate(request: &Request) -> Certificate {
        let (key, x509) = self_signed(request, NOW).unwrap();
        let certificate = Certificate::from_openssl(x509).unwrap();
        assert!(key.matches(&certificate));
        certificate
    }

    #[test]
    fn the_form_phones_want() {
        let made = certificate(&request());
        assert_eq!(made.subject(), "CN=Provisioning,O=Example,OU=Voice");
        assert_eq!(made.issuer(), made.subject());
        assert!(made.is_self_signed());
        assert_eq!(made.names(), request().names);
        assert_eq!((made.not_before(), made.not_after()), (NOW - DAY, NOW + 3650 * DAY));
        assert!(made.is_valid_at(NOW) && !made.is_valid_at(NOW + 3651 * DAY) && !made.is_valid_at(0));
        assert_eq!(made.serial().len(), 16);
        assert!(made.serial()[0] & 0xc0 == 0x40);
        assert_ne!(made.serial(), certificate(&request()).serial());
    }

    #[test]
    fn the_common_name_stands_in_for_names() {
        let bare = certificate(&Request { names: Vec::new(), ..request() });
        assert_eq!(bare.names(), [Name::Dns("provisioning".into())]);
        let subject = Subject { cn: "Not a name".into(), ..request().subject };
        assert_eq!(certificate(&Request { names: Vec::new(), subject, ..request() }).names(), []);
    }

    #[test]
    fn far_ends_are_generalized_times() {
        let far = certificate(&Request { days: MAX_DAYS, ..request() });
        assert_eq!(far.not_after(), NOW + i64::from(MAX_DAYS) * DAY);
        let generalized_time = b"\x18\x0f2126";
        assert!(far.der().windows(generalized_time.len()).any(|bytes| bytes == generalized_time));
    }

    #[test]
    fn what_phones_refuse_is_refused_here_with_its_name() {
        let subject = |cn: &str, o: &str, ou: &str| Subject { cn: cn.into(), o: o.into(), ou: ou.into() };
        let long = "x".repeat(65);
        for (subject, words) in [
            (subject("", "o", "u"), "CN is empty"),
            (subject("c", " ", "u"), "O is empty"),
            (subject("c", "o", ""), "OU is empty"),
            (subject(&long, "o", "u"), "more than 64 characters"),
            (subject("c", "o\n", "u"), "O holds a control character"),
        ] {
            let error = self_signed(&Request { subject, ..request() }, NOW).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
        for days in [0, MAX_DAYS + 1] {
            assert!(matches!(self_signed(&Request { days, ..request() }, NOW), Err(RequestError::Days(_))));
        }
        let key = KeyKind::Rsa(512);
        assert!(matches!(self_signed(&Request { key, ..request() }, NOW), Err(RequestError::Key(_))));
    }

    #[test]
    fn sixty_four_letters_of_any_script_fit() {
        let subject = Subject { cn: "ü".repeat(64), ..request().subject };
        assert_eq!(certificate(&Request { subject, ..request() }).common_name().unwrap(), "ü".repeat(64));
    }
}
