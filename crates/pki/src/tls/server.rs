//! The server's side: two policies, one for phones of today and one that also takes the old ones.

use std::{fmt, pin::Pin};

use openssl::{
    error::ErrorStack,
    pkey::{PKeyRef, Private},
    ssl::{Ssl, SslContext, SslContextBuilder, SslMethod, SslOptions, SslSessionCacheMode},
};
use tokio::io::{AsyncRead, AsyncWrite};

use super::{Stream, TlsError, Version, common};
use crate::Identity;

/// The forward-secret half of what a call manager offers on 6971, authenticated encryption first.
const MODERN_CIPHERS: &str = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:\
    ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:\
    ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:\
    ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA384";
/// The other half: RSA key exchange, and SHA-1 for TLS 1.0. Phones before firmware 12 know nothing else.
const LEGACY_CIPHERS: &str = "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA:\
    ECDHE-RSA-AES256-SHA:AES128-GCM-SHA256:AES256-GCM-SHA384:AES128-SHA256:AES256-SHA256:AES128-SHA:AES256-SHA";
/// Sessions kept for clients that know no tickets: about one per phone of a large site, a few MB at the very most.
const SESSIONS: i32 = 4096;

/// Whom a listener admits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Policy {
    /// TLS 1.2 and 1.3 with forward secrecy: 7800 and 8800 series with firmware 12 and later.
    #[default]
    Modern,
    /// Also TLS 1.0 and 1.1, RSA key exchange and SHA-1: every phone there ever was.
    LegacyPhone,
}

/// A server's side of TLS: a policy and the certificates shown. Cloning shares it.
#[derive(Clone)]
pub struct Server {
    context: SslContext,
    policy: Policy,
}

impl Server {
    /// A server that shows these identities: one RSA, one EC, or one of each. Clients get the one they can use.
    pub fn new(policy: Policy, identities: &[&Identity]) -> Result<Self, TlsError> {
        check(identities)?;
        let keys = identities.iter().map(|identity| identity.key.openssl()).collect::<Result<Vec<_>, _>>();
        let keys = keys.map_err(|error| TlsError::Setup(error.to_string()))?;
        let context = context(policy, identities, &keys).map_err(TlsError::setup)?;
        Ok(Self { context, policy })
    }

    /// Its policy.
    #[must_use]
    pub fn policy(&self) -> Policy {
        self.policy
    }

    /// Does the handshake. The caller sets the deadline.
    pub async fn accept<S>(&self, stream: S) -> Result<Stream<S>, TlsError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let ssl = Ssl::new(&self.context).map_err(TlsError::setup)?;
        let mut stream = Stream::new(ssl, stream).map_err(TlsError::setup)?;
        Pin::new(&mut stream).accept().await?;
        Ok(stream)
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("policy", &self.policy).finish_non_exhaustive()
    }
}

fn check(identities: &[&Identity]) -> Result<(), TlsError> {
    let rsa = identities.iter().filter(|identity| identity.key.kind().is_rsa()).count();
    let refused = match (rsa, identities.len() - rsa) {
        (0, 0) => "a server needs a certificate",
        (2.., _) => "a server can show one RSA certificate, not several",
        (_, 2..) => "a server can show one EC certificate, not several",
        _ => match identities.iter().find(|identity| !identity.key.matches(&identity.certificate)) {
            Some(_) => "a key is not the key of its certificate",
            None => return Ok(()),
        },
    };
    Err(TlsError::Setup(refused.to_owned()))
}

fn context(
    policy: Policy,
    identities: &[&Identity],
    keys: &[&PKeyRef<Private>],
) -> Result<SslContext, ErrorStack> {
    let mut context = SslContext::builder(SslMethod::tls_server())?;
    common(&mut context)?;
    apply(policy, &mut context)?;
    context.set_options(SslOptions::CIPHER_SERVER_PREFERENCE);
    // Phones close without a farewell; to a server that has the whole request this is an end like any other.
    context.set_options(SslOptions::IGNORE_UNEXPECTED_EOF);
    // One ticket is enough: each costs bytes on every full handshake.
    context.set_num_tickets(1)?;
    context.set_session_cache_mode(SslSessionCacheMode::SERVER);
    context.set_session_cache_size(SESSIONS);
    context.set_session_id_context(b"offhook")?;
    for (identity, key) in identities.iter().zip(keys) {
        context.set_certificate(identity.certificate.openssl())?;
        context.set_private_key(key)?;
        for above in &identity.chain {
            context.add_extra_chain_cert(above.openssl().clone())?;
        }
    }
    Ok(context.build())
}

fn apply(policy: Policy, context: &mut SslContextBuilder) -> Result<(), ErrorStack> {
    match policy {
        Policy::Modern => {
            // Level 1 admits a 1024-bit key that an administrator brought; versions and ciphers are set by name.
            context.set_security_level(1);
            context.set_min_proto_version(Some(Version::Tls12.openssl()))?;
            context.set_cipher_list(MODERN_CIPHERS)
        }
        Policy::LegacyPhone => {
            // TLS 1.0 signs with MD5 and SHA-1, which every higher level forbids.
            context.set_security_level(0);
            context.set_min_proto_version(Some(Version::Tls10.openssl()))?;
            // Workarounds for old stacks, as the web servers set that these phones grew up with.
            context.set_options(SslOptions::ALL);
            context.set_cipher_list(&format!("{MODERN_CIPHERS}:{LEGACY_CIPHERS}"))
        }
    }
}
