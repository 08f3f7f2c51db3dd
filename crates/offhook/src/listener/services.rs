//! The HTTP listener for XML services, port 6972.

use std::net::SocketAddr;

use tokio_util::sync::CancellationToken;

use super::accept::{self, Accepted, Sockets};
use super::{App, Name, bind};
use crate::config::Resolved;
use crate::services::connection::{self, Way};

/// The sockets of this listener, bound and not yet served.
#[derive(Debug)]
pub struct Bound(Sockets);

/// Binds every address of the listener, or gives `None` when it is turned off.
///
/// # Errors
/// Names the address and what is in the way.
pub fn bind(config: &Resolved) -> Result<Option<Bound>, bind::BindError> {
    Ok(Sockets::bind(Name::Services, config)?.map(Bound))
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
        accept::serve(
            self.0,
            app,
            stop,
            |app, Accepted { stream, peer, number, progress }, stop| async move {
                // Without it no absolute address could be built; the peer is gone then anyway.
                let Ok(local) = stream.local_addr() else { return };
                connection::serve(
                    app,
                    stream,
                    Way { peer, local, secure: false, connection: number },
                    progress,
                    stop,
                )
                .await;
            },
        )
        .await
    }
}
