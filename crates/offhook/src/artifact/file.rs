//! One answer: bytes with what a transport needs to say about them.

use std::sync::OnceLock;
use std::time::SystemTime;

use bytes::Bytes;
use http::HeaderMap;

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
    /// Worked out once, by the first HTTP request: TFTP needs neither.
    headers: OnceLock<HeaderMap>,
}

impl File {
    /// A file of `bytes`.
    #[must_use]
    pub fn new(name: String, bytes: Bytes, modified: SystemTime, how: How) -> Self {
        let content_type = provision::artifact::content_type(&name);
        Self { name, bytes, content_type, modified, how, headers: OnceLock::new() }
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
