//! What the administrator asks, over the admin listener: the page, the REST API, metrics and health.
//!
//! [`access`] says who somebody is and what they may; a handler that changes something takes one of its types and cannot
//! be written without. [`api`] speaks JSON to programs, [`page`] HTML to people, [`health`] to monitoring.

use std::net::SocketAddr;

use axum::Router;

use crate::listener::App;

pub mod access;
pub mod api;
mod health;
pub mod page;
pub mod people;

/// Everything the admin listener answers.
pub fn router(app: App) -> Router {
    Router::new().merge(health::router()).merge(api::router(&app)).merge(page::router(&app)).with_state(app)
}

/// Whose connection a request came over; in the extensions of every request.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    /// The other end.
    pub peer: SocketAddr,
    /// Whether over TLS.
    pub secure: bool,
}
