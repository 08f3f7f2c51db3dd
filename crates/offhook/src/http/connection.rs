//! One connection from accept to close: deadlines, keep-alive, and a soft end when the server stops.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use super::exchange;
use super::watched::Watched;
use crate::artifact::Transport;
use crate::config::Limits;
use crate::listener::App;
use crate::listener::permits::Progress;

/// More headers than any phone or browser sends.
const MOST_HEADERS: usize = 64;
/// A request head larger than this is refused: the longest name is 512 bytes, browsers add a few hundred.
const LARGEST_HEAD: usize = 16 * 1024;

/// Whom a connection belongs to, and over what it came.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    /// The phone.
    pub peer: SocketAddr,
    /// The road.
    pub transport: Transport,
    /// The number of the connection.
    pub connection: u64,
}

/// Serves requests on `stream` until the peer leaves, falls silent, or the server stops.
pub async fn serve<S>(app: App, stream: S, caller: Caller, progress: Arc<Progress>, stop: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let limits = app.config.load().limits;
    let stream = Watched::new(stream, progress, limits.stall, caller.transport == Transport::Https);
    let service = service_fn(|request: hyper::Request<Incoming>| {
        let app = &app;
        async move { Ok::<_, Infallible>(exchange::answer(app, &request, caller).await) }
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
        // No request came of it, so no record tells why the phone got a 400.
        if error.is_parse() {
            tracing::warn!(peer = %caller.peer, transport = caller.transport.word(), %error, "not an HTTP request");
            return;
        }
        tracing::debug!(peer = %caller.peer, transport = caller.transport.word(), %error, "connection ended early");
    }
}

/// How hyper is to treat a connection.
pub(crate) fn manners(limits: &Limits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header)
        .max_headers(MOST_HEADERS)
        .max_buf_size(LARGEST_HEAD)
        // The capitals that old parsers expect.
        .title_case_headers(true);
    builder
}
