//! Tokens: what a program shows to be known, and what becomes of those who show a wrong one.
//!
//! A token is 32 random bytes, so its hash needs no salt and no slow function; it is found by that hash, and finding it
//! takes the same time for every wrong token.

use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderMap, Method};
use store::{Store, Token};

use super::problem::{Kind, Problem};
use crate::admin::access::{Principal, Role};
use crate::admin::{Caller, Local};
use crate::listener::App;
use crate::services::Rate;
use crate::trust::calendar;

/// What every token begins with, so that people and programs that look for leaked ones know it.
const BEGINS: &str = "offhook_";
/// Bytes that nobody can guess.
const RANDOM: usize = 32;
/// So many wrong tokens at once from one address; then one in so many seconds.
const WRONG_AT_ONCE: u32 = 10;
const WRONG_EVERY: Duration = Duration::from_secs(6);

/// What a token may, in the words of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope(pub Role);

impl Scope {
    /// Every scope, the least first.
    pub const ALL: [Self; 3] = [Self(Role::Viewer), Self(Role::Operator), Self(Role::Administrator)];

    /// The word people write.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self.0 {
            Role::Viewer => "read",
            Role::Operator => "operate",
            Role::Administrator => "administer",
        }
    }
}

impl FromStr for Scope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|scope| scope.word() == text);
        found.ok_or_else(|| format!("there is no scope {text:?}; there are read, operate and administer"))
    }
}

/// A token that was just made: what is kept of it, and what is shown once.
pub struct Fresh {
    /// What is kept.
    pub kept: Token,
    /// What the program shows. Nobody can read it again.
    pub shown: String,
}

/// Makes a token, and keeps its hash.
///
/// # Errors
/// When the name is taken or no name, or the database or the system fail.
pub async fn make(
    store: &Store,
    name: &str,
    scope: Scope,
    expires: Option<i64>,
) -> crate::edit::Result<Fresh> {
    let name = name.trim();
    let good = !name.is_empty() && name.chars().count() <= 60 && !name.chars().any(char::is_control);
    if !good {
        let text = format!("{name:?} cannot be the name of a token: 1 to 60 characters of one line");
        return Err(crate::edit::Error::wrong("name", text));
    }
    let mut random = [0; RANDOM];
    match rustix::rand::getrandom(&mut random, rustix::rand::GetRandomFlags::empty()) {
        Ok(RANDOM) => {}
        _ => return Err(crate::edit::Error::Random),
    }
    let shown = format!("{BEGINS}{}", pki::digest::hex(&random));
    let kept = Token {
        name: name.to_owned(),
        hash: hash(&shown),
        scope: scope.word().to_owned(),
        made: calendar::now(),
        expires,
        used: None,
    };
    store.add_token(&kept).await.map_err(|error| match error {
        store::Error::Value { .. } => {
            crate::edit::Error::exists("name", format!("there is a token {name} already"), "")
        }
        other => other.into(),
    })?;
    Ok(Fresh { kept, shown })
}

fn hash(shown: &str) -> Vec<u8> {
    pki::digest::sha256(shown.as_bytes()).to_vec()
}

/// What a request shows.
enum Shown {
    Nothing,
    Wrong,
    Right(Principal),
}

/// Who shows a token that holds.
pub async fn principal(parts: &Parts, app: &App) -> Option<Principal> {
    match look(&parts.headers, app).await {
        Ok(Shown::Right(principal)) => Some(principal),
        _ => None,
    }
}

async fn look(headers: &HeaderMap, app: &App) -> Result<Shown, Problem> {
    if !headers.contains_key(AUTHORIZATION) {
        return Ok(Shown::Nothing);
    }
    let store = super::office::store(app)?;
    let now = calendar::now();
    let Some((token, scope)) = known(headers, store, now).await? else { return Ok(Shown::Wrong) };
    let principal = Principal { name: format!("token {}", token.name), role: scope.0 };
    write_down(store.clone(), token, now);
    Ok(Shown::Right(principal))
}

/// The token that somebody shows, if it is one and holds.
async fn known(headers: &HeaderMap, store: &Store, now: i64) -> store::Result<Option<(Token, Scope)>> {
    let text = headers.get(AUTHORIZATION).and_then(|header| header.to_str().ok()).unwrap_or_default();
    let shown = text.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let shown = shown.map(|(_, token)| token.trim()).unwrap_or_default();
    // Nothing else can be one, so nobody has to look.
    if !shown.starts_with(BEGINS) || shown.len() != BEGINS.len() + 2 * RANDOM {
        return Ok(None);
    }
    let found = store.token(&hash(shown)).await?.filter(|token| token.expires.is_none_or(|end| end > now));
    Ok(found.and_then(|token| Some((token.clone(), token.scope.parse::<Scope>().ok()?))))
}

/// Whether the token that was shown with these headers holds until now; none where none was shown. That it was looked at
/// is no use of it.
pub async fn still_holds(headers: &HeaderMap, app: &App) -> Option<bool> {
    headers.get(AUTHORIZATION)?;
    let store = super::office::store(app).ok()?;
    // A database that is away tells nothing against anybody.
    Some(known(headers, store, calendar::now()).await.map_or(true, |found| found.is_some()))
}

/// That it was used is written down beside, so that no answer waits for a long import to end.
fn write_down(store: Store, token: Token, now: i64) {
    tokio::spawn(async move {
        if let Err(error) = store.token_was_used(&token, now).await {
            tracing::debug!(token = token.name, %error, "its use was not written down");
        }
    });
}

/// What stands in front of every address of the API.
#[derive(Clone)]
pub(super) struct Guard {
    app: App,
    wrong: Arc<Rate<IpAddr>>,
}

impl Guard {
    pub(super) fn new(app: App) -> Self {
        Self { app, wrong: Arc::new(Rate::new(WRONG_AT_ONCE, WRONG_EVERY)) }
    }

    fn refuse(&self, peer: IpAddr) -> Problem {
        if self.wrong.allows(peer, Instant::now()) {
            return Problem::new(Kind::Unauthorized, "nobody has this token, or it holds no longer");
        }
        Problem::new(Kind::TooManyRequests, "too many wrong tokens came from this address")
            .retry_after(WRONG_EVERY.as_secs())
    }
}

/// Finds out who asks. A person's session is enough to read, not to change: the pages of others can make a browser send
/// its cookies along, but no token.
pub(super) async fn guard(State(guard): State<Guard>, mut request: Request<Body>, next: Next) -> Response {
    let peer = request.extensions().get::<Caller>().map(|caller| caller.peer.ip());
    match look(request.headers(), &guard.app).await {
        Err(problem) => return problem.into_response(),
        Ok(Shown::Wrong) => {
            return guard.refuse(peer.unwrap_or(Ipv4Addr::UNSPECIFIED.into())).into_response();
        }
        Ok(Shown::Right(principal)) => {
            request.extensions_mut().insert(principal);
        }
        Ok(Shown::Nothing) => {
            let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
            let is_known = request.extensions().get::<Local>().is_some();
            if !reads && !is_known {
                let text = "whoever changes something here shows a token: Authorization: Bearer offhook_…";
                return Problem::new(Kind::Unauthorized, text).into_response();
            }
        }
    }
    next.run(request).await
}
