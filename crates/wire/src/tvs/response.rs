//! What a phone is answered.

use super::MAX_TTL;
use super::element::{self, CERTIFICATE, Elements, ROLES, STATUS, TTL};
use super::error::{DecodeError, EncodeError, Fault};
use super::header::{self, Direction, FOUND, VERIFIED};

const VALID: u8 = 0;
const INVALID: u8 = 1;

/// An answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response<'a> {
    /// That of the request.
    pub session: u32,
    /// What it says.
    pub answer: Answer<'a>,
}

/// What an answer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer<'a> {
    /// The certificate of a verify request is good.
    Verified(Vouched<'a>),
    /// The certificate of a query, which is good.
    Found {
        /// The certificate in DER form.
        certificate: &'a [u8],
        /// For what it is good.
        vouched: Vouched<'a>,
    },
    /// No trust in it, whatever the reason.
    Invalid(Ask),
}

/// Which of the two requests is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ask {
    /// By certificate.
    Verify,
    /// By issuer and serial number.
    Query,
}

/// For what a certificate is good, and for how long this may be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vouched<'a> {
    /// One byte a role, numbered as in trust lists.
    pub roles: &'a [u8],
    /// For how many seconds.
    pub ttl: u32,
}

impl<'a> Response<'a> {
    /// Takes a whole message apart.
    pub fn decode(message: &'a [u8]) -> Result<Self, DecodeError> {
        let (header, body) = header::open(message, Direction::Response)?;
        let mut elements = Elements::read(body)?;
        let ask = if header.command == VERIFIED { Ask::Verify } else { Ask::Query };
        let status = elements.need(STATUS)?;
        let answer = match (status.u8()?, ask) {
            (VALID, Ask::Verify) => Answer::Verified(Vouched::read(&mut elements)?),
            (VALID, Ask::Query) => Answer::Found {
                certificate: elements.need(CERTIFICATE)?.filled()?,
                vouched: Vouched::read(&mut elements)?,
            },
            (INVALID, ask) => Answer::Invalid(ask),
            (found, _) => return Err(status.fault(Fault::Value { found })),
        };
        elements.finish()?;
        Ok(Self { session: header.session, answer })
    }

    /// The whole message.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let mut body = Vec::new();
        let (status, ask) = match self.answer {
            Answer::Verified(_) => (VALID, Ask::Verify),
            Answer::Found { .. } => (VALID, Ask::Query),
            Answer::Invalid(ask) => (INVALID, ask),
        };
        element::put(&mut body, STATUS, &[status])?;
        match self.answer {
            Answer::Verified(vouched) => vouched.write(&mut body)?,
            Answer::Found { certificate, vouched } => {
                element::put_filled(&mut body, CERTIFICATE, certificate)?;
                vouched.write(&mut body)?;
            }
            Answer::Invalid(_) => {}
        }
        header::message(if ask == Ask::Verify { VERIFIED } else { FOUND }, self.session, &body)
    }
}

impl<'a> Vouched<'a> {
    fn read(elements: &mut Elements<'a>) -> Result<Self, DecodeError> {
        let roles = elements.need(ROLES)?.filled()?;
        let ttl = elements.need(TTL)?.u32()?;
        Ok(Self { roles, ttl })
    }

    fn write(&self, body: &mut Vec<u8>) -> Result<(), EncodeError> {
        if !(1..=MAX_TTL).contains(&self.ttl) {
            return Err(EncodeError::Ttl(self.ttl));
        }
        element::put_filled(body, ROLES, self.roles)?;
        element::put(body, TTL, &self.ttl.to_be_bytes())
    }
}
