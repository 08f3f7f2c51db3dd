//! What a session asks its caller: everything the phone said, owned, because the answer may take a while.

use std::fmt;

use super::{Asked, Done, Failure, Step};
use crate::capf::VERSION;
use crate::capf::element::{SHA512, Tag};
use crate::capf::message::Message;

/// A question to the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Who is it, and what is to be done? Answer with [`super::Session::decide`].
    Authenticate(Box<Authentication>),
    /// Issue a certificate for this key, DER SubjectPublicKeyInfo. Answer with [`super::Session::issued`].
    Issue(Vec<u8>),
    /// The phone stored its certificate. Answer with [`super::Session::recorded`].
    Stored,
    /// The phone has this certificate, DER. Answer with [`super::Session::recorded`].
    Fetched(Vec<u8>),
    /// The phone deleted its certificate. Answer with [`super::Session::recorded`].
    Deleted,
}

/// What a phone says about itself. None of it is checked yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authentication {
    /// Who it says it is.
    pub device: String,
    /// The version of the protocol it speaks: 3, or less on old phones.
    pub version: u8,
    /// What somebody typed.
    pub password: Option<Secret>,
    /// Its certificate, and what its key signed.
    pub certificate: Option<CertificateProof>,
    /// The certificate it was made with, and what its key signed.
    pub sudi: Option<SudiProof>,
}

/// A password; never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub Vec<u8>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

/// A certificate and signatures over `name, NUL, certificate`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateProof {
    /// DER.
    pub certificate: Vec<u8>,
    /// Over the SHA-1 digest.
    pub sha1: Vec<u8>,
    /// Over the SHA-512 digest; phones that announce an older version know none.
    pub sha512: Option<Vec<u8>>,
}

/// A certificate and two signatures over `session number, certificate`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SudiProof {
    /// DER.
    pub certificate: Vec<u8>,
    /// Over the SHA-1 digest.
    pub sha1: Vec<u8>,
    /// Over the SHA-512 digest.
    pub sha512: Vec<u8>,
}

/// What an answer at `step` asks of the caller.
pub(super) fn of(step: Step, message: &Message<'_>) -> Result<(Asked, Event), Failure> {
    let missing = |tag| Failure::Missing { command: message.command, tag };
    Ok(match step {
        Step::Authentication => (Asked::Decision, Event::Authenticate(Box::new(authentication(message)?))),
        Step::Key => {
            let key = message.public_key().ok_or(missing(Tag::PublicKey))?;
            (Asked::Certificate, Event::Issue(key.to_vec()))
        }
        Step::Store => (Asked::Record(Done::Installed), Event::Stored),
        Step::Fetch => {
            let certificate = message.certificate().ok_or(missing(Tag::Certificate))?;
            (Asked::Record(Done::Fetched), Event::Fetched(certificate.to_vec()))
        }
        Step::Delete => (Asked::Record(Done::Deleted), Event::Deleted),
    })
}

fn authentication(message: &Message<'_>) -> Result<Authentication, Failure> {
    let missing = |tag| Failure::Missing { command: message.command, tag };
    let version = message.version().ok_or(missing(Tag::Version))?;
    if version > VERSION {
        return Err(Failure::Version(version));
    }
    let device = message.device_name().ok_or(missing(Tag::DeviceName))?.to_owned();
    Ok(Authentication {
        device,
        version,
        password: message.password().map(|password| Secret(password.0.to_vec())),
        certificate: certificate(message, version)?,
        sudi: message.sudi().map(|sudi| SudiProof {
            certificate: sudi.certificate.to_vec(),
            sha1: sudi.sha1.to_vec(),
            sha512: sudi.sha512.to_vec(),
        }),
    })
}

/// A certificate proves something with both signatures only. The second came with version 3: whoever announces less may
/// leave it out, and what is there must be right.
fn certificate(message: &Message<'_>, version: u8) -> Result<Option<CertificateProof>, Failure> {
    let missing = |tag| Failure::Missing { command: message.command, tag };
    let Some(certificate) = message.certificate() else { return Ok(None) };
    let sha1 = message.signed_data().ok_or(missing(Tag::SignedData))?;
    let sha512 = match message.sha2_signed_data() {
        Some((SHA512, signature)) => Some(signature.to_vec()),
        Some((digest, _)) => return Err(Failure::Digest(digest)),
        None if version < VERSION => None,
        None => return Err(missing(Tag::Sha2SignedData)),
    };
    Ok(Some(CertificateProof { certificate: certificate.to_vec(), sha1: sha1.to_vec(), sha512 }))
}
