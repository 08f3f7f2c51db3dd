//! `/phones/{phone}/verdict` and `/phones/{phone}/timeline`: what state a phone is in, and what it did; `/verdicts`: all phones.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Conditions};
use super::ask::{Path, mac};
use super::phones::PhonePath;
use super::problem::{Kind, Problem, failed};
use crate::admin::access::Viewer;
use crate::listener::App;
use crate::timeline::Error;
use crate::timeline::view::{self, BootView, VerdictView};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(verdict_of_phone))
        .routes(routes!(timeline_of_phone))
        .routes(routes!(count_verdicts))
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Off => Self::new(Kind::Unavailable, "this server keeps no timeline"),
            Error::Store(error) => failed(&error),
        }
    }
}

/// Say what state a phone is in, why, and what to do next
///
/// Also for phones that nobody added.
#[utoipa::path(get, path = "/phones/{phone}/verdict", tag = "timeline", params(PhonePath),
    responses((status = 200, description = "The verdict", body = VerdictView)),
    security(("token" = ["read"])))]
async fn verdict_of_phone(
    _: Viewer,
    State(app): State<App>,
    Path(path): Path<PhonePath>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let mac = mac(&path.phone)?;
    let (verdict, _) = app.timeline.verdict(mac).await?;
    Ok(Answer::read(&view::verdict(&mac.device_name(), &verdict), &conditions))
}

/// What a phone did.
#[derive(Debug, Serialize, ToSchema)]
struct TimelineView {
    /// The phone.
    phone: String,
    /// Its boots, the oldest first.
    boots: Vec<BootView>,
}

/// Show what a phone did, boot by boot
#[utoipa::path(get, path = "/phones/{phone}/timeline", tag = "timeline", params(PhonePath),
    responses((status = 200, description = "Its boots", body = TimelineView)),
    security(("token" = ["read"])))]
async fn timeline_of_phone(
    _: Viewer,
    State(app): State<App>,
    Path(path): Path<PhonePath>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let mac = mac(&path.phone)?;
    let boots = app.timeline.boots(mac).await?.iter().map(view::boot).collect();
    Ok(Answer::read(&TimelineView { phone: mac.device_name(), boots }, &conditions))
}

/// How many phones there are with each verdict.
#[derive(Debug, Serialize, ToSchema)]
struct VerdictCounts {
    /// One for each rule, in the order in which they are tried.
    items: Vec<VerdictCount>,
}

/// How many phones there are with a verdict.
#[derive(Debug, Serialize, ToSchema)]
struct VerdictCount {
    /// The rule.
    verdict: &'static str,
    /// `fine`, `note`, `warning` or `problem`.
    severity: &'static str,
    /// When it holds.
    when: &'static str,
    /// How many phones, when they were judged last.
    phones: usize,
}

/// Count phones by verdict
#[utoipa::path(get, path = "/verdicts", tag = "timeline",
    responses((status = 200, description = "Every rule, and how many phones it holds for", body = VerdictCounts)),
    security(("token" = ["read"])))]
async fn count_verdicts(_: Viewer, State(app): State<App>, conditions: Conditions) -> Answer {
    let count = |(rule, phones): (&'static provision::timeline::Rule, usize)| VerdictCount {
        verdict: rule.id,
        severity: rule.severity.word(),
        when: rule.when,
        phones,
    };
    Answer::read(
        &VerdictCounts { items: app.timeline.counts().into_iter().map(count).collect() },
        &conditions,
    )
}
