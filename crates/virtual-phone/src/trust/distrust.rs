//! Why a phone refuses a trust list or a signed file, in words for the person who has to mend it.

use pki::{CertificateError, VerifyError};
use wire::{
    signature::{Digest, ParseError, Version},
    trust_list::{Kind, Role},
};

/// A refusal.
#[derive(Debug, thiserror::Error)]
pub enum Distrust {
    /// Not in the format.
    #[error("it cannot be read, {0}")]
    Unreadable(#[from] ParseError),
    /// Asked for one list, got the other.
    #[error("its header says it is {found}, and the phone asked for {asked}")]
    OtherList {
        /// The name that should stand in the header.
        asked: &'static str,
        /// The name that does.
        found: &'static str,
    },
    /// Too long for the phone's flash.
    #[error("it has {0} bytes, and phones take trust lists below 64 KB")]
    TooLong(usize),
    /// Too many certificates.
    #[error("it holds {0} records; with more than {most} phones no longer register", most = super::MOST_RECORDS)]
    TooManyRecords(usize),
    /// Too many that may sign the next one.
    #[error("it names {0} SAST certificates, and phones take two at most")]
    TooManySasts(usize),
    /// An RSA key over the limit.
    #[error("{subject} has an RSA key of {bits} bits, and phones take 2048 at most")]
    BigKey {
        /// Whose key.
        subject: String,
        /// Its size.
        bits: u32,
    },
    /// An EC certificate in an old list.
    #[error("{subject} is an EC certificate, which needs a list of version 1.1; this one is {version}")]
    EcInOldList {
        /// Whose certificate.
        subject: String,
        /// The version of the list.
        version: Version,
    },
    /// A version nobody has seen.
    #[error("its signer version is {0}, and phones know 1.0 and 1.1")]
    UnknownVersion(Version),
    /// A record without what it is about.
    #[error("the record of {0} has no certificate")]
    NoCertificate(String),
    /// A certificate nobody can read.
    #[error("the certificate of {subject} cannot be read: {source}")]
    BadCertificate {
        /// Whose record.
        subject: String,
        /// What is wrong.
        source: CertificateError,
    },
    /// A record that says something else than its certificate.
    #[error("the record of {subject} does not agree with its own certificate about the {what}")]
    Disagreement {
        /// Whose record.
        subject: String,
        /// About what.
        what: &'static str,
    },
    /// Nobody the phone knows.
    #[error("it is signed by {signer}, which is not in the {held}")]
    UnknownSigner {
        /// Who signed.
        signer: String,
        /// Where the phone looked.
        held: Holder,
    },
    /// Somebody the phone knows for other things.
    #[error("it is signed by {signer}, which the {held} knows as {roles} only, and not as {needed}")]
    WrongRole {
        /// Who signed.
        signer: String,
        /// Where the phone looked.
        held: Holder,
        /// What the signer may do.
        roles: Roles,
        /// What it would have to be.
        needed: &'static str,
    },
    /// The signature does not fit.
    #[error("its signature is wrong: {0}")]
    Signature(#[from] VerifyError),
    /// A digest that phones of the series are not known to check.
    #[error("it is signed with {0}, which phones of this series are not known to check; SHA-1 is safe")]
    DigestTooNew(Digest),
    /// A name other than the one asked for.
    #[error("its header says `{found}`, and the phone asked for `{asked}`")]
    OtherName {
        /// What the phone asked for.
        asked: String,
        /// What the header says.
        found: String,
    },
    /// No time, or a time to come.
    #[error("its timestamp {0} lies in the future, or the clock of this machine is behind")]
    FromTheFuture(u32),
    /// No time at all.
    #[error("its timestamp is 0")]
    NoTime,
}

/// In what a signer was looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// The very list that is checked.
    ListItself,
    /// The list or lists the phone holds.
    HeldLists,
    /// What the Trust Verification Service vouched for.
    Tvs,
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::ListItself => "list itself",
            Self::HeldLists => "trust list this phone holds",
            Self::Tvs => "trust verification service",
        })
    }
}

/// Roles as a person reads them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roles(pub Vec<Role>);

impl std::fmt::Display for Roles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (number, role) in self.0.iter().enumerate() {
            write!(f, "{}{role}", if number > 0 { " and " } else { "" })?;
        }
        Ok(())
    }
}

impl Distrust {
    pub(super) fn other_list(asked: Kind, found: Kind) -> Self {
        Self::OtherList { asked: asked.file_name(), found: found.file_name() }
    }

    /// What the person can do about it.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self {
            Self::UnknownSigner { held: Holder::HeldLists, .. }
            | Self::WrongRole { held: Holder::HeldLists, .. } => {
                "serve a list signed by a SAST key of the list this phone holds, or erase the list on the phone \
                 (Settings, Admin settings, Security, Trust List)"
            }
            Self::WrongRole { held: Holder::Tvs, .. } => {
                "let the server vouch for that certificate in the role needed (`offhook cert role add`)"
            }
            Self::DigestTooNew(_) => "set the digest to SHA-1",
            Self::FromTheFuture(_) | Self::NoTime => "set the clocks of both machines",
            Self::Signature(_) | Self::Unreadable(_) | Self::OtherName { .. } => {
                "let the server sign the file anew under the name the phone asks for"
            }
            _ => "make the trust list anew",
        }
    }
}
