//! The Trust Verification Service, port 2445: phones ask it about certificates that their trust list does not hold.
//!
//! A connection is a task of its own with a deadline for each step, so a client that stalls costs its own place and
//! nobody else's time.

mod answer;
mod ending;
mod talk;

use std::net::SocketAddr;

use pki::tls::Stream;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::accept::{self, Accepted, Sockets};
use super::{App, Name, bind};
use crate::config::Resolved;
use crate::http::watched::Watched;
use crate::metrics::Refused;

/// The sockets of this listener, bound and not yet served.
#[derive(Debug)]
pub struct Bound(Sockets);

/// Binds every address of the listener, or gives `None` when it is turned off.
///
/// # Errors
/// Names the address and what is in the way.
pub fn bind(config: &Resolved) -> Result<Option<Bound>, bind::BindError> {
    Ok(Sockets::bind(Name::Tvs, config)?.map(Bound))
}

impl Bound {
    /// The addresses really bound.
    #[must_use]
    pub fn local_addrs(&self) -> Vec<SocketAddr> {
        self.0.local_addrs()
    }

    /// Serves until `stop`.
    ///
    /// # Errors
    /// When a socket fails for good.
    pub async fn serve(self, app: App, stop: CancellationToken) -> std::io::Result<()> {
        accept::serve(self.0, app, stop, one).await
    }
}

/// One connection: the handshake under its own deadline, then questions until one side has enough.
async fn one(app: App, accepted: Accepted, stop: CancellationToken) {
    let Accepted { stream, peer, progress } = accepted;
    let Some(stream) = handshake(&app, stream, peer, &stop).await else { return };
    let stall = app.config.load().limits.stall;
    let stream = Watched::new(stream, progress, stall, true);
    let ending = talk::until_the_end(&app, stream, peer, &stop).await;
    ending.note(&app, peer);
}

async fn handshake(
    app: &App,
    stream: TcpStream,
    peer: SocketAddr,
    stop: &CancellationToken,
) -> Option<Stream<TcpStream>> {
    let refused = app.metrics.listener(Name::Tvs);
    let tls = match app.artifacts.trust().current().and_then(|current| current.tvs_server()) {
        Ok(tls) => tls,
        Err(error) => {
            refused.refused(Refused::Handshake).inc();
            tracing::error!(%peer, %error, "there is no certificate for the Trust Verification Service");
            return None;
        }
    };
    let deadline = app.config.load().limits.handshake;
    let shaken = tokio::select! {
        shaken = tokio::time::timeout(deadline, tls.accept(stream)) => shaken,
        // Nothing was asked yet, and a silent peer must not hold up the end; a phone asks again.
        () = stop.cancelled() => return None,
    };
    match shaken {
        Ok(Ok(stream)) => Some(stream),
        Ok(Err(error)) => {
            refused.refused(Refused::Handshake).inc();
            tracing::info!(%peer, listener = "tvs", %error, "TLS handshake failed");
            None
        }
        Err(_) => {
            refused.refused(Refused::TooSlow).inc();
            tracing::info!(%peer, listener = "tvs", ?deadline, "TLS handshake took too long");
            None
        }
    }
}
