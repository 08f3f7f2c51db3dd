//! JSON on its way out, with a tag by which a program knows whether it changed, and by which lost updates are refused.

use std::hash::Hasher as _;

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH, LOCATION};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Serialize;
use siphasher::sip128::{Hasher128 as _, SipHasher13};

use super::problem::{Kind, Problem};

/// What a program says about what it knows already.
#[derive(Clone, Debug, Default)]
pub(super) struct Conditions {
    matches: Option<String>,
    none_match: Option<String>,
}

impl Conditions {
    /// Refuses to change something that is no longer what the program read, if it said what that was.
    pub(super) fn hold_for<T: Serialize>(&self, entity: &T) -> Result<(), Problem> {
        let Some(wanted) = &self.matches else { return Ok(()) };
        if listed(wanted, &tag(&json(entity))) {
            return Ok(());
        }
        let text = "it is not as it was when it was read: read it again, and decide anew";
        Err(Problem::new(Kind::PreconditionFailed, text))
    }

    /// The same for something that may not be there yet. What is there is replaced only by a program that says what it read,
    /// or that anything will do (`If-Match: *`): else somebody's work would be gone, and nobody knew.
    pub(super) fn hold_to_replace<T: Serialize>(&self, there: Option<&T>) -> Result<(), Problem> {
        let Some(there) = there else {
            return match &self.matches {
                None => Ok(()),
                Some(_) => Err(Problem::new(Kind::PreconditionFailed, "there is no such thing any more")),
            };
        };
        if self.none_match.as_deref() == Some("*") {
            return Err(Problem::new(Kind::PreconditionFailed, "there is one already"));
        }
        if self.matches.is_none() {
            let text =
                "there is one already: send its ETag in If-Match to replace it, or * for whatever is there";
            return Err(Problem::new(Kind::PreconditionRequired, text));
        }
        self.hold_for(there)
    }

    fn knows(&self, tag: &str) -> bool {
        self.none_match.as_ref().is_some_and(|known| listed(known, tag))
    }
}

/// Whether a list of tags names that one. Tags are compared weakly: proxies that compress make them weak.
fn listed(list: &str, tag: &str) -> bool {
    list.split(',').map(|one| one.trim().trim_start_matches("W/")).any(|one| one == "*" || one == tag)
}

impl<S: Send + Sync> FromRequestParts<S> for Conditions {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let all = |name| joined(&parts.headers, name);
        Ok(Self { matches: all(IF_MATCH), none_match: all(IF_NONE_MATCH) })
    }
}

/// The values of a header, as one list.
fn joined(headers: &HeaderMap, name: http::HeaderName) -> Option<String> {
    let values: Vec<_> = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    (!values.is_empty()).then(|| values.join(","))
}

/// The tag of a representation: whoever shows it has read exactly these bytes. No passwords are in it, so nothing can be
/// guessed from it.
fn tag(bytes: &[u8]) -> String {
    let mut hasher = SipHasher13::new();
    hasher.write(bytes);
    let hash = hasher.finish128();
    format!("\"{:016x}{:016x}\"", hash.h1, hash.h2)
}

fn json<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("what the API says are texts, numbers and maps with texts for keys")
}

/// An answer in JSON.
#[derive(Debug)]
pub(super) struct Answer {
    status: StatusCode,
    body: Vec<u8>,
    tag: Option<String>,
    location: Option<String>,
}

impl Answer {
    /// Something that was asked for; nothing but "you know it" when the program has it already.
    pub(super) fn read<T: Serialize>(value: &T, conditions: &Conditions) -> Self {
        let body = json(value);
        let tag = tag(&body);
        if conditions.knows(&tag) {
            return Self {
                status: StatusCode::NOT_MODIFIED,
                body: Vec::new(),
                tag: Some(tag),
                location: None,
            };
        }
        Self { status: StatusCode::OK, body, tag: Some(tag), location: None }
    }

    /// Something as it is after a change.
    pub(super) fn changed<T: Serialize>(value: &T) -> Self {
        let body = json(value);
        Self { status: StatusCode::OK, tag: Some(tag(&body)), body, location: None }
    }

    /// What was done, where that is no thing of its own.
    pub(super) fn done<T: Serialize>(value: &T) -> Self {
        Self { status: StatusCode::OK, body: json(value), tag: None, location: None }
    }

    /// Something new, and where it is.
    pub(super) fn created<T: Serialize>(value: &T, location: String) -> Self {
        Self { status: StatusCode::CREATED, location: Some(location), ..Self::done(value) }
    }

    /// Something that goes on, and where to look how far it is.
    pub(super) fn accepted<T: Serialize>(value: &T, location: String) -> Self {
        Self { status: StatusCode::ACCEPTED, location: Some(location), ..Self::done(value) }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.body).into_response();
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        if self.status == StatusCode::NOT_MODIFIED {
            headers.remove(CONTENT_TYPE);
        } else {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let mut put = |name, text: Option<String>| {
            if let Some(value) = text.and_then(|text| HeaderValue::try_from(text).ok()) {
                headers.insert(name, value);
            }
        };
        put(ETAG, self.tag);
        put(LOCATION, self.location);
        response
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn tags_are_of_the_bytes_and_compared_weakly() {
        let (one, other) = (tag(b"{}"), tag(b"[]"));
        assert!(one != other && one == tag(b"{}") && one.len() == 34, "{one}");
        for (list, known) in [("*", true), (&one, true), ("\"x\"", false), ("", false)] {
            assert_eq!(listed(list, &one), known, "{list}");
        }
        assert!(listed(&format!("\"x\", W/{one}"), &one));
    }

    #[test]
    fn what_changed_meanwhile_is_refused() {
        let conditions = Conditions { matches: Some(tag(b"1")), ..Conditions::default() };
        conditions.hold_for(&1).unwrap();
        assert_eq!(conditions.hold_for(&2).unwrap_err().status(), StatusCode::PRECONDITION_FAILED);
        Conditions::default().hold_for(&2).unwrap();
    }

    #[test]
    fn nothing_is_replaced_unseen() {
        let with = |matches: Option<&str>, none_match: Option<&str>| Conditions {
            matches: matches.map(str::to_owned),
            none_match: none_match.map(str::to_owned),
        };
        let status = |conditions: Conditions, there: Option<u8>| {
            conditions.hold_to_replace(there.as_ref()).map_err(|problem| problem.status().as_u16())
        };
        let (one, other) = (tag(b"1"), tag(b"2"));
        for (conditions, there, answer) in [
            (with(None, None), None, Ok(())),
            (with(None, None), Some(1), Err(428)),
            (with(Some("*"), None), Some(1), Ok(())),
            (with(Some("*"), None), None, Err(412)),
            (with(Some(&one), None), Some(1), Ok(())),
            (with(Some(&other), None), Some(1), Err(412)),
            (with(None, Some("*")), Some(1), Err(412)),
            (with(None, Some("*")), None, Ok(())),
        ] {
            let said = format!("{conditions:?} {there:?}");
            assert_eq!(status(conditions, there), answer, "{said}");
        }
    }
}
