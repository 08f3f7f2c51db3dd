//! One connection of a phone that wants to see something: deadlines, keep-alive, and a soft end when the server stops.

use std::convert::Infallible;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use provision::objects::Phone;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio_util::sync::CancellationToken;

pub use super::ask::Way;
use super::{Fault, preface, router};
use crate::http::connection::manners;
use crate::http::watched::Watched;
use crate::listener::App;
use crate::listener::permits::Progress;

/// Serves requests on `stream` until the peer leaves, falls silent, or the server stops.
pub async fn serve<S>(app: App, stream: S, way: Way, progress: Arc<Progress>, stop: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let limits = app.config.load().limits;
    // Closing says goodbye: who is still sending must see the end of the answer.
    let stream = Watched::new(stream, progress, limits.stall, true);
    let looked = tokio::select! {
        looked = preface::look(stream, limits.header) => looked,
        () = stop.cancelled() => return,
    };
    let stream = match looked {
        Ok(Ok(stream)) => stream,
        Ok(Err(stream)) => return too_long(stream, way, limits.header).await,
        Err(error) => {
            tracing::debug!(peer = %way.peer, %error, "connection ended before a request");
            return;
        }
    };
    let service = service_fn(|request: hyper::Request<Incoming>| {
        let app = &app;
        async move { Ok::<_, Infallible>(router::respond(app, way, request).await) }
    });
    let mut manners = manners(&limits);
    // Pages are short: one piece costs less than a list of two.
    manners.writev(false);
    let connection = manners.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        if error.is_parse() {
            tracing::warn!(peer = %way.peer, secure = way.secure, %error, "not an HTTP request");
            return;
        }
        tracing::debug!(peer = %way.peer, secure = way.secure, %error, "connection ended early");
    }
}

/// An address without end gets its page, too.
async fn too_long<S>(mut stream: S, way: Way, patience: std::time::Duration)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    tracing::warn!(peer = %way.peer, secure = way.secure, "an address longer than any phone's was refused");
    let page = Fault::LongAddress.page(Phone::of(""));
    let head = format!(
        "HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        Fault::LongAddress.status(),
        page.content_type,
        page.body.len()
    );
    let said = async {
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(&page.body).await?;
        stream.flush().await
    };
    if said.await.is_ok() && stream.shutdown().await.is_ok() {
        preface::drain(&mut stream, patience).await;
    }
}
