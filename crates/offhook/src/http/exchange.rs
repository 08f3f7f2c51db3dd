//! One request, one response: what a phone asks, and what goes back over HTTP.

use std::time::Instant;

use bytes::Bytes;
use http::header::{
    ACCEPT_RANGES, ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG,
    HeaderMap, HeaderValue, LAST_MODIFIED, RETRY_AFTER, USER_AGENT,
};
use http::{Method, Request, Response, StatusCode};

use super::body::{FileBody, Note};
use super::conditional::{Part, part};
use super::connection::Caller;
use crate::artifact::{File, Reason};
use crate::inventory::Delivery;
use crate::listener::App;
use crate::record::Outcome;

/// A response before it has its body.
struct Draft {
    status: StatusCode,
    headers: HeaderMap,
    /// What a GET carries; a HEAD announces its length and carries nothing.
    bytes: Bytes,
    outcome: Outcome,
    reason: Option<Reason>,
    /// Told when all of it has arrived.
    delivery: Option<Delivery>,
}

/// Answers `request` from `caller`.
pub async fn answer<B>(app: &App, request: &Request<B>, caller: Caller) -> Response<FileBody> {
    let began = Instant::now();
    let draft = match *request.method() {
        Method::GET | Method::HEAD => file(app, request, caller).await,
        _ => read_only(),
    };
    let is_head = request.method() == Method::HEAD;
    let bytes = if is_head { Bytes::new() } else { draft.bytes };
    let note = Note {
        metrics: app.metrics.clone(),
        timeline: app.timeline.clone(),
        agent: request.headers().get(USER_AGENT).cloned(),
        target: request.uri().clone(),
        peer: caller.peer,
        transport: caller.transport,
        connection: caller.connection,
        began,
        outcome: draft.outcome,
        reason: draft.reason,
        bytes: bytes.len() as u64,
        delivery: draft.delivery.filter(|_| !is_head),
    };
    let mut response = Response::new(FileBody::new(bytes, Some(note)));
    *response.status_mut() = draft.status;
    *response.headers_mut() = draft.headers;
    response
}

/// Finds what the request names.
async fn file<B>(app: &App, request: &Request<B>, caller: Caller) -> Draft {
    let name = request.uri().path().as_bytes();
    app.artifacts.asked(name, caller.peer.ip(), caller.transport);
    let answer = match app.artifacts.ready(name, caller.transport) {
        Some(answer) => answer,
        None => app.artifacts.fetch(name, caller.peer.ip(), caller.transport).await,
    };
    match answer {
        Ok(file) => {
            let draft = given(&file, request.headers());
            let is_whole = matches!(draft.status, StatusCode::OK | StatusCode::NOT_MODIFIED);
            Draft { delivery: if is_whole { app.artifacts.delivery(&file) } else { None }, ..draft }
        }
        Err(refusal) => refused(refusal.outcome(), refusal.reason),
    }
}

/// The response that carries `file`, or the part of it that was asked for.
fn given(file: &File, asked: &HeaderMap) -> Draft {
    let len = file.bytes.len();
    let mut headers = file.headers(file_headers).clone();
    let etag = headers.get(ETAG).and_then(|tag| tag.to_str().ok()).unwrap_or_default();
    let (status, bytes) = match part(asked, etag, file.modified, len) {
        Part::Whole => (StatusCode::OK, file.bytes.clone()),
        Part::Bytes(range) => {
            insert_text(
                &mut headers,
                CONTENT_RANGE,
                &format!("bytes {}-{}/{len}", range.start, range.end - 1),
            );
            (StatusCode::PARTIAL_CONTENT, file.bytes.slice(range))
        }
        Part::Unsatisfiable => {
            insert_text(&mut headers, CONTENT_RANGE, &format!("bytes */{len}"));
            (StatusCode::RANGE_NOT_SATISFIABLE, Bytes::new())
        }
        Part::NotModified => (StatusCode::NOT_MODIFIED, Bytes::new()),
    };
    // A 304 tells the length of what it stands for.
    let announced = if status == StatusCode::NOT_MODIFIED { len } else { bytes.len() };
    headers.insert(CONTENT_LENGTH, HeaderValue::from(announced));
    let outcome = if status == StatusCode::NOT_MODIFIED { Outcome::Unchanged } else { Outcome::Sent };
    Draft { status, headers, bytes, outcome, reason: None, delivery: None }
}

/// The headers that every answer with a file has, but for its length.
fn file_headers(file: &File) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(8);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(file.content_type));
    // A phone's configuration may change with the next request: nobody in between may answer for us.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    insert_text(&mut headers, ETAG, &file.etag());
    insert_text(&mut headers, LAST_MODIFIED, &httpdate::fmt_http_date(file.modified));
    headers
}

/// The response that says why there is no file.
fn refused(outcome: Outcome, reason: Reason) -> Draft {
    // Phones try TFTP after any of these.
    let status = match reason {
        Reason::Missing(_) | Reason::Expected { .. } | Reason::NotAFile(_) | Reason::Retired(_) => {
            StatusCode::NOT_FOUND
        }
        Reason::Name(_) => StatusCode::BAD_REQUEST,
        Reason::ReadOnly => StatusCode::METHOD_NOT_ALLOWED,
        Reason::Outside(_) | Reason::Unreadable { .. } | Reason::Private(_) => StatusCode::FORBIDDEN,
        Reason::TooLarge(_) | Reason::Unsigned { .. } | Reason::Broken(_) => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
        Reason::Changing(_)
        | Reason::Busy
        | Reason::Away(_)
        | Reason::TooMany(_)
        | Reason::NotTakenIn(..) => StatusCode::SERVICE_UNAVAILABLE,
    };
    let bytes = Bytes::from(format!("{reason}\n"));
    let mut headers = HeaderMap::with_capacity(8);
    headers.insert(CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    Draft { status, headers, bytes, outcome, reason: Some(reason), delivery: None }
}

/// Files are only ever read.
fn read_only() -> Draft {
    let mut draft = refused(Outcome::Refused, Reason::ReadOnly);
    draft.headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    // Whatever the client goes on sending is not read, so the connection ends here.
    draft.headers.insert(CONNECTION, HeaderValue::from_static("close"));
    draft
}

/// Sets a header from text that offhook wrote; what no header can carry is left out.
fn insert_text(headers: &mut HeaderMap, name: http::HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(name, value);
    }
}
