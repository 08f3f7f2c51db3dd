//! The admin listener: the page, the REST API, metrics and health, for the administrator and not for phones.

use std::io;
use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::accept::{self, Accepted, Sockets};
use super::{App, Name, bind};
use crate::admin::{self, Caller};
use crate::config::Resolved;
use crate::http::connection::manners;
use crate::http::watched::Watched;

/// The sockets of this listener, bound and not yet served.
#[derive(Debug)]
pub struct Bound(Sockets);

/// Binds every address of the listener, or gives `None` when it is turned off.
///
/// # Errors
/// Names the address and what is in the way.
pub fn bind(config: &Resolved) -> Result<Option<Bound>, bind::BindError> {
    Ok(Sockets::bind(Name::Admin, config)?.map(Bound))
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
    pub async fn serve(self, app: App, stop: CancellationToken) -> io::Result<()> {
        let router = admin::router(app.clone());
        let handle = move |app, accepted, stop| connection(app, accepted, stop, router.clone());
        accept::serve(self.0, app, stop, handle).await
    }
}

async fn connection(app: App, accepted: Accepted, stop: CancellationToken, router: Router) {
    let limits = app.config.load().limits;
    let caller = Caller { peer: accepted.peer, secure: false };
    let stream = Watched::new(accepted.stream, accepted.progress, limits.stall, false);
    let service = service_fn(|request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(caller);
        router.clone().oneshot(request)
    });
    let connection = manners(&limits).serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(peer = %caller.peer, listener = "admin", %error, "connection ended early");
    }
}
