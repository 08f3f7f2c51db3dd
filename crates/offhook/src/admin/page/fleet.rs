//! The fleet: all phones, those that fit a question, and what is done to many at once.

use askama::Template;
use axum::Router;
use axum::routing::get;

use super::answer::Answer;
use super::frame::Frame;
use crate::admin::access::Viewer;
use crate::listener::App;

pub(super) fn router() -> Router<App> {
    Router::new().route("/phones", get(list))
}

#[derive(Template)]
#[template(path = "fleet.html")]
struct Fleet {
    frame: Frame,
}

async fn list(frame: Frame, _: Viewer) -> Answer {
    let page = Fleet { frame };
    page.frame.page(&page)
}
