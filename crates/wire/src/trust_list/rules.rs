//! What phones enforce on a trust list. A list that breaks one of these is a phone that never boots, so none is built.

use std::collections::HashSet;

use thiserror::Error;

use super::{PublicKey, Record, Role};
use crate::signature::{EncodeError, Signing, Version};

/// The longest list in bytes: phones want it below 64 KB.
pub const MAX_LEN: usize = 65_535;
/// The most certificates in a list: with more, phones do not register.
pub const MAX_CERTIFICATES: usize = 39;
/// The most certificates in role SAST.
pub const MAX_SASTS: usize = 2;
/// The biggest RSA key a phone takes from a list.
pub const MAX_MODULUS_BITS: usize = 2048;

/// Why phones would refuse a trust list.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RuleError {
    /// It cannot even be written.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// Two versions of signers are known.
    #[error(
        "a trust list of signer version {0} does not exist; use 1.0, or 1.1 for lists with EC certificates"
    )]
    SignerVersion(Version),
    /// The signer has no record at all.
    #[error(
        "the signer {subject:?} is not in the list; phones accept it only with its own record in role SAST"
    )]
    SignerAbsent {
        /// The signer's subject.
        subject: String,
    },
    /// The signer's certificate has other roles only.
    #[error("the signer {subject:?} is in the list, but not in role SAST, the only one that may sign it")]
    SignerNotSast {
        /// The signer's subject.
        subject: String,
    },
    /// The signer's record cannot be verified with.
    #[error("the SAST record of the signer {subject:?} comes without its certificate and key")]
    SignerWithoutCertificate {
        /// The signer's subject.
        subject: String,
    },
    /// Phones verify trust lists with RSA only.
    #[error("the signer {subject:?} has an EC key; a trust list is signed with RSA")]
    SignerNotRsa {
        /// The signer's subject.
        subject: String,
    },
    /// The signature would not be the one that the signer's key makes.
    #[error(
        "the signer {subject:?} has a key of {key} bytes, but the list announces a signature of {signature} bytes"
    )]
    SignerKeySize {
        /// The signer's subject.
        subject: String,
        /// What its key makes.
        key: usize,
        /// What the header announces.
        signature: usize,
    },
    /// The signer's key is too big for phones.
    #[error("the signer {subject:?} has an RSA key of {bits} bits; phones take at most {MAX_MODULUS_BITS}")]
    SignerKeyTooBig {
        /// The signer's subject.
        subject: String,
        /// The size of its key.
        bits: usize,
    },
    /// Another key is too big for phones.
    #[error(
        "{subject:?} has an RSA key of {bits} bits; phones take at most {MAX_MODULUS_BITS} from a trust list"
    )]
    KeyTooBig {
        /// The certificate's subject.
        subject: String,
        /// The size of its key.
        bits: usize,
    },
    /// A key is not what a record can hold.
    #[error("the key of {subject:?} is neither an RSA key in PKCS#1 form nor an uncompressed point")]
    MalformedKey {
        /// The certificate's subject.
        subject: String,
    },
    /// Too many certificates could sign the next list.
    #[error("{count} certificates are in role SAST; phones take at most {MAX_SASTS}")]
    TooManySasts {
        /// How many there are.
        count: usize,
    },
    /// Elliptic curves came with signer version 1.1.
    #[error("{subject:?} has an EC key, which needs a list of signer version 1.1; this one is {version}")]
    EcNeedsNewerSigner {
        /// The certificate's subject.
        subject: String,
        /// The list's signer version.
        version: Version,
    },
    /// A certificate stands once in each of its roles.
    #[error("{subject:?} is in the list twice in role {role}")]
    Repeated {
        /// The certificate's subject.
        subject: String,
        /// The role.
        role: Role,
    },
    /// Too many certificates.
    #[error("the list has {count} certificates; with more than {MAX_CERTIFICATES} phones do not register")]
    TooManyCertificates {
        /// How many there are.
        count: usize,
    },
    /// Too long a file.
    #[error("the list would have {len} bytes; phones take at most {MAX_LEN}")]
    TooLong {
        /// How long it would be.
        len: usize,
    },
}

