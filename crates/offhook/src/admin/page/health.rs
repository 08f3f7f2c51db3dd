//! What the doctor finds, on a page.

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::routing::get;
use serde::Deserialize;

use super::answer::{Answer, Refused};
use super::frame::Frame;
use crate::admin::access::Operator;
use crate::doctor::{Chapter, Level, Site, examine};
use crate::listener::App;

pub(super) fn router() -> Router<App> {
    Router::new().route("/health", get(show))
}

#[derive(Debug, Default, Deserialize)]
struct Asked {
    play: Option<String>,
}

#[derive(Template)]
#[template(path = "health.html")]
struct Page {
    frame: Frame,
    summary: String,
    chapters: Vec<Chapter>,
    played: bool,
}

/// Operators only: it says what lies where on this machine.
async fn show(frame: Frame, _: Operator, State(app): State<App>, Query(asked): Query<Asked>) -> Answer {
    let resolved = (*app.config.load_full()).clone();
    let played = asked.play.is_some();
    let bound = app.bound.by_name();
    let looked = tokio::task::spawn_blocking(move || {
        let site = Site { resolved, bound };
        let all = examine(site, played);
        all.filter(|chapter| !chapter.findings.is_empty()).collect::<Vec<_>>()
    });
    let chapters = looked.await.map_err(|failed| Refused::Broken(failed.to_string()))?;
    let count =
        |level| chapters.iter().flat_map(|c| &c.findings).filter(|found| found.level == level).count();
    let summary = match (count(Level::Wrong), count(Level::Note)) {
        (0, 0) => "All is well.".to_owned(),
        (0, notes) => format!("Nothing is wrong; worth a look: {notes}."),
        (wrong, notes) => format!("Wrong: {wrong}. Worth a look: {notes}."),
    };
    frame.clone().page(&Page { frame, summary, chapters, played })
}

fn tone(level: &Level) -> &'static str {
    match level {
        Level::Good => "good",
        Level::Note => "warn",
        Level::Wrong => "bad",
    }
}

fn word(level: &Level) -> &'static str {
    match level {
        Level::Good => "Good",
        Level::Note => "Worth a look",
        Level::Wrong => "Wrong",
    }
}
