//! Signing at request time, and trust lists: what the certificate store and the state of trust make of a file.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use provision::mac::Mac;

use super::file::File;
use super::refusal::Reason;
use super::stamp::Witness;
use crate::config::Live;
use crate::metrics::Metrics;

/// Whoever signs.
pub(super) struct Seal {
    config: Live,
    metrics: Arc<Metrics>,
}

impl Seal {
    /// Signs by the settings in `config`.
    pub(super) fn new(config: Live, metrics: Arc<Metrics>) -> Self {
        Self { config, metrics }
    }
}

impl Seal {
    /// `name`, whose payload is `inner`, signed.
    pub(super) fn sign(
        &self,
        name: &str,
        _inner: &File,
        _witness: &mut Witness,
    ) -> Result<(Bytes, SystemTime), Reason> {
        let _ = (&self.config, &self.metrics);
        Err(Reason::Unsigned { name: name.to_owned(), why: "no signer".to_owned() })
    }

    /// The trust list `name`, for everybody or for `device`; `None` while trust is off for whom asks.
    pub(super) fn trust_list(
        &self,
        _name: &str,
        _device: Option<Mac>,
        _witness: &mut Witness,
    ) -> Result<Option<File>, Reason> {
        Ok(None)
    }
}
