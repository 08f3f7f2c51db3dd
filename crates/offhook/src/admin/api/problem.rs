//! What went wrong, as `application/problem+json` (RFC 9457): for people a sentence, for programs a type and the fields.

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::edit;

/// The type of the answer.
pub(super) const KIND: &str = "application/problem+json";

/// What went wrong.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct Problem {
    /// Which problem, always the same word for programs: `urn:offhook:problem:not-found`.
    #[serde(rename = "type")]
    kind: String,
    /// The problem in a few words, the same for all of its type.
    title: &'static str,
    /// The status of the answer.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What is wrong this time, and what would be right.
    detail: String,
    /// The fields that are wrong, where fields are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldProblem>,
    #[serde(skip)]
    retry_after: Option<u64>,
    #[serde(skip)]
    overtaken: bool,
}

/// What is wrong with one field.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FieldProblem {
    /// Where in the body, as a JSON pointer: `/settings/web_access`.
    pointer: String,
    /// What is wrong, and what would be right.
    detail: String,
}

/// The kinds of problems: word, title, status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Malformed,
    Unauthorized,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    Exists,
    Conflict,
    PreconditionFailed,
    PreconditionRequired,
    TooLarge,
    UnsupportedMediaType,
    Invalid,
    TooManyRequests,
    Internal,
    Unavailable,
}

impl Kind {
    fn words(self) -> (&'static str, &'static str, StatusCode) {
        match self {
            Self::Malformed => ("malformed", "The request cannot be read", StatusCode::BAD_REQUEST),
            Self::Unauthorized => ("unauthorized", "A token is needed", StatusCode::UNAUTHORIZED),
            Self::Forbidden => ("forbidden", "The token may not do that", StatusCode::FORBIDDEN),
            Self::NotFound => ("not-found", "There is no such thing", StatusCode::NOT_FOUND),
            Self::MethodNotAllowed => {
                ("method-not-allowed", "That cannot be done here", StatusCode::METHOD_NOT_ALLOWED)
            }
            Self::Exists => ("exists", "It is there already", StatusCode::CONFLICT),
            Self::Conflict => ("conflict", "Something else is in the way", StatusCode::CONFLICT),
            Self::PreconditionFailed => {
                ("precondition-failed", "It was changed meanwhile", StatusCode::PRECONDITION_FAILED)
            }
            Self::PreconditionRequired => {
                ("precondition-required", "Say what is to be replaced", StatusCode::PRECONDITION_REQUIRED)
            }
            Self::TooLarge => ("too-large", "The body is too large", StatusCode::PAYLOAD_TOO_LARGE),
            Self::UnsupportedMediaType => {
                ("unsupported-media-type", "The body is of another type", StatusCode::UNSUPPORTED_MEDIA_TYPE)
            }
            Self::Invalid => ("invalid", "What was sent cannot be kept", StatusCode::UNPROCESSABLE_ENTITY),
            Self::TooManyRequests => {
                ("too-many-requests", "Too many wrong tokens", StatusCode::TOO_MANY_REQUESTS)
            }
            Self::Internal => {
                ("internal", "Something failed in the server", StatusCode::INTERNAL_SERVER_ERROR)
            }
            Self::Unavailable => ("unavailable", "It cannot be done now", StatusCode::SERVICE_UNAVAILABLE),
        }
    }

    /// The kind that a status stands for.
    fn of(status: StatusCode) -> Self {
        match status {
            StatusCode::UNAUTHORIZED => Self::Unauthorized,
            StatusCode::FORBIDDEN => Self::Forbidden,
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::UnsupportedMediaType,
            StatusCode::TOO_MANY_REQUESTS => Self::TooManyRequests,
            StatusCode::SERVICE_UNAVAILABLE => Self::Unavailable,
            status if status.is_server_error() => Self::Internal,
            _ => Self::Malformed,
        }
    }
}

impl Problem {
    /// A problem of that kind.
    pub(super) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        let (word, title, status) = kind.words();
        Self {
            kind: format!("urn:offhook:problem:{word}"),
            title,
            status: status.as_u16(),
            detail: detail.into(),
            errors: Vec::new(),
            retry_after: None,
            overtaken: false,
        }
    }

    /// The problem that a bare status tells.
    pub(super) fn of(status: StatusCode) -> Self {
        let kind = Kind::of(status);
        Self { status: status.as_u16(), ..Self::new(kind, kind.words().1) }
    }

    /// Something about one field of the body.
    pub(super) fn field(field: &str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let error = FieldProblem { pointer: pointer(field), detail: detail.clone() };
        Self { errors: vec![error], ..Self::new(Kind::Invalid, detail) }
    }

    /// There is nothing of that name.
    pub(super) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, detail)
    }

    /// The same, to be asked again after so many seconds.
    pub(super) fn retry_after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    /// Somebody else was faster, and trying again may help.
    pub(super) fn is_overtaken(&self) -> bool {
        self.overtaken
    }

    /// The status that it is answered with.
    pub(super) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// What is wrong, for whoever keeps it.
    pub(super) fn detail(&self) -> &str {
        &self.detail
    }
}

fn pointer(field: &str) -> String {
    if field.is_empty() { String::new() } else { format!("/{field}") }
}

impl From<edit::Error> for Problem {
    fn from(error: edit::Error) -> Self {
        let fields = |problems: &[edit::Problem]| {
            let one = |problem: &edit::Problem| FieldProblem {
                pointer: pointer(&problem.field),
                detail: problem.text.clone(),
            };
            problems.iter().map(one).collect()
        };
        match error {
            edit::Error::NoSuch(problem) => Self::new(Kind::NotFound, problem.text),
            edit::Error::Exists(problem) => Self::new(Kind::Exists, problem.text),
            edit::Error::Conflict(problem) => Self::new(Kind::Conflict, problem.text),
            edit::Error::Wrong(problems) => {
                let detail: Vec<_> = problems.iter().map(|problem| problem.text.as_str()).collect();
                Self { errors: fields(&problems), ..Self::new(Kind::Invalid, detail.join("\n")) }
            }
            edit::Error::Random => Self::new(Kind::Unavailable, error.to_string()).retry_after(1),
            edit::Error::Store(error) => error.into(),
        }
    }
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        use store::Error as E;
        let text = error.to_string();
        match error {
            E::NoSuch(_) => Self::new(Kind::NotFound, text),
            E::InUse { .. } => Self::new(Kind::Conflict, text),
            E::Dangling { .. } | E::Twice(_) | E::Value { .. } => Self::new(Kind::Invalid, text),
            E::Overtaken => Self { overtaken: true, ..Self::new(Kind::Unavailable, text).retry_after(1) },
            E::Busy => Self::new(Kind::Unavailable, text).retry_after(1),
            E::Unreachable(_) => Self::new(Kind::Unavailable, text).retry_after(10),
            _ => {
                tracing::error!(error = text, "the API could not do as it was asked");
                Self::new(Kind::Internal, "the server's log says what failed")
            }
        }
    }
}

/// Anything else that fails is no business of whoever asks; the log has it.
pub(super) fn failed(error: &dyn std::fmt::Display) -> Problem {
    tracing::error!(%error, "the API could not do as it was asked");
    Problem::new(Kind::Internal, "the server's log says what failed")
}

/// Marks an answer that says in our words what went wrong.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ours;

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_string(&self).expect("a problem is words and numbers");
        let mut response =
            (self.status(), [(CONTENT_TYPE, KIND), (CACHE_CONTROL, "no-store")], body).into_response();
        response.extensions_mut().insert(Ours);
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        if self.status == 401 {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
