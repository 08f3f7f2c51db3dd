//! Encrypted configurations: which phones get one, and what everybody else is told instead.
//!
//! A phone whose record asks for it gets its configuration in `.enc.sgn` only. Under the other names stands a stub: how to
//! enrol, which firmware to run, and the hash of the certificate that the full one is encrypted to. A phone that holds
//! another certificate, or none, enrols and comes back.

use bytes::Bytes;
use pki::Certificate;
use provision::artifact::Artifact;
use provision::configuration::stub;

use super::refusal::Reason;
use super::root::Content;
use crate::enrol::Protection;
use crate::inventory::{Silence, Told};

/// The hash of no certificate: a phone that is still to enrol holds another one for sure.
const NO_CERTIFICATE: &str = "00000000000000000000000000000000";

/// A phone whose configuration is encrypted.
pub(super) struct Protected {
    /// To which certificate; none while the phone is still to enrol.
    pub(super) recipient: Option<Certificate>,
}

/// Whether, and how, the configuration that is asked for is protected. What is not known is not given.
pub(super) fn told(artifact: &Artifact<'_>, told: &Told) -> Result<Option<Protected>, Reason> {
    let Some((_, guard)) = &told.protection else { return Ok(None) };
    let name = || artifact.plain_name.to_owned();
    let guard = guard.as_ref().map_err(|silence| match silence {
        Silence::Away => Reason::Away(name()),
        Silence::Broken => Reason::Broken(name()),
    })?;
    match &guard.how {
        Ok(Protection::To(certificate)) => Ok(Some(Protected { recipient: Some(certificate.clone()) })),
        Ok(Protection::Enrol) => Ok(Some(Protected { recipient: None })),
        Ok(Protection::Off | Protection::Impossible) => Ok(None),
        Err(why) => Err(Reason::Unsigned { name: name(), why: why.clone() }),
    }
}

impl Protected {
    /// The stub that stands for `full`.
    pub(super) fn stub(&self, full: &Content) -> Result<Content, Reason> {
        let failed = |why: String| Reason::Unsigned { name: full.name.clone(), why };
        let xml = std::str::from_utf8(&full.bytes)
            .map_err(|_| failed("the configuration is not UTF-8, so it cannot be encrypted".to_owned()))?;
        let hash = self.recipient.as_ref().map_or_else(|| NO_CERTIFICATE.to_owned(), Certificate::md5_hex);
        let stub = stub(xml, &hash).map_err(|error| failed(error.to_string()))?;
        // It says nothing of what the phone is to know, so it has no fingerprint.
        let (name, modified) = (full.name.clone(), full.modified);
        Ok(Content { name, bytes: Bytes::from(stub), modified, fingerprint: None })
    }
}
