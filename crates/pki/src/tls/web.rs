//! The client's side towards servers of others: an authority must vouch for their certificate, and it must have their name.

use std::{fmt, pin::Pin};

use openssl::{
    error::ErrorStack,
    ssl::{Ssl, SslContext, SslMethod, SslSessionCacheMode, SslVerifyMode},
    x509::{X509, X509VerifyResult, verify::X509CheckFlags},
};
use tokio::io::{AsyncRead, AsyncWrite};

use super::{ClientPolicy, Stream, TlsError, common};
use crate::Name;

/// A client that trusts authorities. Cloning shares it.
#[derive(Clone)]
pub struct WebClient {
    context: SslContext,
}

impl WebClient {
    /// A client that trusts the authorities of this machine: those that `SSL_CERT_FILE` or `SSL_CERT_DIR` name, else those
    /// where systems keep them.
    pub fn of_this_machine() -> Result<Self, TlsError> {
        let set_up = || -> Result<SslContext, ErrorStack> {
            let found = openssl_probe::probe();
            let mut context = builder()?;
            let file = found.cert_file.iter().map(|file| (Some(file.as_path()), None));
            let folders = found.cert_dir.iter().map(|folder| (None, Some(folder.as_path())));
            for (file, folder) in file.chain(folders) {
                // One that cannot be read vouches for nobody.
                let _ = context.load_verify_locations(file, folder);
            }
            Ok(context.build())
        };
        set_up().map(|context| Self { context }).map_err(TlsError::setup)
    }

    /// A client that trusts only these authorities, PEM one after the other.
    pub fn trusting(authorities: &[u8]) -> Result<Self, TlsError> {
        let set_up = || -> Result<Option<SslContext>, ErrorStack> {
            let mut context = builder()?;
            let authorities = X509::stack_from_pem(authorities)?;
            if authorities.is_empty() {
                return Ok(None);
            }
            for authority in authorities {
                context.cert_store_mut().add_cert(authority)?;
            }
            // A single server's own certificate may be named, too.
            context.verify_param_mut().set_flags(openssl::x509::verify::X509VerifyFlags::PARTIAL_CHAIN)?;
            Ok(Some(context.build()))
        };
        match set_up().map_err(TlsError::setup)? {
            Some(context) => Ok(Self { context }),
            None => Err(TlsError::Setup("it holds no certificate".to_owned())),
        }
    }

    /// Does the handshake with the server of that name or address. The caller sets the deadline.
    pub async fn connect<S>(&self, stream: S, server: &str) -> Result<Stream<S>, TlsError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let ssl = self.prepare(server).map_err(TlsError::setup)?;
        let mut stream = Stream::new(ssl, stream).map_err(TlsError::setup)?;
        let done = Pin::new(&mut stream).connect().await;
        done.map_err(|error| match stream.ssl().verify_result() {
            X509VerifyResult::OK => TlsError::from(error),
            why => {
                TlsError::Other(format!("the server's certificate is not trusted: {}", why.error_string()))
            }
        })?;
        Ok(stream)
    }

    fn prepare(&self, server: &str) -> Result<Ssl, ErrorStack> {
        let mut ssl = Ssl::new(&self.context)?;
        match server.parse() {
            Ok(Name::Ip(address)) => ssl.param_mut().set_ip(address)?,
            _ => {
                ssl.set_hostname(server)?;
                ssl.param_mut().set_hostflags(X509CheckFlags::NO_PARTIAL_WILDCARDS);
                ssl.param_mut().set_host(server)?;
            }
        }
        ssl.set_verify(SslVerifyMode::PEER);
        Ok(ssl)
    }
}

impl fmt::Debug for WebClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebClient").finish_non_exhaustive()
    }
}

fn builder() -> Result<openssl::ssl::SslContextBuilder, ErrorStack> {
    let policy = ClientPolicy::modern();
    let mut context = SslContext::builder(SslMethod::tls_client())?;
    common(&mut context)?;
    context.set_security_level(1);
    context.set_min_proto_version(Some(policy.min.openssl()))?;
    context.set_max_proto_version(Some(policy.max.openssl()))?;
    context.set_cipher_list(&policy.ciphers)?;
    context.set_session_cache_mode(SslSessionCacheMode::OFF);
    context.set_verify(SslVerifyMode::PEER);
    Ok(context)
}
