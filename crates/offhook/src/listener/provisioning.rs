//! The HTTP listener for every provisioning file, port 6970.

use std::net::SocketAddr;

use tokio_util::sync::CancellationToken;

use super::accept::{self, Accepted, Sockets};
use super::{App, Name, bind};
use crate::artifact::Transport;
use crate::config::Resolved;
use crate::http::connection::{self, Caller};

/// The sockets of this listener, bound and not yet served.
#[derive(Debug)]
pub struct Bound(Sockets);

/// Binds every address of the listener, or gives `None` when it is turned off.
///
/// # Errors
/// Names the address and what is in the way.
pub fn bind(config: &Resolved) -> Result<Option<Bound>, bind::BindError> {
    Ok(Sockets::bind(Name::Provisioning, config)?.map(Bound))
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
        accept::serve(self.0, app, stop, |app, Accepted { stream, peer, number, progress }, stop| {
            let caller = Caller { peer, transport: Transport::Http, connection: number };
            connection::serve(app, stream, caller, progress, stop)
        })
        .await
    }
}
