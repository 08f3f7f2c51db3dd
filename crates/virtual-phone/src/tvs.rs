//! What a phone says to the Trust Verification Service, and what it makes of the answer.
//!
//! It shows the certificates of TLS servers, and names the signers of files by issuer and serial number.

use pki::Certificate;
use serde::Serialize;
use wire::{
    signature::Signer,
    trust_list::Role,
    tvs::{self, Answer, Ask, DeviceName, EncodeError, Query, QueryTags, Request, Response},
};

/// What a phone wants to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// May this server be trusted?
    Verify(Certificate),
    /// Who is this, and may they sign?
    Query(Signer),
}

/// What it was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// The certificate is good.
    Vouched {
        /// The certificate: the one shown, or the one found.
        certificate: Certificate,
        /// For what.
        roles: Vec<Role>,
        /// For how many seconds the phone may believe that.
        ttl: u32,
    },
    /// It is not.
    Invalid,
}

/// Why an answer is of no use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Useless {
    /// Not in the format.
    #[error("its answer cannot be read, {0}")]
    Unreadable(#[from] tvs::DecodeError),
    /// The answer to another request.
    #[error("it answers session {found}, and {asked} was asked")]
    OtherSession {
        /// What was asked.
        asked: u32,
        /// What was answered.
        found: u32,
    },
    /// The answer to another command.
    #[error("it answers another command than was asked")]
    OtherCommand,
    /// A certificate that cannot be read.
    #[error("it sends a certificate that cannot be read: {0}")]
    NoCertificate(String),
    /// A certificate with another number.
    #[error("it sends the certificate of {0}, which is not the one asked for")]
    OtherCertificate(String),
}

/// A question as it is printed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Named {
    /// Whose certificate.
    pub subject: String,
    /// Who issued it.
    pub issuer: String,
    /// Its number, in hexadecimal.
    pub serial: String,
}

impl Question {
    /// The request, as the phone of this name sends it.
    pub fn request(&self, session: u32, device: DeviceName<'_>) -> Result<Vec<u8>, EncodeError> {
        match self {
            Self::Verify(certificate) => {
                let question = tvs::Question::Verify { certificate: certificate.der() };
                Request { session, device, question }.encode()
            }
            Self::Query(signer) => {
                let (subject, issuer) = (as_phones_write(&signer.subject), as_phones_write(&signer.issuer));
                let query = Query {
                    subject: Some(&subject),
                    issuer: &issuer,
                    serial: &signer.serial,
                    tags: QueryTags::default(),
                };
                Request { session, device, question: tvs::Question::Query(query) }.encode()
            }
        }
    }

    /// What an answer to it means.
    pub fn answered(&self, session: u32, message: &[u8]) -> Result<Told, Useless> {
        let response = Response::decode(message)?;
        if response.session != session {
            return Err(Useless::OtherSession { asked: session, found: response.session });
        }
        let (certificate, vouched) = match (self, response.answer) {
            (Self::Verify(_), Answer::Invalid(Ask::Verify))
            | (Self::Query(_), Answer::Invalid(Ask::Query)) => {
                return Ok(Told::Invalid);
            }
            (Self::Verify(certificate), Answer::Verified(vouched)) => (certificate.clone(), vouched),
            (Self::Query(signer), Answer::Found { certificate, vouched }) => {
                (found(signer, certificate)?, vouched)
            }
            _ => return Err(Useless::OtherCommand),
        };
        let roles = vouched.roles.iter().map(|role| Role::from_code((*role).into())).collect();
        Ok(Told::Vouched { certificate, roles, ttl: vouched.ttl })
    }

    /// Whom it is about.
    #[must_use]
    pub fn named(&self) -> Named {
        let (subject, issuer, serial) = match self {
            Self::Verify(shown) => (shown.subject(), shown.issuer(), shown.serial()),
            Self::Query(signer) => (&*signer.subject, &*signer.issuer, &*signer.serial),
        };
        let serial = pki::digest::hex(serial);
        Named { subject: subject.to_owned(), issuer: issuer.to_owned(), serial }
    }
}

fn found(signer: &Signer, der: &[u8]) -> Result<Certificate, Useless> {
    let certificate =
        Certificate::from_der(der).map_err(|error| Useless::NoCertificate(error.to_string()))?;
    if certificate.serial() != signer.serial {
        return Err(Useless::OtherCertificate(certificate.subject().to_owned()));
    }
    Ok(certificate)
}

/// A name as the traces have it: the attributes from the last to the first, with semicolons between.
fn as_phones_write(name: &str) -> String {
    let mut attributes = vec![String::new()];
    let mut escaped = false;
    for char in name.chars() {
        if char == ',' && !escaped {
            attributes.push(String::new());
        } else if let Some(last) = attributes.last_mut() {
            last.push(char);
        }
        escaped = char == '\\' && !escaped;
    }
    attributes.reverse();
    attributes.join(";")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::testing::KEYS;
    use wire::tvs::Vouched;

    const PHONE: &str = "CP-8845-SEP001122334455";

    fn phone() -> DeviceName<'static> {
        DeviceName::parse(PHONE).unwrap()
    }

    #[test]
    fn names_go_out_as_the_traces_have_them() {
        assert_eq!(
            as_phones_write("C=AU,ST=QLD,O=Stormin\\, Inc.,CN=pub"),
            "CN=pub;O=Stormin\\, Inc.;ST=QLD;C=AU"
        );
        assert_eq!(as_phones_write("CN=a\\\\,O=b"), "O=b;CN=a\\\\");
        let question = Question::Query(KEYS.sast.certificate.signer());
        let message = question.request(1001, phone()).unwrap();
        let Request { session, question, .. } = Request::decode(&message).unwrap();
        let tvs::Question::Query(query) = question else { panic!("{question:?}") };
        assert_eq!((session, query.issuer), (1001, "OU=Telephones;O=Example;CN=sast-1"));
        assert_eq!(query.serial, KEYS.sast.certificate.serial());
    }

    #[test]
    fn answers_are_believed_only_when_they_fit() {
        let (sast, other) = (&KEYS.sast.certificate, &KEYS.next_sast.certificate);
        let verify = Question::Verify(sast.clone());
        let query = Question::Query(sast.signer());
        let vouched = Vouched { roles: &[0, 3], ttl: 60 };
        let said = |answer| Response { session: 7, answer }.encode().unwrap();
        let good = Told::Vouched { certificate: sast.clone(), roles: vec![Role::Sast, Role::Tftp], ttl: 60 };
        assert_eq!(verify.answered(7, &said(Answer::Verified(vouched))), Ok(good.clone()));
        let found = |certificate| said(Answer::Found { certificate, vouched });
        assert_eq!(query.answered(7, &found(sast.der())), Ok(good));
        assert_eq!(query.answered(7, &said(Answer::Invalid(Ask::Query))), Ok(Told::Invalid));
        assert_eq!(verify.answered(7, &said(Answer::Invalid(Ask::Verify))), Ok(Told::Invalid));
        for (refused, words) in [
            (query.answered(7, &found(other.der())), "not the one asked for"),
            (query.answered(7, &found(b"noise")), "cannot be read"),
            (query.answered(7, &said(Answer::Verified(vouched))), "another command"),
            (verify.answered(7, &said(Answer::Invalid(Ask::Query))), "another command"),
            (verify.answered(8, &said(Answer::Invalid(Ask::Verify))), "session 7"),
            (verify.answered(7, b"noise"), "byte 0"),
        ] {
            let told = refused.unwrap_err().to_string();
            assert!(told.contains(words), "{told}");
        }
    }
}
