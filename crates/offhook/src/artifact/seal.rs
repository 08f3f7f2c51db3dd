//! Signing at request time, and trust lists: what the certificates and the state of trust make of a file.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use pki::Certificate;
use provision::mac::Mac;
use wire::trust_list::{Kind, TrustList};

use super::file::{File, How, SealedFor};
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

    /// `name`, whose payload is `inner`, signed; or what was given `before`, if nothing of it changed.
    ///
    /// The time in the header is that of the payload, so the bytes stay the same until something changes.
    pub(super) fn sign(
        &self,
        name: &str,
        inner: Content,
        before: Option<&Arc<File>>,
        witness: &mut Witness,
    ) -> Result<Arc<File>, Reason> {
        let failed = failed(name);
        // Looked at before it is asked for: what is signed with is never older than the look.
        look(witness, self.trust.signer_paths().iter().map(PathBuf::as_path));
        let current = self.trust.current().map_err(&failed)?;
        let digest = self.config.load().trust.digest;
        let payload = pki::digest::sha256(&inner.bytes);
        let seal = SealedFor { payload, trust: current.generation, digest };
        let same =
            before.filter(|file| file.name == name && file.seal.is_some_and(|it| it.payload == payload));
        let modified = inner.modified.or(same.map(|file| file.modified)).unwrap_or_else(SystemTime::now);
        if let Some(kept) = same.filter(|file| file.seal == Some(seal) && file.modified == modified) {
            return Ok(kept.clone().saying(inner.fingerprint));
        }
        let began = Instant::now();
        let signed = match (current.sign_file(name, &inner.bytes, digest, header_time(modified)), same) {
            // What says the same was signed before, and holds while the token is away.
            (Err(error), Some(kept)) if error.is_of_a_token() => {
                tracing::warn!(%error, file = name, "given as it was signed before");
                witness.doubt();
                return Ok(kept.clone().saying(inner.fingerprint));
            }
            (signed, _) => signed.map_err(&failed)?,
        };
        self.signed(began);
        let mut file = File::new(name.to_owned(), Bytes::from(signed), modified, How::Signed);
        file.seal = Some(seal);
        file.fingerprint = inner.fingerprint;
        Ok(Arc::new(file))
    }

    /// `name`, whose payload is `inner`, encrypted to `recipient` and signed; or what was given `before`, if nothing of it
    /// changed. Whatever changes is encrypted with a new key.
    pub(super) fn encrypt(
        &self,
        name: &str,
        inner: Content,
        recipient: &Certificate,
        before: Option<&Arc<File>>,
        witness: &mut Witness,
    ) -> Result<Arc<File>, Reason> {
        let failed = failed(name);
        look(witness, self.trust.signer_paths().iter().map(PathBuf::as_path));
        let current = self.trust.current().map_err(&failed)?;
        let digest = self.config.load().trust.digest;
        let payload = pki::digest::sha256(&[&recipient.sha256(), &*inner.bytes].concat());
        let seal = SealedFor { payload, trust: current.generation, digest };
        let same = before.filter(|file| file.name == name && file.seal == Some(seal));
        if let Some(kept) = same {
            return Ok(kept.clone().saying(inner.fingerprint));
        }
        let modified = inner.modified.unwrap_or_else(SystemTime::now);
        let signer = current.certificates.file_signer().map_err(&failed)?;
        let began = Instant::now();
        let sealed = pki::seal::encrypt(name, &inner.bytes, recipient, signer, digest, header_time(modified));
        let sealed =
            sealed.map_err(|error| Reason::Unsigned { name: name.to_owned(), why: error.to_string() })?;
        self.signed(began);
        let mut file = File::new(name.to_owned(), Bytes::from(sealed), modified, How::Signed);
        file.seal = Some(seal);
        file.fingerprint = inner.fingerprint;
        Ok(Arc::new(file))
    }

    /// The identity trust list `name`, for everybody or for `device`: what was `published`, else what is on disk. `None` while trust is off for whoever asks.
    pub(super) fn trust_list(
        &self,
        name: &str,
        device: Option<Mac>,
        published: Option<&Bytes>,
        witness: &mut Witness,
    ) -> Result<Option<File>, Reason> {
        let failed = failed(name);
        look(witness, self.trust.current().map_err(&failed)?.paths());
        // Asked for again: what changed before the look above must not be used under the newer look.
        let current = self.trust.current().map_err(&failed)?;
        if !current.state.serves(device) {
            return Ok(None);
        }
        let (bytes, timestamp) = match published {
            Some(bytes) => (bytes.clone(), TrustList::parse(bytes).map(|list| list.timestamp).unwrap_or(0)),
            None => {
                let began = Instant::now();
                let list = current.list(Kind::Itl, &self.config.load()).map_err(&failed)?;
                self.signed(began);
                (Bytes::from(list.bytes), list.timestamp)
            }
        };
        let modified = UNIX_EPOCH + Duration::from_secs(timestamp.into());
        Ok(Some(File::new(name.to_owned(), bytes, modified, How::Signed)))
    }

    fn signed(&self, began: Instant) {
        self.metrics.signatures.inc();
        self.metrics.signing_seconds.observe(began.elapsed().as_secs_f64());
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
