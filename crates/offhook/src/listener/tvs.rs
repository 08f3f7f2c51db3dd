//! The Trust Verification Service, port 2445: phones ask it about certificates that their trust list does not hold.
//!
//! A connection is a task of its own with a deadline for each step, so a client that stalls costs its own place and
//! nobody else's time.

mod answer;
mod ending;
mod talk;

use std::net::SocketAddr;

use tokio_util::sync::CancellationToken;

use super::accept::{self, Accepted, Sockets};
use super::{App, Name, bind, handshake};
use crate::config::Resolved;
use crate::http::watched::Watched;

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
    let Accepted { stream, peer, progress, .. } = accepted;
    let server = app.artifacts.trust().current().and_then(|current| current.tvs_server());
    let Some(stream) = handshake::shake(&app, Name::Tvs, server, stream, peer, &stop).await else { return };
    let stall = app.config.load().limits.stall;
    let stream = Watched::new(stream, progress, stall, true);
    let ending = talk::until_the_end(&app, stream, peer, &stop).await;
    ending.note(&app, peer);
}
