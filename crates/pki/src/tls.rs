//! TLS for listeners and for the virtual phone: two server policies, and clients that behave like phones.

mod client;
mod failure;
mod server;
mod web;

use std::fmt;

use openssl::ssl::{SslContextBuilder, SslVersion};

pub use client::{Client, ClientPolicy};
pub use failure::{Alert, TlsError};
pub use server::{Policy, Server};
pub use web::WebClient;

use crate::Certificate;

/// A stream after its handshake.
pub type Stream<S> = tokio_openssl::SslStream<S>;

/// No post-quantum group: phones gain nothing, and handshakes cost more.
const GROUPS: &str = "X25519:P-256:P-384:P-521";
/// TLS 1.3 has no bad ones; AES first, which every processor of today does in hardware.
const TLS13_CIPHERS: &str = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";

/// A version of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Version {
    /// All that 7900-series phones have.
    Tls10,
    /// Some of the older phones.
    Tls11,
    /// Phones with firmware 12 and later.
    Tls12,
    /// No phone known; administrators' browsers.
    Tls13,
}

impl Version {
    fn openssl(self) -> SslVersion {
        match self {
            Self::Tls10 => SslVersion::TLS1,
            Self::Tls11 => SslVersion::TLS1_1,
            Self::Tls12 => SslVersion::TLS1_2,
            Self::Tls13 => SslVersion::TLS1_3,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tls10 => "TLS 1.0",
            Self::Tls11 => "TLS 1.1",
            Self::Tls12 => "TLS 1.2",
            Self::Tls13 => "TLS 1.3",
        })
    }
}

/// What two sides agreed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// The version, as OpenSSL writes it: `TLSv1.2`.
    pub version: &'static str,
    /// The cipher, as OpenSSL names it.
    pub cipher: &'static str,
    /// Whether an earlier session was taken up again.
    pub resumed: bool,
}

impl fmt::Display for Described {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{}", self.version, self.cipher, if self.resumed { " (resumed)" } else { "" })
    }
}

/// What the two sides of this stream agreed on.
#[must_use]
pub fn described<S>(stream: &Stream<S>) -> Described {
    let ssl = stream.ssl();
    let cipher = ssl.current_cipher().map_or("none", |cipher| cipher.name());
    Described { version: ssl.version_str(), cipher, resumed: ssl.session_reused() }
}

/// The certificate the other side showed, when it showed one we can read.
#[must_use]
pub fn peer_certificate<S>(stream: &Stream<S>) -> Option<Certificate> {
    stream.ssl().peer_certificate().and_then(|x509| Certificate::from_openssl(x509).ok())
}

/// What every context of ours has.
fn common(context: &mut SslContextBuilder) -> Result<(), openssl::error::ErrorStack> {
    use openssl::ssl::{SslMode, SslOptions};
    context.set_groups_list(GROUPS)?;
    context.set_ciphersuites(TLS13_CIPHERS)?;
    // Renegotiation is work that a peer can ask for without end; no phone does.
    context.set_options(SslOptions::NO_RENEGOTIATION | SslOptions::NO_COMPRESSION);
    // A connection that says nothing should hold no 34 KB of buffers. The chain is sent as given, never looked for.
    context.set_mode(SslMode::RELEASE_BUFFERS | SslMode::NO_AUTO_CHAIN | SslMode::AUTO_RETRY);
    Ok(())
}
