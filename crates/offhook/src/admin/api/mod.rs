//! The REST API: everything the commands can do, for programs.
//!
//! One file per noun. Every handler says in its [`utoipa::path`] what it takes and gives, and in its arguments who may; the
//! description of all of them is made from that. What goes wrong is a `problem`, what is read has a tag (`answer`),
//! what is changed goes through [`crate::edit`].

mod answer;
mod ask;
mod catalogue;
mod certificates;
mod commands;
mod contacts;
mod control;
mod description;
mod documents;
mod exports;
mod groups;
mod health;
mod holder;
mod imports;
mod keys;
mod lines;
mod lscs;
mod made;
mod office;
mod overrides;
mod paging;
mod phones;
mod plan;
mod problem;
mod reports;
mod stream;
mod timeline;
pub mod token;
mod tokens;
mod tools;
mod trust;
mod users;
mod view;
mod waiting;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, StatusCode};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::admin::page::live;
use crate::listener::App;
use problem::{KIND, Kind, Problem};

/// Where it is.
pub const BASE: &str = "/api/v1";
/// The header in which commands on this machine say who is behind root.
pub const PERSON: &str = "offhook-person";
/// The header that tells which offhook answers.
pub const VERSION: &str = "offhook-version";

/// `/api/v1/…`.
pub(super) fn router(app: &App) -> Router<App> {
    let (routes, document) = described();
    let text: Arc<str> = pretty(&document).into();
    let document = move || {
        let text = text.clone();
        async move {
            let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-cache")];
            (headers, text.to_string())
        }
    };
    let routes = routes
        .route("/openapi.json", get(document))
        .merge(live::at("/events"))
        .fallback(async || {
            Problem::not_found("there is nothing at this address; /api/v1/openapi.json lists what there is")
        })
        .method_not_allowed_fallback(async || Problem::new(Kind::MethodNotAllowed, "see the header Allow"));
    Router::new()
        .nest(BASE, routes)
        .layer(middleware::from_fn_with_state(token::Guard::new(app.clone()), token::guard))
        .layer(middleware::from_fn(in_our_words))
}

/// The description of the API, as it is served and as `docs/openapi.json` keeps it.
#[must_use]
pub fn description() -> String {
    pretty(&described().1)
}

fn pretty(document: &OpenApi) -> String {
    let mut text = document.to_pretty_json().expect("a description is texts, numbers and lists");
    text.push('\n');
    text
}

/// All addresses, and the description that is made of them.
fn described() -> (Router<App>, OpenApi) {
    let all = [
        health::routes(),
        phones::routes(),
        keys::routes(),
        overrides::routes(),
        made::routes(),
        waiting::routes(),
        lines::routes(),
        groups::routes(),
        documents::routes(),
        contacts::routes(),
        catalogue::routes(),
        commands::routes(),
        plan::routes(),
        imports::routes(),
        exports::routes(),
        trust::routes(),
        certificates::routes(),
        control::routes(),
        tools::routes(),
        lscs::routes(),
        reports::routes(),
        timeline::routes(),
        tokens::routes(),
        users::routes(),
    ];
    let begin = OpenApiRouter::with_openapi(description::begin());
    let (routes, mut document) = all.into_iter().fold(begin, OpenApiRouter::merge).split_for_parts();
    description::complete(&mut document);
    (routes, document)
}

/// Whatever answered, axum or somebody else: what went wrong is told in one manner.
async fn in_our_words(request: Request<Body>, next: Next) -> Response {
    let mut response = next.run(request).await;
    // Elsewhere people are sent to the log-in; programs are told.
    let to_log_in = response.status() == StatusCode::SEE_OTHER;
    let status = if to_log_in { StatusCode::UNAUTHORIZED } else { response.status() };
    let ours = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == KIND)
        && response.extensions().get::<problem::Ours>().is_some();
    if (status.is_client_error() || status.is_server_error()) && !ours {
        let allow = response.headers_mut().remove(ALLOW);
        response = Problem::of(status).into_response();
        if let Some(allow) = allow {
            response.headers_mut().insert(ALLOW, allow);
        }
    }
    response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response.headers_mut().insert(VERSION, HeaderValue::from_static(env!("CARGO_PKG_VERSION")));
    response
}
