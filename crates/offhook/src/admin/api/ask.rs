//! What a program asks, on its way in: parts of the address, the query, a body of JSON. Each is refused with what is wrong.

use axum::body::{Body, HttpBody as _};
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequest, FromRequestParts};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt as _, Limited};
use provision::inventory::Number;
use provision::mac::Mac;
use serde::de::DeserializeOwned;

use super::problem::{Kind, Problem};

/// No thing of the inventory is larger; the largest is a document of rings of some kilobytes.
pub(super) const MOST_BYTES: usize = 1 << 20;

/// The query.
#[derive(Debug)]
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let read = axum::extract::Query::<T>::try_from_uri(&parts.uri);
        read.map(|query| Self(query.0)).map_err(|error| Problem::new(Kind::Malformed, error.body_text()))
    }
}

/// The parts of the address.
#[derive(Debug)]
pub(super) struct Path<T>(pub(super) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(path) => Ok(Self(path.0)),
            Err(PathRejection::FailedToDeserializePathParams(error)) => {
                Err(Problem::not_found(error.body_text()))
            }
            Err(error) => Err(Problem::not_found(error.to_string())),
        }
    }
}

/// A body of JSON.
#[derive(Debug)]
pub(super) struct Json<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request<Body>, _: &S) -> Result<Self, Problem> {
        read(&json(request).await?).map(Self)
    }
}

/// The text of a body of JSON.
async fn json(request: Request<Body>) -> Result<Bytes, Problem> {
    if !is_json(request.headers()) {
        let text = "send application/json, and say so in Content-Type";
        return Err(Problem::new(Kind::UnsupportedMediaType, text));
    }
    body(request.into_body(), MOST_BYTES).await
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // A list would be read as the fields in their order.
    if !bytes.trim_ascii_start().starts_with(b"{")
        && serde_json::from_slice::<serde_json::Value>(bytes).is_ok()
    {
        return Err(Problem::field("", "the body is to be an object"));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(unreadable)?;
    reader.end().map_err(|error| Problem::new(Kind::Malformed, error.to_string()))?;
    Ok(value)
}

/// A body of JSON that may be left out where everything in it may.
#[derive(Debug)]
pub(super) struct Maybe<T>(pub(super) T);

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for Maybe<T> {
    type Rejection = Problem;

    async fn from_request(request: Request<Body>, _: &S) -> Result<Self, Problem> {
        if !request.headers().contains_key(CONTENT_TYPE) && request.body().is_end_stream() {
            return Ok(Self(T::default()));
        }
        let bytes = json(request).await?;
        if bytes.trim_ascii() == b"null" { Ok(Self(T::default())) } else { read(&bytes).map(Self) }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || kind == "application/merge-patch+json"
}

fn unreadable(error: serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let place: Vec<_> = error.path().iter().map(segment).collect();
    let inner = error.inner();
    if inner.is_data() {
        Problem::field(&place.join("/"), inner.to_string())
    } else {
        Problem::new(Kind::Malformed, inner.to_string())
    }
}

fn segment(part: &serde_path_to_error::Segment) -> String {
    use serde_path_to_error::Segment;
    match part {
        Segment::Seq { index } => index.to_string(),
        Segment::Map { key } => key.clone(),
        Segment::Enum { variant } => variant.clone(),
        Segment::Unknown => String::new(),
    }
}

/// The whole body, if it is no larger.
pub(super) async fn body(body: Body, most: usize) -> Result<Bytes, Problem> {
    match Limited::new(body, most).collect().await {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            Err(Problem::new(Kind::TooLarge, format!("no more than {most} bytes are taken here")))
        }
        Err(error) => Err(Problem::new(Kind::Malformed, format!("the body ended early: {error}"))),
    }
}

/// The phone that a part of an address names, in any usual spelling.
pub(super) fn mac(text: &str) -> Result<Mac, Problem> {
    text.parse().map_err(|error| Problem::not_found(format!("{text:?} is no phone: {error}")))
}

/// The line that a part of an address names.
pub(super) fn number(text: &str) -> Result<Number, Problem> {
    text.parse().map_err(|error: provision::inventory::NumberError| Problem::not_found(error.to_string()))
}

/// Tells "left alone" from "taken away": a field that is there, and perhaps null.
pub(super) fn given<'de, D, T>(from: D) -> Result<Option<Option<T>>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: serde::Deserialize<'de>,
{
    serde::Deserialize::deserialize(from).map(Some)
}
