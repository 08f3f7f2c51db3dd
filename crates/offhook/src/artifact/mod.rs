//! The one road every file takes, whichever transport asks.

/// How a phone asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// TFTP.
    Tftp,
    /// HTTP, port 6970.
    Http,
    /// HTTPS, port 6971.
    Https,
}

/// Where files come from; cheap to share.
#[derive(Clone, Debug, Default)]
pub struct Artifacts;
