//! What a phone asks: about a certificate it has, or about one it only knows by issuer and serial number.

use super::device::DeviceName;
use super::element::{self, CERTIFICATE, DEVICE_NAME, Elements, ISSUER_OR_SERIAL, SUBJECT, Value};
use super::error::{DecodeError, EncodeError, Fault, Field};
use super::header::{self, Direction, QUERY, VERIFY};

/// A question, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// What the response repeats.
    pub session: u32,
    /// Who asks.
    pub device: DeviceName<'a>,
    /// What about.
    pub question: Question<'a>,
}

/// What a request is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question<'a> {
    /// Command 1: may this certificate be trusted? Phones ask so about TLS servers.
    Verify {
        /// The certificate in DER form.
        certificate: &'a [u8],
    },
    /// Command 3: which certificate is this? Phones ask so about the signers of files.
    Query(Query<'a>),
}

/// How a certificate is named that the phone does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query<'a> {
    /// Whose it is; not needed to find it.
    pub subject: Option<&'a str>,
    /// Who issued it: attributes, in an order and with separators of the phone's own.
    pub issuer: &'a str,
    /// Its number, big-endian; never empty.
    pub serial: &'a [u8],
    /// Where the two stand.
    pub tags: QueryTags,
}

/// Under which tags issuer and serial number stand: two different ones of 4, 5 and 6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueryTags {
    /// The issuer's.
    pub issuer: u8,
    /// The serial number's.
    pub serial: u8,
}

impl Default for QueryTags {
    fn default() -> Self {
        let [issuer, serial, _] = ISSUER_OR_SERIAL;
        Self { issuer, serial }
    }
}

impl<'a> Request<'a> {
    /// Takes a whole message apart.
    pub fn decode(message: &'a [u8]) -> Result<Self, DecodeError> {
        let (header, body) = header::open(message, Direction::Request)?;
        let mut elements = Elements::read(body)?;
        let device = elements.need(DEVICE_NAME)?.device_name()?;
        let question = match header.command {
            VERIFY => Question::Verify { certificate: elements.need(CERTIFICATE)?.filled()? },
            _ => Question::Query(Query::read(&mut elements)?),
        };
        elements.finish()?;
        Ok(Self { session: header.session, device, question })
    }

    /// The whole message.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let mut body = Vec::new();
        element::put_device_name(&mut body, &self.device)?;
        let command = match &self.question {
            Question::Verify { certificate } => {
                element::put_filled(&mut body, CERTIFICATE, certificate)?;
                VERIFY
            }
            Question::Query(query) => {
                query.write(&mut body)?;
                QUERY
            }
        };
        header::message(command, self.session, &body)
    }
}

impl<'a> Query<'a> {
    fn read(elements: &mut Elements<'a>) -> Result<Self, DecodeError> {
        let subject = elements.take(SUBJECT).map(Value::text).transpose()?;
        let (mut issuer, mut serial) = (None, None);
        for tag in ISSUER_OR_SERIAL {
            let Some(value) = elements.take(tag) else { continue };
            let taken_twice = match value.name() {
                Some(name) => issuer.replace((tag, name)).map(|_| Field::Issuer),
                None => serial.replace((tag, value.filled()?)).map(|_| Field::Serial),
            };
            if let Some(field) = taken_twice {
                return Err(Fault::Repeated.at(value.offset, field));
            }
        }
        let (issuer_tag, issuer) = issuer.ok_or_else(|| elements.missing(Field::Issuer))?;
        let (serial_tag, serial) = serial.ok_or_else(|| elements.missing(Field::Serial))?;
        Ok(Self { subject, issuer, serial, tags: QueryTags { issuer: issuer_tag, serial: serial_tag } })
    }

    fn write(&self, body: &mut Vec<u8>) -> Result<(), EncodeError> {
        let QueryTags { issuer, serial } = self.tags;
        if issuer == serial || ![issuer, serial].iter().all(|tag| ISSUER_OR_SERIAL.contains(tag)) {
            return Err(EncodeError::Tags);
        }
        if let Some(subject) = self.subject {
            element::put_text(body, SUBJECT, subject)?;
        }
        let mut named = Vec::new();
        element::put_text(&mut named, issuer, self.issuer)?;
        let mut numbered = Vec::new();
        element::put_filled(&mut numbered, serial, self.serial)?;
        let looks_like_a_name =
            |bytes: &[u8]| Value { field: Field::IssuerOrSerial(0), offset: 0, bytes }.name().is_some();
        if !looks_like_a_name(&[self.issuer.as_bytes(), &[0]].concat()) {
            return Err(EncodeError::Ambiguous { field: Field::Issuer });
        }
        if looks_like_a_name(self.serial) {
            return Err(EncodeError::Ambiguous { field: Field::Serial });
        }
        let [first, second] = if issuer < serial { [named, numbered] } else { [numbered, named] };
        body.extend(first);
        body.extend(second);
        Ok(())
    }
}
