//! One answer: bytes with what a transport needs to say about them.

use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use bytes::Bytes;
use http::HeaderMap;

use crate::config::Digest;
use crate::inventory::fingerprint::Fingerprint;

/// How an answer came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The administrator's own file.
    Override,
    /// Made by offhook.
    Made,
    /// Signed at request time.
    Signed,
    /// The payload of a signed file that the administrator put.
    Unwrapped,
}

impl How {
    /// A word for logs and metrics.
    pub fn word(self) -> &'static str {
        match self {
            Self::Override => "override",
            Self::Made => "made",
            Self::Signed => "signed",
            Self::Unwrapped => "unwrapped",
        }
    }
}

/// All that the bytes of a signed file follow from, but for its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SealedFor {
    /// Digest of the payload.
    pub(super) payload: [u8; 32],
    /// Which reading of the certificates: another one may sign with another key.
    pub(super) trust: u64,
    /// Digest of the signature.
    pub(super) digest: Digest,
}

/// A file as it is served. Cloning shares the bytes.
#[derive(Clone, Debug)]
pub struct File {
    /// The name it was found or made under.
    pub name: String,
    /// The whole content: one consistent version, whatever happens on the disk meanwhile.
    pub bytes: Bytes,
    /// Media type for HTTP.
    pub content_type: &'static str,
    /// When the content last changed, as far as anybody knows.
    pub modified: SystemTime,
    /// Where it came from.
    pub how: How,
    /// What stands in it, when it is a configuration that offhook made for a phone.
    pub fingerprint: Option<Arc<Fingerprint>>,
    /// What its signature is for.
    pub(super) seal: Option<SealedFor>,
    /// Worked out once, by the first HTTP request: TFTP needs neither.
    headers: OnceLock<HeaderMap>,
}

impl File {
    /// A file of `bytes`.
    #[must_use]
    pub fn new(name: String, bytes: Bytes, modified: SystemTime, how: How) -> Self {
        let content_type = provision::artifact::content_type(&name);
        let headers = OnceLock::new();
        Self { name, bytes, content_type, modified, how, fingerprint: None, seal: None, headers }
    }

    /// The same file, if it is known to say just this; else the same bytes and what they say.
    pub(super) fn saying(self: Arc<Self>, fingerprint: Option<Arc<Fingerprint>>) -> Arc<Self> {
        if self.fingerprint == fingerprint { self } else { Arc::new(Self { fingerprint, ..(*self).clone() }) }
    }

    /// What it costs to keep it, in bytes.
    pub(super) fn weight(&self) -> u64 {
        let fingerprint = self.fingerprint.as_ref().map_or(0, |one| one.values.len() + one.stamp.len());
        (self.bytes.len() + fingerprint) as u64
    }

    /// Quoted strong entity tag: a digest of the bytes.
    #[must_use]
    pub fn etag(&self) -> String {
        let digest = pki::digest::sha256(&self.bytes);
        let tag: String = digest[..12].iter().map(|byte| format!("{byte:02x}")).collect();
        format!("\"{tag}\"")
    }

    /// What HTTP says about it, as `make` put it the first time.
    pub fn headers(&self, make: impl FnOnce(&Self) -> HeaderMap) -> &HeaderMap {
        self.headers.get_or_init(|| make(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tag_follows_the_content() {
        let file = |name: &str, bytes: &'static [u8]| {
            File::new(name.to_owned(), Bytes::from_static(bytes), SystemTime::UNIX_EPOCH, How::Made)
        };
        assert_eq!(file("a.xml", b"x").etag(), file("b.xml", b"x").etag());
        assert_ne!(file("a.xml", b"x").etag(), file("a.xml", b"y").etag());
    }
}
