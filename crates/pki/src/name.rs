//! Names: a certificate's subject in the form phones compare, and the names a server answers to.

use std::{fmt, net::IpAddr, str::FromStr};

use openssl::{
    asn1::{Asn1Object, Asn1ObjectRef},
    error::ErrorStack,
    nid::Nid,
    x509::{GeneralNameRef, X509NameRef},
};

/// The longest name DNS has.
const MAX_DNS: usize = 253;

/// A name or address a certificate vouches for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Name {
    /// A DNS name.
    Dns(String),
    /// An address.
    Ip(IpAddr),
}

/// A text that is neither a DNS name nor an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is neither a DNS name nor an IP address")]
pub struct NameError(String);

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if let Ok(address) = text.parse() {
            return Ok(Self::Ip(address));
        }
        let label = |label: &str| {
            // An underscore is in no host name by the book, and in many of them in the field.
            !label.is_empty()
                && label.len() <= 63
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        };
        let host = text.strip_prefix("*.").unwrap_or(text);
        if text.len() <= MAX_DNS && host.split('.').all(label) {
            Ok(Self::Dns(text.to_ascii_lowercase()))
        } else {
            Err(NameError(text.to_owned()))
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => f.write_str(name),
            Self::Ip(address) => address.fmt(f),
        }
    }
}

impl Name {
    /// The kinds of alternative names that mean servers; others (mail, URI) are of no interest to phones.
    pub(crate) fn of(name: &GeneralNameRef) -> Option<Self> {
        if let Some(dns) = name.dnsname() {
            return Some(Self::Dns(dns.to_owned()));
        }
        let bytes = name.ipaddress()?;
        let four = <[u8; 4]>::try_from(bytes).map(IpAddr::from).ok();
        four.or_else(|| <[u8; 16]>::try_from(bytes).map(IpAddr::from).ok()).map(Self::Ip)
    }
}

/// `TYPE=value` for each attribute in the certificate's order, joined by commas: the form trust lists and signatures
/// carry. RFC 4514 would turn the order around; phones would not know the name again.
pub(crate) fn phone_form(name: &X509NameRef) -> Result<String, ErrorStack> {
    let mut form = String::new();
    for entry in name.entries() {
        if !form.is_empty() {
            form.push(',');
        }
        form.push_str(&attribute_type(entry.object())?);
        form.push('=');
        escape(&entry.data().to_string()?, &mut form);
    }
    Ok(form)
}

/// The short names RFC 4514 gives; every other attribute is known by its number.
fn attribute_type(object: &Asn1ObjectRef) -> Result<String, ErrorStack> {
    let short = match object.nid() {
        Nid::COMMONNAME => "CN",
        Nid::LOCALITYNAME => "L",
        Nid::STATEORPROVINCENAME => "ST",
        Nid::ORGANIZATIONNAME => "O",
        Nid::ORGANIZATIONALUNITNAME => "OU",
        Nid::COUNTRYNAME => "C",
        Nid::STREETADDRESS => "STREET",
        Nid::DOMAINCOMPONENT => "DC",
        Nid::USERID => "UID",
        // The printed form is a long name where OpenSSL has one; read again, it gives the number in DER.
        _ => return Ok(dotted(Asn1Object::from_str(&object.to_string())?.as_slice())),
    };
    Ok(short.to_owned())
}

/// An object identifier as numbers with dots, from its DER content.
fn dotted(der: &[u8]) -> String {
    let mut numbers: Vec<u64> = Vec::new();
    let mut number = 0_u64;
    for byte in der {
        number = number.wrapping_shl(7) | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            if numbers.is_empty() {
                // The first two numbers share one.
                let first = (number / 40).min(2);
                numbers.push(first);
                number -= first * 40;
            }
            numbers.push(number);
            number = 0;
        }
    }
    numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(".")
}

fn escape(value: &str, out: &mut String) {
    let last = value.chars().count().saturating_sub(1);
    for (index, character) in value.chars().enumerate() {
        let edge = match character {
            '#' => index == 0,
            ' ' => index == 0 || index == last,
            _ => false,
        };
        match character {
            '\0' => out.push_str("\\00"),
            '\\' | '"' | '+' | ',' | ';' | '<' | '>' => out.extend(['\\', character]),
            _ if edge => out.extend(['\\', character]),
            _ => out.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use openssl::x509::X509NameBuilder;

    use super::*;

    fn form(attributes: &[(&str, &str)]) -> String {
        let mut name = X509NameBuilder::new().unwrap();
        for (field, value) in attributes {
            name.append_entry_by_text(field, value).unwrap();
        }
        phone_form(&name.build()).unwrap()
    }

    #[test]
    fn attributes_keep_the_certificates_order() {
        assert_eq!(
            form(&[("CN", "Asterisk"), ("O", "Example"), ("OU", "Voice")]),
            "CN=Asterisk,O=Example,OU=Voice"
        );
        assert_eq!(form(&[("C", "NZ"), ("ST", "Otago"), ("CN", "x")]), "C=NZ,ST=Otago,CN=x");
        assert_eq!(form(&[]), "");
    }

    #[test]
    fn attributes_without_a_short_name_are_numbers() {
        assert_eq!(form(&[("serialNumber", "PID:CP-8851")]), "2.5.4.5=PID:CP-8851");
        assert_eq!(form(&[("emailAddress", "a@b.c")]), "1.2.840.113549.1.9.1=a@b.c");
    }

    #[test]
    fn values_are_escaped() {
        for (value, escaped) in [
            ("a,b+c", "a\\,b\\+c"),
            ("\"q\" \\ ;<>", "\\\"q\\\" \\\\ \\;\\<\\>"),
            ("#1", "\\#1"),
            ("a#", "a#"),
            (" a b ", "\\ a b\\ "),
            (" ", "\\ "),
            ("Zürich", "Zürich"),
        ] {
            assert_eq!(form(&[("CN", value)]), format!("CN={escaped}"));
        }
    }

    #[test]
    fn names_and_addresses_are_told_apart() {
        assert_eq!("10.0.0.1".parse::<Name>().unwrap(), Name::Ip([10, 0, 0, 1].into()));
        assert_eq!("fd00::1".parse::<Name>().unwrap().to_string(), "fd00::1");
        assert_eq!(
            "Provision.Example.net".parse::<Name>().unwrap(),
            Name::Dns("provision.example.net".into())
        );
        for wrong in ["", "a b", "a..b", "a,DNS:b", "ä.example", "x\0y", &"a".repeat(64), &"a.".repeat(200)]
        {
            assert!(wrong.parse::<Name>().is_err(), "{wrong}");
        }
    }
}
