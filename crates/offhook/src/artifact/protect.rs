//! Encrypted configurations: which phones get one, and what everybody else is told instead.
//!
//! A phone whose record asks for it gets its configuration in `.enc.sgn` only. Under the other names stands a stub: how to
//! enrol, which firmware to run, and the hash of the certificate that the full one is encrypted to. A phone that holds
//! another certificate, or none, enrols and comes back.

use bytes::Bytes;
use pki::Certificate;
use provision::artifact::{Artifact, Kind};
use provision::configuration::stub;

use super::refusal::Reason;
use super::root::Content;
use crate::config::Live;
use crate::enrol::{Enrolments, Protection as How};
use crate::stamp::Witness;

/// The hash of no certificate: a phone that is still to enrol holds another one for sure.
const NO_CERTIFICATE: &str = "00000000000000000000000000000000";

/// Looks phones up.
pub(super) struct Protection {
    enrolments: Enrolments,
}

/// A phone whose configuration is encrypted.
pub(super) struct Protected {
    /// To which certificate; none while the phone is still to enrol.
    pub(super) recipient: Option<Certificate>,
}

impl Protection {
    /// By the records below the data directory of these settings.
    pub(super) fn new(config: &Live) -> Self {
        Self { enrolments: Enrolments::open(&config.load().data_dir) }
    }

    /// Whether, and how, the configuration that is asked for is protected.
    pub(super) fn of(
        &self,
        artifact: &Artifact<'_>,
        witness: &mut Witness,
    ) -> Result<Option<Protected>, Reason> {
        let Kind::PhoneConfiguration(phone) = artifact.kind else { return Ok(None) };
        witness.look(&self.enrolments.path(phone));
        let record = self.enrolments.read(phone).map_err(|error| Reason::Unsigned {
            name: artifact.plain_name.to_owned(),
            why: error.to_string(),
        })?;
        Ok(match record.map_or(How::Off, |record| record.protection()) {
            How::To(certificate) => Some(Protected { recipient: Some(certificate) }),
            How::Enrol => Some(Protected { recipient: None }),
            How::Off | How::Impossible => None,
        })
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
