//! The REST API: everything the commands can do, for programs.

use axum::Router;

use crate::listener::App;

/// `/api/v1/…`.
pub(super) fn router(_app: &App) -> Router<App> {
    Router::new()
}
