//! Who asks, and what they may: authorisation is a change of type, so that a forgotten check does not compile.
//!
//! A handler takes [`Viewer`], [`Operator`] or [`Administrator`] as an argument; axum makes one only for somebody who is
//! that much. Programs show a token, people a session.

use std::fmt;
use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{ACCEPT, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};

use super::page;
use crate::listener::App;

/// What somebody may do; each may do what those before it may. For tokens these are the scopes read, operate, administer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Looks at everything but secrets.
    Viewer,
    /// Changes phones, lines, keys, contacts.
    Operator,
    /// Changes everything: trust, users, tokens, files.
    Administrator,
}

impl Role {
    /// Every role, the one that may least first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Operator, Self::Administrator];

    /// The word people write.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Administrator => "administrator",
        }
    }

    /// What such a user may, in a few words.
    #[must_use]
    pub fn about(self) -> &'static str {
        match self {
            Self::Viewer => "looks at everything but secrets",
            Self::Operator => "changes phones, lines, keys and contacts",
            Self::Administrator => "changes everything: trust, users, tokens, files",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|role| role.word() == text);
        found
            .ok_or_else(|| format!("there is no role {text:?}; there are viewer, operator and administrator"))
    }
}

/// Somebody who showed who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// As the audit names them: `anna`, `token backup`.
    pub name: String,
    /// What they may.
    pub role: Role,
}

/// Why somebody may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// Nobody knows who asks.
    Unknown,
    /// Known, and not enough.
    NotEnough,
}

/// Somebody who may look.
#[derive(Clone, Debug)]
pub struct Viewer(pub Principal);
/// Somebody who may change the inventory.
#[derive(Clone, Debug)]
pub struct Operator(pub Principal);
/// Somebody who may do everything.
#[derive(Clone, Debug)]
pub struct Administrator(pub Principal);

/// Who shows something that holds: a token in `Authorization`, else a session in a cookie. Asked once for each request.
pub(super) async fn principal(parts: &mut Parts, app: &App) -> Option<Principal> {
    if let Some(known) = parts.extensions.get::<Principal>() {
        return Some(known.clone());
    }
    let found = page::session::principal(parts, app).await?;
    parts.extensions.insert(found.clone());
    Some(found)
}

async fn require(parts: &mut Parts, app: &App, least: Role) -> Result<Principal, Refusal> {
    match principal(parts, app).await {
        Some(principal) if principal.role >= least => Ok(principal),
        Some(_) => Err(Refusal::of(Denied::NotEnough, parts)),
        None => Err(Refusal::of(Denied::Unknown, parts)),
    }
}

impl FromRequestParts<App> for Viewer {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        require(parts, app, Role::Viewer).await.map(Self)
    }
}

impl FromRequestParts<App> for Operator {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        require(parts, app, Role::Operator).await.map(Self)
    }
}

impl FromRequestParts<App> for Administrator {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        require(parts, app, Role::Administrator).await.map(Self)
    }
}

/// The answer to somebody who may not, in the manner of what was asked for.
#[derive(Debug)]
pub struct Refusal {
    /// Why.
    pub denied: Denied,
    manner: Manner,
}

#[derive(Debug)]
enum Manner {
    /// JSON for a program.
    Program,
    /// A page: after the log-in, back to where they were.
    Person(Option<String>),
    /// Something that a page fetches by itself, which cannot log in.
    Script,
}

impl Refusal {
    fn of(denied: Denied, parts: &Parts) -> Self {
        let accepts = |what: &str| {
            parts
                .headers
                .get(ACCEPT)
                .and_then(|value| value.to_str().ok())
                .is_some_and(|all| all.contains(what))
        };
        let manner = if parts.uri.path().starts_with("/api/") {
            Manner::Program
        } else if accepts("text/event-stream") || accepts("application/json") {
            Manner::Script
        } else {
            let asked = parts.uri.path_and_query().map(ToString::to_string);
            Manner::Person(asked.filter(|_| parts.method == Method::GET))
        };
        Self { denied, manner }
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "nobody is logged in",
            Self::NotEnough => "this user may not do that",
        })
    }
}

impl Denied {
    fn status(self) -> StatusCode {
        match self {
            Self::Unknown => StatusCode::UNAUTHORIZED,
            Self::NotEnough => StatusCode::FORBIDDEN,
        }
    }
}

impl IntoResponse for Denied {
    fn into_response(self) -> Response {
        (self.status(), self.to_string()).into_response()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match (self.manner, self.denied) {
            (Manner::Person(back), Denied::Unknown) => {
                Redirect::to(&page::session::login_address(back.as_deref())).into_response()
            }
            (Manner::Person(_), Denied::NotEnough) => page::answer::Refused::NotAllowed.into_response(),
            (Manner::Program, denied) => {
                let status = denied.status();
                let problem =
                    format!(r#"{{"type":"about:blank","title":"{denied}","status":{}}}"#, status.as_u16());
                let kind = [(http::header::CONTENT_TYPE, "application/problem+json")];
                let mut response = (status, kind, problem).into_response();
                if denied == Denied::Unknown {
                    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
                }
                response
            }
            (Manner::Script, denied) => denied.into_response(),
        }
    }
}
