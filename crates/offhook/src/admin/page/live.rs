//! `/live/events`: what phones do at this moment, as server-sent events.
//!
//! Each event has a number; a browser that comes back names the last it had (`Last-Event-ID`) and is told what it missed, or
//! that something is forgotten (`gap`). A client that does not read is cut off: it never slows anything. Whoever logs out, or
//! whose token is revoked, hears no more.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use http_body::Frame;
use provision::mac::Mac;
use serde::Deserialize;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::session;
use crate::admin::Caller;
use crate::admin::access::Viewer;
use crate::admin::api::token;
use crate::listener::App;
use crate::timeline::{Hearing, Told};

/// Who listens at one time, in all and from one address: a few administrators with a few windows each.
const MOST: usize = 64;
const MOST_OF_ADDRESS: usize = 16;
/// So often something is said, so that nobody in between takes the connection for dead.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How soon a stream ends when offhook stops.
const LOOK: Duration = Duration::from_millis(250);
/// How soon it ends when whoever listens may do so no longer.
const ASK: Duration = Duration::from_secs(2);
/// Pieces that wait for a client to read them; one that is further behind is cut off.
const WAITING: usize = 256;

/// `/live/events`, for browsers with a session.
pub(super) fn router() -> Router<App> {
    at("/live/events")
}

/// The same at that address; programs with a token find it in the API.
pub(in crate::admin) fn at(path: &str) -> Router<App> {
    Router::new().route(path, get(events)).layer(Extension(Listeners::default()))
}

#[derive(Debug, Deserialize)]
struct Wanted {
    /// Only of this phone.
    phone: Option<String>,
    /// As `Last-Event-ID`, for those who cannot set headers.
    after: Option<String>,
}

async fn events(
    State(app): State<App>,
    Extension(listeners): Extension<Listeners>,
    Extension(caller): Extension<Caller>,
    _: Viewer,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Response {
    let phone = match wanted.phone.as_deref().map(str::parse::<Mac>).transpose() {
        Ok(phone) => phone,
        Err(error) => return (StatusCode::BAD_REQUEST, format!("{error}\n")).into_response(),
    };
    let Some(place) = listeners.admit(caller.peer.ip()) else {
        let said = (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "10")], "too many listen already\n");
        return said.into_response();
    };
    let after = headers.get("last-event-id").and_then(|id| id.to_str().ok()).or(wanted.after.as_deref());
    let Some(hearing) = app.timeline.live(after) else {
        return (StatusCode::SERVICE_UNAVAILABLE, "this server keeps no timeline\n").into_response();
    };
    let (pieces, waiting) = mpsc::channel(WAITING);
    let client = Client { phone, pieces, headers, _held: place };
    tokio::spawn(until_not_allowed(app, hearing, client));
    let headers = [
        (CONTENT_TYPE, "text/event-stream"),
        (CACHE_CONTROL, "no-store"),
        // Some proxies gather pieces otherwise.
        (http::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (headers, Body::new(Pieces(waiting))).into_response()
}

/// Somebody who listens.
struct Client {
    /// Only of this phone.
    phone: Option<Mac>,
    pieces: mpsc::Sender<Bytes>,
    /// What showed who it is.
    headers: HeaderMap,
    _held: Place,
}

/// Tells one client for as long as it may hear that.
async fn until_not_allowed(app: App, hearing: Hearing, client: Client) {
    let forbidden = async {
        loop {
            tokio::time::sleep(ASK).await;
            let by_token = token::still_holds(&client.headers, &app).await;
            let holds = match by_token {
                Some(holds) => holds,
                None => session::still_holds(&client.headers, &app).await,
            };
            if !holds {
                break;
            }
        }
    };
    tokio::select! {
        () = tell(&app, hearing, &client) => {}
        () = forbidden => {}
    }
}

/// Tells one client, until it leaves, falls behind, or the server stops.
async fn tell(app: &App, hearing: Hearing, client: &Client) {
    let Client { phone, pieces, .. } = client;
    let Hearing { missed, gap, mut from_now } = hearing;
    let is_wanted = |told: &Told| phone.is_none_or(|phone| told.what.phone() == Some(phone));
    let mut first = String::from("retry: 3000\n\n");
    if gap {
        first.push_str("event: gap\ndata: {}\n\n");
    }
    missed.iter().filter(|told| is_wanted(told)).for_each(|told| first.push_str(told.text()));
    if pieces.try_send(first.into()).is_err() {
        return;
    }
    let mut said = Instant::now();
    loop {
        let piece = tokio::select! {
            told = from_now.recv() => match told {
                Ok(told) if is_wanted(&told) => Bytes::copy_from_slice(told.text().as_bytes()),
                Ok(_) => continue,
                Err(RecvError::Lagged(_) | RecvError::Closed) => return,
            },
            () = tokio::time::sleep(LOOK) => {
                if !app.readiness.get() {
                    return;
                }
                if said.elapsed() < HEARTBEAT {
                    continue;
                }
                Bytes::from_static(b": still here\n\n")
            }
            () = pieces.closed() => return,
        };
        said = Instant::now();
        if pieces.try_send(piece).is_err() {
            return;
        }
    }
}

/// A body that goes on as long as there are pieces.
struct Pieces(mpsc::Receiver<Bytes>);

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
    }
}

/// Who listens.
#[derive(Clone, Debug, Default)]
struct Listeners(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// The right to listen; dropping it gives the place back.
struct Place {
    listeners: Listeners,
    address: IpAddr,
}

impl Listeners {
    fn admit(&self, address: IpAddr) -> Option<Place> {
        let mut by_address = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = by_address.values().sum();
        let of_address = by_address.get(&address).copied().unwrap_or_default();
        if all >= MOST || of_address >= MOST_OF_ADDRESS {
            return None;
        }
        by_address.insert(address, of_address + 1);
        Some(Place { listeners: self.clone(), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut by_address = self.listeners.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = by_address.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                by_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn so_many_listen_and_no_more() {
        let listeners = Listeners::default();
        let one: IpAddr = "192.0.2.1".parse().unwrap();
        let held: Vec<_> = (0..MOST_OF_ADDRESS).map(|_| listeners.admit(one).unwrap()).collect();
        assert!(listeners.admit(one).is_none());
        let others: Vec<_> =
            (0..200_u8).filter_map(|last| listeners.admit([198, 51, 100, last].into())).collect();
        assert_eq!(held.len() + others.len(), MOST);
        drop((held, others));
        assert!(listeners.0.lock().unwrap().is_empty());
        assert!(listeners.admit(one).is_some());
    }
}
