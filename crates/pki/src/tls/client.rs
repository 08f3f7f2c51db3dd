//! The client's side: what the virtual phone speaks, with the phone's own idea of whom it trusts.

use std::{fmt, pin::Pin};

use openssl::{
    error::ErrorStack,
    ssl::{Ssl, SslContext, SslMethod, SslSessionCacheMode, SslVerifyMode},
    x509::X509VerifyResult,
};
use tokio::io::{AsyncRead, AsyncWrite};

use super::{Stream, TlsError, Version, common};
use crate::{Certificate, Name};

/// How a client speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientPolicy {
    /// The lowest version it takes.
    pub min: Version,
    /// The highest version it offers.
    pub max: Version,
    /// Its ciphers up to TLS 1.2, as OpenSSL names them, in its order.
    pub ciphers: String,
    /// Whether it uses what is forbidden today: SHA-1 signatures, small keys, TLS 1.0.
    pub legacy: bool,
    /// Whether it says which server it wants; the oldest phones do not know how.
    pub sends_name: bool,
}

impl ClientPolicy {
    /// A 7900-series phone: TLS 1.0 with RSA key exchange.
    #[must_use]
    pub fn phone_7900() -> Self {
        Self {
            min: Version::Tls10,
            max: Version::Tls10,
            ciphers: "AES128-SHA:AES256-SHA".to_owned(),
            legacy: true,
            sends_name: false,
        }
    }

    /// A 7800- or 8800-series phone with firmware 12 or later: TLS 1.2 and the ciphers `disableTLSCiphers` can name.
    #[must_use]
    pub fn phone_8800() -> Self {
        let forward_secret = "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:\
            ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256";
        Self {
            min: Version::Tls12,
            max: Version::Tls12,
            ciphers: format!("{forward_secret}:AES256-SHA:AES128-SHA"),
            legacy: false,
            sends_name: true,
        }
    }

    /// A program of today: TLS 1.2 and 1.3, forward secret ciphers.
    #[must_use]
    pub fn modern() -> Self {
        Self {
            min: Version::Tls12,
            max: Version::Tls13,
            ciphers: "ECDHE+AESGCM:ECDHE+CHACHA20".to_owned(),
            legacy: false,
            sends_name: true,
        }
    }
}

/// A client's side of TLS. Cloning shares it.
#[derive(Clone)]
pub struct Client {
    context: SslContext,
    policy: ClientPolicy,
}

impl Client {
    /// A client that speaks like this.
    pub fn new(policy: ClientPolicy) -> Result<Self, TlsError> {
        let context = context(&policy).map_err(TlsError::setup)?;
        Ok(Self { context, policy })
    }

    /// Does the handshake. `trusted` is shown the server's own certificate, and its word is final: no authority, name
    /// or date is looked at besides. It may be asked more than once. An untrusted server is told so, as a phone would.
    pub async fn connect<S>(
        &self,
        stream: S,
        server_name: &str,
        trusted: impl Fn(&Certificate) -> bool + Send + Sync + 'static,
    ) -> Result<Stream<S>, TlsError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let ssl = self.prepare(server_name, trusted).map_err(TlsError::setup)?;
        let mut stream = Stream::new(ssl, stream).map_err(TlsError::setup)?;
        Pin::new(&mut stream).connect().await?;
        Ok(stream)
    }

    fn prepare(
        &self,
        server_name: &str,
        trusted: impl Fn(&Certificate) -> bool + Send + Sync + 'static,
    ) -> Result<Ssl, ErrorStack> {
        let mut ssl = Ssl::new(&self.context)?;
        if self.policy.sends_name && matches!(server_name.parse(), Ok(Name::Dns(_))) {
            ssl.set_hostname(server_name)?;
        }
        ssl.set_verify_callback(SslVerifyMode::PEER, move |_, chain| {
            // Certificates above the server's own prove nothing to a phone.
            if chain.error_depth() > 0 {
                return true;
            }
            let shown = chain.current_cert().and_then(|x509| Certificate::from_openssl(x509.to_owned()).ok());
            let trusted = shown.is_some_and(|certificate| trusted(&certificate));
            // Usually an error stands there already, and the alert says "unknown authority".
            if !trusted && chain.error() == X509VerifyResult::OK {
                chain.set_error(X509VerifyResult::APPLICATION_VERIFICATION);
            }
            trusted
        });
        Ok(ssl)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("policy", &self.policy).finish_non_exhaustive()
    }
}

fn context(policy: &ClientPolicy) -> Result<SslContext, ErrorStack> {
    let mut context = SslContext::builder(SslMethod::tls_client())?;
    common(&mut context)?;
    context.set_security_level(u32::from(!policy.legacy));
    context.set_min_proto_version(Some(policy.min.openssl()))?;
    context.set_max_proto_version(Some(policy.max.openssl()))?;
    context.set_cipher_list(&policy.ciphers)?;
    context.set_session_cache_mode(SslSessionCacheMode::OFF);
    Ok(context.build())
}
