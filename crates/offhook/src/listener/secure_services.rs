//! The HTTPS listener for XML services, port 6973. It shows the certificate whose role in trust lists is that of an
//! application server.

use std::net::SocketAddr;

use pki::tls::Server;
use tokio_util::sync::CancellationToken;

use super::accept::{self, Accepted, Sockets};
use super::{App, Name, bind, handshake};
use crate::config::Resolved;
use crate::services::connection::{self, Way};
use crate::trust::Error;

/// The sockets of this listener, bound and not yet served.
#[derive(Debug)]
pub struct Bound(Sockets);

/// Binds every address of the listener, or gives `None` when it is turned off.
///
/// # Errors
/// Names the address and what is in the way.
pub fn bind(config: &Resolved) -> Result<Option<Bound>, bind::BindError> {
    Ok(Sockets::bind(Name::SecureServices, config)?.map(Bound))
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

/// One connection: the handshake under its own deadline, in its own task, then HTTP.
async fn one(app: App, accepted: Accepted, stop: CancellationToken) {
    let Accepted { stream, peer, number, progress } = accepted;
    let Ok(local) = stream.local_addr() else { return };
    let Some(stream) = handshake::shake(&app, Name::SecureServices, newest(&app), stream, peer, &stop).await
    else {
        return;
    };
    connection::serve(app, stream, Way { peer, local, secure: true, connection: number }, progress, stop)
        .await;
}

/// What is to be shown now: a certificate that was replaced on the disk counts from the next handshake on.
fn newest(app: &App) -> Result<Server, Error> {
    let legacy_tls = app.config.load().provisioning.legacy_tls;
    app.artifacts.trust().current()?.services_tls_server(legacy_tls)
}
