//! A record: one certificate in one role.

use super::{PublicKey, Role};
use crate::{
    elements::Elements,
    reader::Reader,
    signature::{Element, EncodeError, Fault, Field, ParseError},
    writer::Writer,
};

/// One certificate in one role.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Record {
    /// The certificate's subject: `CN=…,O=…,OU=…`, attributes in certificate order.
    pub subject: String,
    /// The certificate's issuer, in the same form.
    pub issuer: String,
    /// The certificate's serial number as a minimal big-endian magnitude.
    pub serial: Vec<u8>,
    /// What the certificate is trusted for.
    pub role: Role,
    /// The certificate's key. Ours always have one.
    pub public_key: Option<PublicKey>,
    /// The signature in the certificate; empty when the record has none. Ours always have one.
    pub signature: Vec<u8>,
    /// The certificate in DER. Ours always have one.
    pub certificate: Option<Vec<u8>>,
    /// What call managers write beyond that.
    pub extra: Extra,
}

/// Elements of a record that call managers write and we only carry along.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Extra {
    /// The server's DNS name.
    pub dns_name: Option<String>,
    /// The server's address.
    pub ip_address: Option<Vec<u8>>,
    /// A hash of the certificate.
    pub hash: Option<Vec<u8>>,
    /// What the hash was made with.
    pub hash_algorithm: Option<Vec<u8>>,
}

impl Record {
    /// Takes the next record off a list. Call managers write the elements in another order than we do.
    pub(super) fn parse(list: &mut Reader<'_>) -> Result<Self, ParseError> {
        let mut elements = elements(list)?;
        let (mut subject, mut issuer, mut serial, mut role) = (None, None, None, None);
        let (mut public_key, mut signature, mut certificate) = (None, Vec::new(), None);
        let mut extra = Extra::default();
        while let Some(value) = elements.next()? {
            let Element::Record(field) = value.element() else {
                return Err(value.foreign_to(Element::WholeRecord));
            };
            match field {
                // The first element was one, so this is already refused as the second.
                Field::Length => return Err(value.fault(Fault::Repeated)),
                Field::DnsName => extra.dns_name = Some(value.text()?.to_owned()),
                Field::SubjectName => subject = Some(value.text()?.to_owned()),
                Field::Role => role = Some(Role::from_code(value.u16()?)),
                Field::IssuerName => issuer = Some(value.text()?.to_owned()),
                Field::SerialNumber => serial = Some(value.bytes().to_vec()),
                Field::PublicKey => {
                    let key = PublicKey::from_bytes(value.clone().bytes());
                    public_key = Some(key.ok_or_else(|| value.fault(Fault::PublicKey))?);
                }
                Field::Signature => signature = value.some_bytes()?.to_vec(),
                Field::Certificate => certificate = Some(value.some_bytes()?.to_vec()),
                Field::IpAddress => extra.ip_address = Some(value.bytes().to_vec()),
                Field::CertificateHash => extra.hash = Some(value.bytes().to_vec()),
                Field::HashAlgorithm => extra.hash_algorithm = Some(value.bytes().to_vec()),
            }
        }
        Ok(Self {
            subject: subject.ok_or_else(|| elements.missing(Field::SubjectName))?,
            issuer: issuer.ok_or_else(|| elements.missing(Field::IssuerName))?,
            serial: serial.ok_or_else(|| elements.missing(Field::SerialNumber))?,
            role: role.ok_or_else(|| elements.missing(Field::Role))?,
            public_key,
            signature,
            certificate,
            extra,
        })
    }

    pub(super) fn write(&self, list: &mut Writer) -> Result<(), EncodeError> {
        let start = list.len();
        list.element(Field::Length, &[0, 0])?;
        let len_at = list.len() - 2;
        if let Some(name) = &self.extra.dns_name {
            list.text(Field::DnsName, name)?;
        }
        list.text(Field::SubjectName, &self.subject)?;
        list.text(Field::IssuerName, &self.issuer)?;
        list.serial(Field::SerialNumber, &self.serial)?;
        list.element(Field::Role, &self.role.code().to_be_bytes())?;
        let signature = Some(&self.signature).filter(|signature| !signature.is_empty());
        for (field, value) in [
            (Field::PublicKey, self.public_key.as_ref().map(PublicKey::bytes)),
            (Field::Signature, signature.map(Vec::as_slice)),
            (Field::Certificate, self.certificate.as_deref()),
            (Field::IpAddress, self.extra.ip_address.as_deref()),
            (Field::CertificateHash, self.extra.hash.as_deref()),
            (Field::HashAlgorithm, self.extra.hash_algorithm.as_deref()),
        ] {
            if let Some(value) = value {
                list.element(field, value)?;
            }
        }
        let len = list.len() - start;
        let announced =
            u16::try_from(len).map_err(|_| EncodeError::TooLong { element: Element::WholeRecord, len })?;
        list.overwrite_u16(len_at, announced);
        Ok(())
    }
}

/// The elements of the next record behind its length; `list` goes on behind the record.
fn elements<'a>(list: &mut Reader<'a>) -> Result<Elements<'a>, ParseError> {
    let start = list.offset();
    let mut elements = Elements::of_record(list.clone());
    let value = elements.expect(Field::Length)?;
    let announced = value.clone().u16()?;
    let head = elements.offset() - start;
    let Some(left) = usize::from(announced).checked_sub(head) else {
        return Err(value.fault(Fault::RecordTooShort { announced }));
    };
    let elements = elements.ending_after(left)?;
    list.take(head + left).map_err(|short| short.within(Element::WholeRecord))?;
    Ok(elements)
}
