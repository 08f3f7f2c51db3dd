//! Who asks, and what they may: authorisation is a change of type, so that a forgotten check does not compile.
//!
//! A handler takes [`Viewer`], [`Operator`] or [`Administrator`] as an argument; axum makes one only for somebody who is
//! that much. Programs show a token, people a session.

use std::fmt;

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;

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

/// Who shows something that holds: a token in `Authorization`, else a session in a cookie.
async fn principal(parts: &Parts, app: &App) -> Option<Principal> {
    let _ = (parts, app);
    None
}

async fn require(parts: &Parts, app: &App, least: Role) -> Result<Principal, Denied> {
    let principal = principal(parts, app).await.ok_or(Denied::Unknown)?;
    if principal.role >= least { Ok(principal) } else { Err(Denied::NotEnough) }
}

impl FromRequestParts<App> for Viewer {
    type Rejection = Denied;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Denied> {
        require(parts, app, Role::Viewer).await.map(Self)
    }
}

impl FromRequestParts<App> for Operator {
    type Rejection = Denied;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Denied> {
        require(parts, app, Role::Operator).await.map(Self)
    }
}

impl FromRequestParts<App> for Administrator {
    type Rejection = Denied;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Denied> {
        require(parts, app, Role::Administrator).await.map(Self)
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

impl IntoResponse for Denied {
    fn into_response(self) -> Response {
        let status = match self {
            Self::Unknown => StatusCode::UNAUTHORIZED,
            Self::NotEnough => StatusCode::FORBIDDEN,
        };
        (status, self.to_string()).into_response()
    }
}
