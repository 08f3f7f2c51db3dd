//! What the administrator asks, over the admin listener: the page, the REST API, metrics and health.
//!
//! [`access`] says who somebody is and what they may; a handler that changes something takes one of its types and cannot
//! be written without. [`api`] speaks JSON to programs, [`page`] HTML to people, `health` to monitoring.

use std::net::SocketAddr;

use axum::Router;

use crate::config::Resolved;
use crate::listener::App;

pub mod access;
pub mod api;
mod expiry;
mod health;
pub mod page;
pub mod people;
mod seat;

/// Everything the admin listener answers.
pub fn router(app: App) -> Router {
    Router::new().merge(health::router()).merge(api::router(&app)).merge(page::router(&app)).with_state(app)
}

/// What commands on this machine ask, over a socket that only those may open who may do everything.
pub fn local_router(app: App) -> Router {
    Router::new().merge(health::router()).merge(api::router(&app)).with_state(app)
}

/// Where a browser finds the page: at the address really bound, else at the configured one. `None` when it is turned off.
#[must_use]
pub fn address(config: &Resolved, bound: Option<SocketAddr>) -> Option<String> {
    let listener = config.listen.admin.as_ref()?;
    let address = bound.or_else(|| listener.addresses.first().copied())?;
    let host = match (address.ip().is_unspecified(), &config.provisioning.server_name) {
        (false, _) => SocketAddr::new(address.ip(), 0).to_string().trim_end_matches(":0").to_owned(),
        (true, Some(name)) => name.clone(),
        (true, None) => "127.0.0.1".to_owned(),
    };
    let scheme = if config.admin.tls { "https" } else { "http" };
    Some(format!("{scheme}://{host}:{}", address.port()))
}

/// In the extensions of requests that came over the socket for commands on this machine.
#[derive(Clone, Copy, Debug)]
pub struct Local;

/// Whose connection a request came over; in the extensions of every request.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    /// The other end.
    pub peer: SocketAddr,
    /// Whether over TLS.
    pub secure: bool,
}
