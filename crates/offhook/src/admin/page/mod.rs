//! The page: what a person looks at. Server-rendered, without a build step; works without JavaScript.
//!
//! # Adding a page
//!
//! 1. A template in `crates/offhook/templates/NAME.html`:
//!
//!    ```html
//!    {% extends "layout.html" %}
//!    {% block title %}Sites{% endblock %}
//!    {% block main %}<h1>Sites</h1> … {% endblock %}
//!    ```
//!
//!    Forms say `<form method="post" action="/sites">{% include "token.html" %} …`. No inline script or style: the
//!    policy of `headers` forbids them. The classes are those of `static/offhook.css`; look at `users.html` for cards,
//!    tables that fold on telephones, badges, forms, notices. A dangerous button asks first by a `<details class="sure">`.
//! 2. A file here with `pub(super) fn router() -> Router<App>`, merged in `router` below:
//!
//!    ```text
//!    #[derive(Template)]
//!    #[template(path = "sites.html")]
//!    struct Sites { frame: Frame, sites: Vec<Group> }
//!
//!    async fn show(frame: Frame, _: Viewer) -> Answer {
//!        let sites = frame.store()?.groups(GroupKind::Site).await?;
//!        frame.clone().page(&Sites { frame, sites })
//!    }
//!
//!    async fn add(frame: Frame, _: Operator, form: Filled) -> Answer {
//!        let name = form.text("name");
//!        frame.store()?.change(&[…]).await?;        // the audit knows who: `Frame::store` has an author
//!        frame.back_to("/sites", "Site added")       // 303, and a notice on the page that follows
//!    }
//!    ```
//!
//!    Every handler takes one of `Viewer`, `Operator`, `Administrator` of [`super::access`]; `Filled` is the only way to
//!    read a form, and looks at its token. `?` on errors of the store and of `edit` becomes a page: what the user did wrong
//!    is 422 with the sentence, the rest 500 and a line in the log. To show a refusal beside the form instead, match on it
//!    and render the form again with the `Filled` values.
//! 3. A row in `navigation::NAVIGATION`.
//!
//! Tests: `crates/offhook/tests/page/` has a browserless client (`Visitor`) that logs in and fills forms, and a browser.

use axum::extract::DefaultBodyLimit;
use axum::routing::get;
use axum::{Router, middleware};

use crate::listener::App;

pub mod answer;
mod assets;
mod audit;
mod contacts;
mod dhcp;
mod documents;
mod files;
mod fleet;
pub mod form;
pub mod frame;
mod groups;
mod headers;
mod health;
mod layer;
mod lines;
pub(super) mod live;
mod login;
pub mod navigation;
pub mod paging;
mod phone;
pub mod session;
mod trust;
mod unknown;
mod users;

/// The largest form: an editor of a hundred keys has some tens of kilobytes.
const LARGEST_FORM: usize = 1 << 20;

/// Everything below `/` that is neither the API nor health.
pub(super) fn router(_app: &App) -> Router<App> {
    Router::new()
        .route("/", get(home))
        .merge(assets::router())
        .merge(login::router())
        .merge(fleet::router())
        .merge(phone::router())
        .merge(lines::router())
        .merge(audit::router())
        .merge(users::router())
        .merge(live::router())
        .merge(contacts::router())
        .merge(dhcp::router())
        .merge(groups::router())
        .merge(health::router())
        .merge(unknown::router())
        .merge(documents::router())
        .merge(files::router())
        .merge(trust::router())
        .fallback(answer::nothing_there)
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
        .layer(middleware::from_fn(headers::guard))
}

async fn home(frame: frame::Frame, _: super::access::Viewer) -> answer::Answer {
    frame.go_to("/phones")
}
