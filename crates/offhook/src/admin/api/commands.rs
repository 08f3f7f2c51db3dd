//! `/commands`: the command line, for those who are elsewhere. What the commands of offhook send to a running server.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http_body::Frame;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::time::{Interval, MissedTickBehavior};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ask::body;
use super::problem::{Kind, Problem};
use crate::admin::Local;
use crate::admin::access::{Role, Viewer};
use crate::command::errand::host::{self, Host};
use crate::command::errand::{Errand, MOST_BYTES, Piece};
use crate::listener::App;

/// What is given along may be written in hexadecimal.
const MOST: usize = 2 * MOST_BYTES + (1 << 20);
/// Those who only look give nothing along that is larger than a configuration to compare with.
const MOST_OF_VIEWER: usize = 16 << 20;
/// Commands that run at one time: each has a thread, and what was given along is in memory. Others wait.
const AT_ONCE: usize = 16;
/// Commands that follow what happens: each has a thread, and little else.
const FOLLOWERS: usize = 64;
/// They give nothing along: whatever is larger waits for a place like all others.
const MOST_OF_FOLLOWER: usize = 16 << 10;
/// How long others wait.
const TURN: Duration = Duration::from_secs(30);
/// So often whoever waits is told that the command still runs, and is looked for.
const BEAT: Duration = Duration::from_secs(1);

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(run_command)).layer(Extension(Places::default()))
}

/// Who may run a command now.
#[derive(Clone, Debug)]
struct Places {
    places: Arc<Semaphore>,
    followers: Arc<Semaphore>,
}

impl Default for Places {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(AT_ONCE)), followers: Arc::new(Semaphore::new(FOLLOWERS)) }
    }
}

/// Run a command of offhook
///
/// What the command line does when a server runs: the words are done by the server, in the name of whoever asks. The answer
/// comes in pieces, each a line of JSON: what the command prints, the files it writes, and at the end its exit code; or that it
/// wants something (a file that the words name, a password, an answer), with which the same is to be sent again. Commands
/// that change something take the scope that the address of the same thing takes. Passwords are in no answer over the network.
#[utoipa::path(post, path = "/commands", tag = "commands", request_body = Errand,
    responses((status = 200, description = "What comes of it, piece by piece", content((Piece = "application/x-ndjson")))),
    security(("token" = ["read"])))]
async fn run_command(
    Viewer(who): Viewer,
    State(app): State<App>,
    local: Option<Extension<Local>>,
    Extension(Places { places, followers }): Extension<Places>,
    request: Request,
) -> Result<Response, Problem> {
    let json = request
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    if !json {
        return Err(Problem::new(
            Kind::UnsupportedMediaType,
            "send application/json, and say so in Content-Type",
        ));
    }
    let Ok(Ok(place)) = tokio::time::timeout(TURN, places.acquire_owned()).await else {
        return Err(
            Problem::new(Kind::Unavailable, "too many commands run already").retry_after(TURN.as_secs())
        );
    };
    let most = if who.role == Role::Viewer { MOST_OF_VIEWER } else { MOST };
    let bytes = body(request.into_body(), most).await?;
    // A list would be read as the fields in their order.
    if bytes.trim_ascii_start().starts_with(b"[") {
        return Err(Problem::field("", "the body is to be an object"));
    }
    let errand: Errand = serde_json::from_slice(&bytes).map_err(|error| {
        // What is JSON and no errand is told so as a mistake in its syntax, too.
        let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(&bytes).is_ok();
        let kind = if is_json { Kind::Invalid } else { Kind::Malformed };
        Problem::new(kind, error.to_string())
    })?;
    let needs = host::needs(&errand.words).map_err(|text| Problem::new(Kind::Invalid, text))?;
    if who.role < needs.role {
        let text = format!("this command is for {}s, and {} is {}", needs.role, who.name, who.role);
        return Err(Problem::new(Kind::Forbidden, text));
    }
    if needs.secrets && local.is_none() {
        let text = "passwords are given to commands on the server's own machine only: leave --secrets out";
        return Err(Problem::new(Kind::Forbidden, text));
    }
    super::office::inventory(&app)?;
    let (send, pieces) = mpsc::unbounded_channel();
    let _ = send.send(Piece::Version(env!("CARGO_PKG_VERSION").to_owned()));
    let host = Host::of(app, who.name);
    // Whoever follows stays for hours, and must not keep others from working.
    let says = |what: &str| errand.words.iter().any(|word| word == what);
    let place = if bytes.len() <= MOST_OF_FOLLOWER && says("timeline") && says("--follow") {
        drop(place);
        followers
            .try_acquire_owned()
            .map_err(|_| Problem::new(Kind::Unavailable, "too many follow already"))?
    } else {
        place
    };
    tokio::task::spawn_blocking(move || {
        let _place = place;
        host::run(&errand, &host, send);
    });
    let mut beat = tokio::time::interval(BEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut response = Response::new(Body::new(Pieces { pieces, beat }));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, http::HeaderValue::from_static("application/x-ndjson"));
    headers.insert(CACHE_CONTROL, http::HeaderValue::from_static("no-store"));
    Ok(response)
}

/// The answer, line by line, while the command runs.
struct Pieces {
    pieces: UnboundedReceiver<Piece>,
    beat: Interval,
}

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Poll::Ready(piece) = self.pieces.poll_recv(context) {
            return Poll::Ready(piece.map(|piece| Ok(Frame::data(line(&piece)))));
        }
        match self.beat.poll_tick(context) {
            Poll::Ready(_) => Poll::Ready(Some(Ok(Frame::data(line(&Piece::Running(true)))))),
            Poll::Pending => Poll::Pending,
        }
    }
}

fn line(piece: &Piece) -> Bytes {
    let mut line = serde_json::to_vec(piece).expect("pieces are texts and numbers");
    line.push(b'\n');
    line.into()
}
