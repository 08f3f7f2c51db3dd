//! Signing at request time, and trust lists: what the certificates and the state of trust make of a file.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use provision::mac::Mac;
use wire::trust_list::Kind;

use super::file::{File, How};
use super::refusal::Reason;
use super::root::Content;
use crate::config::Live;
use crate::metrics::Metrics;
use crate::stamp::Witness;
use crate::trust::{Error, Trust};

/// Whoever signs.
pub(super) struct Seal {
    config: Live,
    trust: Trust,
    metrics: Arc<Metrics>,
}

impl Seal {
    /// Signs with what `trust` holds, by the settings in `config`.
    pub(super) fn new(config: Live, trust: Trust, metrics: Arc<Metrics>) -> Self {
        Self { config, trust, metrics }
    }

    /// `name`, whose payload is `inner`, signed.
    ///
    /// The time in the header is that of the payload, so the bytes stay the same until something changes.
    pub(super) fn sign(&self, name: &str, inner: &Content, witness: &mut Witness) -> Result<File, Reason> {
        let failed = failed(name);
        // Looked at before it is asked for: what is signed with is never older than the look.
        look(witness, self.trust.signer_paths().iter().map(PathBuf::as_path));
        let current = self.trust.current().map_err(&failed)?;
        let digest = self.config.load().trust.digest;
        let signed =
            current.sign_file(name, &inner.bytes, digest, header_time(inner.modified)).map_err(&failed)?;
        self.metrics.signatures.inc();
        Ok(File::new(name.to_owned(), Bytes::from(signed), inner.modified, How::Signed))
    }

    /// The identity trust list `name`, for everybody or for `device`; `None` while trust is off for whoever asks.
    pub(super) fn trust_list(
        &self,
        name: &str,
        device: Option<Mac>,
        witness: &mut Witness,
    ) -> Result<Option<File>, Reason> {
        let failed = failed(name);
        look(witness, self.trust.current().map_err(&failed)?.paths());
        // Asked for again: what changed before the look above must not be used under the newer look.
        let current = self.trust.current().map_err(&failed)?;
        if !current.state.serves(device) {
            return Ok(None);
        }
        let list = current.list(Kind::Itl, &self.config.load()).map_err(&failed)?;
        self.metrics.signatures.inc();
        let modified = UNIX_EPOCH + Duration::from_secs(list.timestamp.into());
        Ok(Some(File::new(name.to_owned(), Bytes::from(list.bytes), modified, How::Signed)))
    }
}

fn look<'a>(witness: &mut Witness, paths: impl Iterator<Item = &'a Path>) {
    for path in paths {
        witness.look(path);
    }
}

/// The header has 32 bits for the time.
fn header_time(time: SystemTime) -> u32 {
    let seconds = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    u32::try_from(seconds).unwrap_or(u32::MAX)
}

fn failed(name: &str) -> impl Fn(Error) -> Reason {
    move |error| Reason::Unsigned { name: name.to_owned(), why: error.to_string() }
}
