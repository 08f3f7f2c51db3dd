//! Keys, certificates, signing, sealing and TLS policies.
//!
//! The only crate that names OpenSSL. It is vendored, because no distribution can be trusted to keep TLS 1.0 and RSA
//! key exchange, and phones of the 7900 series speak nothing else. Nothing here looks at the clock or knows what an
//! `offhook` is: time is an argument, and what is signed comes as [`wire`]'s values.
//!
//! Start at [`Identity`] (a certificate with its key: made, read, written, and what signs), then [`seal`] for encrypted
//! configurations and [`tls`] for the two kinds of listeners.

mod authority;
mod certificate;
pub mod chain;
pub mod digest;
pub mod files;
mod identity;
mod issue;
mod key;
mod keyring;
mod name;
pub mod passphrase;
pub mod password;
pub mod proof;
mod protected;
pub mod recovery;
pub mod seal;
mod signature;
pub mod tls;
mod token;
pub mod vault;

pub use authority::{IssueError, Lsc, SubjectKey, SubjectKeyError, random_serial};
pub use certificate::{Certificate, CertificateError};
pub use identity::{Identity, IdentityError};
pub use issue::{MAX_DAYS, Request, RequestError, Subject};
pub use key::{Curve, KeyError, KeyKind, KeyPlace, PrivateKey};
pub use keyring::Keyring;
pub use name::{Name, NameError};
pub use protected::{Passphrase, PassphraseError};
pub use signature::{SignError, VerifyError, verify};
pub use token::{AddressError, Pin, TokenAddress, TokenError, Tokens};

/// A random number nobody can guess, for the session of a protocol.
#[must_use]
pub fn random_u32() -> u32 {
    let mut bytes = [0; 4];
    openssl::rand::rand_bytes(&mut bytes).expect("a system without randomness can do no TLS either");
    u32::from_be_bytes(bytes)
}

/// What OpenSSL has to say, in one line for people: the reason of its first error.
fn reason(errors: &openssl::error::ErrorStack) -> String {
    errors.errors().first().and_then(|error| error.reason()).unwrap_or("no reason given").to_owned()
}
