//! The admin listener: the page, the REST API, metrics and health, for the administrator and not for phones.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;
use std::{fs, io};

use axum::Router;
use axum::body::Body;
use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use pki::Identity;
use pki::tls::{Policy, Server};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::accept::{self, Accepted, Sockets};
use super::{App, Name, bind, handshake};
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
        // Whoever looks at lists looks again and again.
        app.artifacts.inventory().inspect(|inventory| inventory.store().keep_roster());
        let (router, own) = (admin::router(app.clone()), Own::default());
        let handle = move |app, accepted, stop| one(app, accepted, stop, router.clone(), own.clone());
        accept::serve(self.0, app, stop, handle).await
    }
}

/// One connection: over TLS the handshake under its own deadline, then HTTP.
async fn one(app: App, accepted: Accepted, stop: CancellationToken, router: Router, own: Own) {
    let config = app.config.load();
    let Accepted { stream, peer, progress, .. } = accepted;
    let (stall, caller) = (config.limits.stall, Caller { peer, secure: config.admin.tls });
    if !config.admin.tls {
        return connection(app, Watched::new(stream, progress, stall, false), caller, stop, router).await;
    }
    let newest = own.newest(&app, &config);
    let shaken = handshake::shake(&app, Name::Admin, newest, stream, peer, &stop).await;
    if let Some(stream) = shaken {
        connection(app, Watched::new(stream, progress, stall, true), caller, stop, router).await;
    }
}

/// The administrator's own certificate as last read: it is read again when its file changed.
#[derive(Clone, Default)]
struct Own(Arc<Mutex<Option<(SystemTime, Server)>>>);

impl Own {
    /// What is to be shown now.
    fn newest(&self, app: &App, config: &Resolved) -> Result<Server, String> {
        let Some((certificate, key)) = config.admin.own() else {
            let server = app.artifacts.trust().current().and_then(|now| now.services_tls_server(false));
            return server.map_err(|error| error.to_string());
        };
        let changed = |path: &Path| {
            let read = fs::metadata(path).and_then(|about| about.modified());
            read.map_err(|error| format!("{}: {error}", path.display()))
        };
        let stamp = changed(certificate)?.max(changed(key)?);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, server)) = kept.as_ref()
            && *of == stamp
        {
            return Ok(server.clone());
        }
        let server = own_server(certificate, key)?;
        *kept = Some((stamp, server.clone()));
        Ok(server)
    }
}

/// TLS with the administrator's own certificate.
///
/// # Errors
/// Names the file, and what is wrong with it.
pub fn own_server(certificate: &Path, key: &Path) -> Result<Server, String> {
    let identity = Identity::read(certificate, key).map_err(|error| error.to_string())?;
    Server::new(Policy::Modern, &[&identity]).map_err(|error| error.to_string())
}

async fn connection<S>(app: App, stream: Watched<S>, caller: Caller, stop: CancellationToken, router: Router)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let limits = app.config.load().limits;
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
