//! The TLS handshake that every encrypted listener begins with: under a deadline, in the task of its connection.

use std::fmt::Display;
use std::net::SocketAddr;

use pki::tls::{Server, Stream};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::{App, Name};
use crate::metrics::Refused;

/// Shakes hands on `stream` with `server`, which is what the listener shows now. `None`: it came to nothing, and that was
/// counted and told.
pub(super) async fn shake<E: Display>(
    app: &App,
    name: Name,
    server: Result<Server, E>,
    stream: TcpStream,
    peer: SocketAddr,
    stop: &CancellationToken,
) -> Option<Stream<TcpStream>> {
    let refused = app.metrics.listener(name);
    let listener = name.as_str();
    let server = match server {
        Ok(server) => server,
        Err(error) => {
            refused.refused(Refused::Handshake).inc();
            app.timeline.turned_away(name, peer, Refused::Handshake, None, &error);
            tracing::error!(%peer, listener, %error, "there is no certificate to show");
            return None;
        }
    };
    let deadline = app.config.load().limits.handshake;
    let shaken = tokio::select! {
        shaken = tokio::time::timeout(deadline, server.accept(stream)) => shaken,
        // Nothing was said yet, and a silent peer must not hold up the end; a phone comes again.
        () = stop.cancelled() => return None,
    };
    match shaken {
        Ok(Ok(stream)) => Some(stream),
        Ok(Err(error)) => {
            refused.refused(Refused::Handshake).inc();
            app.timeline.turned_away(name, peer, Refused::Handshake, None, &error);
            tracing::info!(%peer, listener, %error, "TLS handshake failed");
            None
        }
        Err(_) => {
            refused.refused(Refused::TooSlow).inc();
            app.timeline.turned_away(name, peer, Refused::TooSlow, None, &"the handshake took too long");
            tracing::info!(%peer, listener, ?deadline, "TLS handshake took too long");
            None
        }
    }
}
