//! The admin listener: metrics and health, for the administrator and not for phones.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use std::{fs, io};

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio_util::sync::CancellationToken;

use super::accept::{self, Accepted, Sockets};
use super::{App, Name, bind};
use crate::config::Resolved;
use crate::http::connection::manners;
use crate::http::watched::Watched;
use crate::metrics::Metrics;

const ABOUT: &str = "offhook\n\n/metrics  what is counted, for Prometheus\n/healthz  whether the process lives\n\
                     /readyz   whether phones can be served, and what is in the way\n";
const TEXT: &str = "text/plain; charset=utf-8";
/// A document root that takes longer to open hangs, as network file systems do.
const PATIENCE: Duration = Duration::from_secs(2);

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
        accept::serve(self.0, app, stop, connection).await
    }
}

async fn connection(app: App, accepted: Accepted, stop: CancellationToken) {
    let limits = app.config.load().limits;
    let stream = Watched::new(accepted.stream, accepted.progress, limits.stall, false);
    let service = service_fn(|request| {
        let app = &app;
        async move { Ok::<_, Infallible>(answer(app, &request).await) }
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
        tracing::debug!(peer = %accepted.peer, listener = "admin", %error, "connection ended early");
    }
}

/// What a request gets; any body it may have is left unread.
async fn answer<B>(app: &App, request: &Request<B>) -> Response<Full<Bytes>> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut answer = text(StatusCode::METHOD_NOT_ALLOWED, TEXT, "only GET and HEAD\n");
        answer.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return answer;
    }
    match request.uri().path() {
        "/" => text(StatusCode::OK, TEXT, ABOUT),
        "/metrics" => text(StatusCode::OK, Metrics::CONTENT_TYPE, app.metrics.encode()),
        "/healthz" => text(StatusCode::OK, TEXT, "alive\n"),
        "/readyz" => match obstacle(app).await {
            None => text(StatusCode::OK, TEXT, "ready\n"),
            Some(obstacle) => text(StatusCode::SERVICE_UNAVAILABLE, TEXT, format!("not ready: {obstacle}\n")),
        },
        _ => text(StatusCode::NOT_FOUND, TEXT, "there is /, /metrics, /healthz and /readyz\n"),
    }
}

fn text(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// What keeps phones from being served, if anything does.
async fn obstacle(app: &App) -> Option<String> {
    if !app.readiness.get() {
        return Some("the listeners do not accept: offhook is starting or stopping".to_owned());
    }
    let root = app.config.load().document_root.clone();
    let shown = root.display().to_string();
    let looked = tokio::task::spawn_blocking(move || readable(&root));
    match tokio::time::timeout(PATIENCE, looked).await {
        Ok(Ok(Ok(()))) => None,
        Ok(Ok(Err(error))) => Some(format!("the document root {shown} cannot be read: {error}")),
        Ok(Err(error)) => Some(format!("the document root {shown} could not be looked at: {error}")),
        Err(_) => Some(format!("the document root {shown} does not answer")),
    }
}

fn readable(root: &Path) -> io::Result<()> {
    fs::read_dir(root)?.next().map_or(Ok(()), |first| first.map(drop))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use http_body_util::BodyExt;

    use super::*;
    use crate::config::Live;

    async fn ask(app: &App, method: &str, path: &str) -> (u16, String) {
        let request = Request::builder().method(method).uri(path).body(()).unwrap();
        let answer = answer(app, &request).await;
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn health_metrics_and_nothing_else() {
        let app = App::default();
        assert_eq!(ask(&app, "GET", "/healthz").await, (200, "alive\n".to_owned()));
        assert!(ask(&app, "GET", "/metrics").await.1.contains("offhook_build_info"));
        assert!(ask(&app, "GET", "/").await.1.contains("/readyz"));
        assert_eq!(ask(&app, "GET", "/SEP001122334455.cnf.xml").await.0, 404);
        assert_eq!(ask(&app, "GET", "/metrics/").await.0, 404);
        assert_eq!(ask(&app, "POST", "/metrics").await.0, 405);
    }

    #[tokio::test]
    async fn readiness_says_what_is_in_the_way() {
        let root = tempfile::tempdir().unwrap();
        let document_root = root.path().join("tftpboot");
        let resolved = Resolved { document_root: document_root.clone(), ..Resolved::default() };
        let app = App { config: Live::new(resolved), ..App::default() };
        let (status, text) = ask(&app, "GET", "/readyz").await;
        assert!(status == 503 && text.contains("starting"), "{text}");
        app.readiness.set(true);
        let (status, text) = ask(&app, "GET", "/readyz").await;
        assert!(status == 503 && text.contains("tftpboot"), "{text}");
        fs::create_dir(document_root).unwrap();
        assert_eq!(ask(&app, "GET", "/readyz").await, (200, "ready\n".to_owned()));
    }
}
