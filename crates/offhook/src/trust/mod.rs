//! Certificates on disk, the state of trust, and the lists built from both.
//!
//! [`Certificates`] are files that an administrator may replace, [`TrustState`] says who is given a list, and
//! [`Trust`] is what the server holds: both as last read, and read again when the disk has changed.

use std::path::{Path, PathBuf};

pub mod calendar;
mod certificates;
mod current;
mod draft;
pub mod expiry;
mod first;
pub mod keeper;
mod list;
mod names;
mod outlook;
mod publish;
mod reach;
pub mod renewal;
mod rollover;
mod state;
mod steps;
#[cfg(test)]
mod tests;
mod vouch;

pub use certificates::{Certificates, Key, Stored};
pub use current::{APPLICATION, Current, Trust};
pub use draft::Draft;
pub use first::{Kind, SET};
pub use list::{List, Plan, contents};
pub use names::server_names;
pub use outlook::{Outlook, Row};
pub use publish::{Desk, PublishError, Purpose, Request, Turn, adopt};
pub use rollover::Progress;
pub use state::{Changed, Reach, Rollover, StateError, TrustState};
pub use steps::{Order, StepError};
pub use vouch::own_list;

/// Where the certificates are, in the data directory.
#[must_use]
pub fn certificates_folder(data_dir: &Path) -> PathBuf {
    data_dir.join("certificates")
}

/// Where the state of trust is, in the data directory.
#[must_use]
pub fn state_file(data_dir: &Path) -> PathBuf {
    data_dir.join("trust.toml")
}

/// Whether the keys lie where the document root would hand them to everybody who asks.
#[must_use]
pub fn keys_in_reach(data_dir: &Path, document_root: &Path) -> bool {
    let real = |path: &Path| {
        path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_owned())
    };
    let root = real(document_root);
    // Not only the keys: state and inventory lie there, too.
    real(data_dir).starts_with(&root) || root.starts_with(real(&certificates_folder(data_dir)))
}

/// Why there is no trust to work with.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing was made yet.
    #[error("there are no certificates in {}: `offhook init` or the first `offhook serve` makes them", .0.display())]
    NotMade(PathBuf),
    /// The folder cannot be read.
    #[error("the certificates in {} cannot be read: {source}", path.display())]
    Folder {
        /// Which folder.
        path: PathBuf,
        /// How.
        source: std::io::Error,
    },
    /// Nothing opens the keys.
    #[error(transparent)]
    Keys(#[from] crate::config::KeysError),
    /// A pair cannot be read or written.
    #[error(transparent)]
    Identity(#[from] pki::IdentityError),
    /// A certificate cannot be made.
    #[error("the certificate {name} cannot be made: {source}")]
    Request {
        /// Which one.
        name: String,
        /// Why.
        source: pki::RequestError,
    },
    /// A key whose certificate is gone.
    #[error(
        "{} is there without its certificate: put the certificate back, or move the key away and a new pair is made",
        .0.display()
    )]
    KeyAlone(PathBuf),
    /// A needed certificate is not there.
    #[error("there is no certificate {0} in the certificate store")]
    Absent(String),
    /// A needed key is not there.
    #[error("the key of {0} is not on this machine, and it is needed to {1}: put {0}.key.pem back")]
    KeyAbsent(String, &'static str),
    /// The state of trust.
    #[error(transparent)]
    State(#[from] StateError),
    /// Phones would refuse the list.
    #[error("phones would refuse this trust list: {0}")]
    List(#[from] wire::trust_list::RuleError),
    /// It is too large for phones.
    #[error(transparent)]
    Full(#[from] provision::ledger::Full),
    /// Nobody who could sign a list of before.
    #[error("no SAST of that list has its key on this machine, so nobody can sign it again")]
    NoSigner,
    /// Signing failed.
    #[error(transparent)]
    Sign(#[from] pki::SignError),
    /// TLS cannot be set up with these certificates.
    #[error(transparent)]
    Tls(#[from] pki::tls::TlsError),
    /// The last look at the disk failed, and nothing has changed since.
    #[error("{0}")]
    Before(String),
}

impl Error {
    /// Whether a token is away, or refuses: what was signed before is as good as ever.
    #[must_use]
    pub fn is_of_a_token(&self) -> bool {
        matches!(self, Self::Sign(pki::SignError::Token(_)))
    }
}
