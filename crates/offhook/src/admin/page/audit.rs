//! The audit: who did what, when, and what was before and after.

use askama::Template;
use axum::Router;
use axum::extract::Query;
use axum::routing::get;
use serde::{Deserialize, Serialize};
use store::{AuditQuery, Audited, Page};

use super::answer::Answer;
use super::frame::Frame;
use super::paging::{Pager, ROWS};
use crate::admin::access::Viewer;
use crate::listener::App;

pub(super) fn router() -> Router<App> {
    Router::new().route("/audit", get(list))
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Asked {
    q: String,
    author: String,
    subject: String,
    page: u64,
}

#[derive(Template)]
#[template(path = "audit.html")]
struct List {
    frame: Frame,
    asked: Asked,
    rows: Vec<Audited>,
    pager: Pager,
}

async fn list(frame: Frame, _: Viewer, Query(asked): Query<Asked>) -> Answer {
    let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let query = AuditQuery {
        text: some(&asked.q),
        author: some(&asked.author),
        subject: some(&asked.subject),
        ..AuditQuery::default()
    };
    let listed = frame.store()?.audit(&query, &Page::at(Pager::offset(asked.page), ROWS)).await?;
    let pager = Pager::new(asked.page, listed.total, "/audit", &asked);
    let page = List { frame, asked, rows: listed.rows, pager };
    page.frame.page(&page)
}

/// Where what was changed is shown.
fn place(subject: &str) -> Option<String> {
    let phone = subject.strip_prefix("phone ")?;
    Some(format!("/phones/{phone}"))
}
