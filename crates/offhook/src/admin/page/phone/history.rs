//! What a phone did: boot by boot, the newest first, each request with how it ended.

use askama::Template;
use axum::extract::State;
use provision::timeline::{Boot, Event, Outcome, Verdict};

use super::here::Here;
use super::made::Looked;
use crate::admin::access::Viewer;
use crate::admin::page::answer::Answer;
use crate::admin::page::fleet::{colour, short};
use crate::admin::page::frame::Frame;
use crate::listener::App;

/// So many boots are told.
const BOOTS: usize = 20;

#[derive(Template)]
#[template(path = "phone_history.html")]
struct History {
    frame: Frame,
    tab: &'static str,
    looked: Looked,
    verdict: Option<Verdict>,
    boots: Vec<Boot>,
    wrong: Vec<String>,
}

pub(super) async fn show(_: Viewer, State(app): State<App>, Here { frame, looked, .. }: Here) -> Answer {
    let found = app.timeline.verdict(looked.phone().mac).await;
    let found = found.inspect_err(|error| tracing::warn!(%error, "no history can be shown"));
    let (verdict, mut boots) = found.map_or((None, Vec::new()), |(verdict, boots)| (Some(verdict), boots));
    boots.reverse();
    boots.truncate(BOOTS);
    let page = History { frame, tab: "/history", looked, verdict, boots, wrong: Vec::new() };
    page.frame.page(&page)
}

/// A moment in milliseconds, for people.
fn moment(at: i64) -> String {
    crate::trust::calendar::utc(at.div_euclid(1000))
}

/// How long after the beginning something happened.
fn seconds(at: &i64, boot: &Boot) -> String {
    let after = (at - boot.began()).max(0);
    if after < 1000 { format!("{after} ms") } else { format!("{}.{} s", after / 1000, after % 1000 / 100) }
}

/// The colour of an outcome.
fn shade(event: &Event) -> &'static str {
    match event.outcome {
        _ if event.outcome.is_good() => "good",
        _ if event.is_normal() => "",
        Outcome::Cut => "warn",
        _ => "bad",
    }
}

/// Bytes for people.
fn size(bytes: &u64) -> String {
    match *bytes {
        0 => String::new(),
        bytes @ 1..10_000 => format!("{bytes} B"),
        bytes @ 10_000..10_000_000 => format!("{} KB", bytes / 1000),
        bytes => format!("{} MB", bytes / 1_000_000),
    }
}
