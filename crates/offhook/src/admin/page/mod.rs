//! The page: what a person looks at.

use axum::Router;
use axum::routing::get;

use crate::listener::App;

const ABOUT: &str = "offhook\n\n/metrics  what is counted, for Prometheus\n/healthz  whether the process lives\n\
                     /readyz   whether phones can be served, and what is in the way\n";

/// Everything below `/` that is neither the API nor health.
pub(super) fn router(_app: &App) -> Router<App> {
    Router::new().route("/", get(async || ABOUT))
}
