//! `/tokens`: programs that may use the API.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use store::Token;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Conditions};
use super::ask::{Json, Path};
use super::office::store;
use super::problem::Problem;
use super::token::{self, Scope};
use super::view::segment;
use crate::admin::access::Administrator;
use crate::listener::App;
use crate::trust::calendar;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_tokens, add_token)).routes(routes!(remove_token))
}

/// All tokens.
#[derive(Debug, Serialize, ToSchema)]
struct Tokens {
    /// By name.
    items: Vec<TokenView>,
}

/// A token, without what is shown.
#[derive(Debug, Serialize, ToSchema)]
struct TokenView {
    /// What people call it.
    name: String,
    /// `read`, `operate` or `administer`.
    scope: String,
    /// Since when there is this token.
    made: String,
    /// Until when it holds; null for ever.
    expires: Option<String>,
    /// When it was used last, to the minute.
    used: Option<String>,
}

impl TokenView {
    fn new(token: &Token) -> Self {
        Self {
            name: token.name.clone(),
            scope: token.scope.clone(),
            made: calendar::utc(token.made),
            expires: token.expires.map(calendar::utc),
            used: token.used.map(calendar::utc),
        }
    }
}

/// List tokens
#[utoipa::path(get, path = "/tokens", tag = "tokens",
    responses((status = 200, description = "All of them", body = Tokens)),
    security(("token" = ["administer"])))]
async fn list_tokens(
    _: Administrator,
    State(app): State<App>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let items = store(&app)?.tokens().await?.iter().map(TokenView::new).collect();
    Ok(Answer::read(&Tokens { items }, &conditions))
}

/// The words for what a token may.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Scope)]
enum ScopeWord {
    /// Looks at everything but secrets.
    Read,
    /// Changes phones, lines, keys, contacts.
    Operate,
    /// Changes everything.
    Administer,
}

/// A token to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TokenToAdd {
    /// What people call it.
    #[schema(example = "backup")]
    name: String,
    /// What it may.
    scope: ScopeWord,
    /// For how many days it holds; for ever if nothing is said.
    #[schema(minimum = 1, maximum = 3650)]
    days: Option<u32>,
}

/// A token that was just made.
#[derive(Serialize, ToSchema)]
struct FreshToken {
    #[serde(flatten)]
    token: TokenView,
    /// What the program shows: it is told only now.
    secret: String,
}

/// Make a token
#[utoipa::path(post, path = "/tokens", tag = "tokens", request_body = TokenToAdd,
    responses((status = 201, description = "It is made", body = FreshToken)),
    security(("token" = ["administer"])))]
async fn add_token(
    Administrator(who): Administrator,
    State(app): State<App>,
    Json(body): Json<TokenToAdd>,
) -> Result<Answer, Problem> {
    let scope = match body.scope {
        ScopeWord::Read => Scope::ALL[0],
        ScopeWord::Operate => Scope::ALL[1],
        ScopeWord::Administer => Scope::ALL[2],
    };
    if body.days.is_some_and(|days| !(1..=3650).contains(&days)) {
        return Err(Problem::field("days", "a token holds for 1 to 3650 days, or for ever"));
    }
    let expires = body.days.map(|days| calendar::now() + i64::from(days) * 86_400);
    let fresh = token::make(&store(&app)?.by(&who.name), &body.name, scope, expires).await?;
    let location = format!("{}/tokens/{}", super::BASE, segment(&fresh.kept.name));
    let made = FreshToken { token: TokenView::new(&fresh.kept), secret: fresh.shown };
    Ok(Answer::created(&made, location))
}

/// The token of an address.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct TokenPath {
    /// Its name.
    name: String,
}

/// What was removed.
#[derive(Debug, Serialize, ToSchema)]
struct RemovedToken {
    /// Its name.
    name: String,
}

/// Remove a token: whoever shows it is nobody any more
#[utoipa::path(delete, path = "/tokens/{name}", tag = "tokens", params(TokenPath),
    responses((status = 200, description = "It is removed", body = RemovedToken)),
    security(("token" = ["administer"])))]
async fn remove_token(
    Administrator(who): Administrator,
    State(app): State<App>,
    Path(path): Path<TokenPath>,
) -> Result<Answer, Problem> {
    store(&app)?.by(&who.name).remove_token(&path.name).await?;
    Ok(Answer::done(&RemovedToken { name: path.name }))
}