const WITHOUT_EC: Version = Version::new(1, 0);
const WITH_EC: Version = Version::new(1, 1);

pub(super) fn check_records(
    version: Version,
    records: &[Record],
    signing: &Signing,
) -> Result<(), RuleError> {
    if version != WITHOUT_EC && version != WITH_EC {
        return Err(RuleError::SignerVersion(version));
    }
    check_signer(records, signing)?;
    records.iter().try_for_each(|record| check_key(version, record))?;
    check_counts(records)
}

pub(super) fn check_len(len: usize) -> Result<(), RuleError> {
    if len > MAX_LEN { Err(RuleError::TooLong { len }) } else { Ok(()) }
}

/// The signer stands in its own list as a SAST whose key can have made the signature.
fn check_signer(records: &[Record], signing: &Signing) -> Result<(), RuleError> {
    let signer = &signing.signer;
    let subject = || signer.subject.clone();
    let is_signer = |record: &&Record| {
        record.subject == signer.subject && record.issuer == signer.issuer && record.serial == signer.serial
    };
    if !records.iter().any(|record| is_signer(&record)) {
        return Err(RuleError::SignerAbsent { subject: subject() });
    }
    let sast = records.iter().filter(is_signer).find(|record| is_sast(record));
    let sast = sast.ok_or_else(|| RuleError::SignerNotSast { subject: subject() })?;
    let (Some(_), Some(key)) = (&sast.certificate, &sast.public_key) else {
        return Err(RuleError::SignerWithoutCertificate { subject: subject() });
    };
    if matches!(key, PublicKey::Ec(_)) {
        return Err(RuleError::SignerNotRsa { subject: subject() });
    }
    let bits = key.modulus_bits().ok_or_else(|| RuleError::MalformedKey { subject: subject() })?;
    if bits > MAX_MODULUS_BITS {
        return Err(RuleError::SignerKeyTooBig { subject: subject(), bits });
    }
    let (key, signature) = (bits.div_ceil(8), signing.signature_len);
    if key != signature {
        return Err(RuleError::SignerKeySize { subject: subject(), key, signature });
    }
    Ok(())
}

fn check_key(version: Version, record: &Record) -> Result<(), RuleError> {
    let subject = || record.subject.clone();
    let Some(key) = &record.public_key else { return Ok(()) };
    if !key.is_well_formed() {
        return Err(RuleError::MalformedKey { subject: subject() });
    }
    if matches!(key, PublicKey::Ec(_)) && version < WITH_EC {
        return Err(RuleError::EcNeedsNewerSigner { subject: subject(), version });
    }
    match key.modulus_bits() {
        Some(bits) if bits > MAX_MODULUS_BITS => Err(RuleError::KeyTooBig { subject: subject(), bits }),
        _ => Ok(()),
    }
}

fn check_counts(records: &[Record]) -> Result<(), RuleError> {
    let (mut certificates, mut sasts, mut places) = (HashSet::new(), HashSet::new(), HashSet::new());
    for record in records {
        let certificate = (&record.issuer, &record.serial, &record.certificate);
        certificates.insert(certificate);
        if is_sast(record) {
            sasts.insert(certificate);
        }
        if !places.insert((certificate, record.role.code())) {
            return Err(RuleError::Repeated { subject: record.subject.clone(), role: record.role });
        }
    }
    match (sasts.len(), certificates.len()) {
        (count, _) if count > MAX_SASTS => Err(RuleError::TooManySasts { count }),
        (_, count) if count > MAX_CERTIFICATES => Err(RuleError::TooManyCertificates { count }),
        _ => Ok(()),
    }
}

/// By number, so that a role kept as its number does not slip through.
fn is_sast(record: &Record) -> bool {
    record.role.code() == Role::Sast.code()
}
