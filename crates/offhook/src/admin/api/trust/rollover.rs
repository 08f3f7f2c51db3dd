//! `/trust/rollover`: leads phones from one SAST to another, by way of a list that both are in.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use store::Published;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::answer::{Answer, Conditions};
use super::super::ask::Maybe;
use super::super::office::store;
use super::super::problem::Problem;
use super::desk::{looking, ordered, refused};
use super::lists::{Loss, TrustListView};
use super::plan::TrustPlan;
use crate::admin::access::{Administrator, Viewer};
use crate::listener::App;
use crate::trust::{Progress, Rollover};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show_rollover))
        .routes(routes!(start_rollover))
        .routes(routes!(finish_rollover))
        .routes(routes!(abort_rollover))
}

/// A roll-over.
#[derive(Debug, Serialize, ToSchema)]
struct RolloverView {
    /// The certificate that signs lists until it is finished.
    old: String,
    /// The one that signs them from then on.
    new: String,
    /// The SASTs of before.
    before: Vec<String>,
    /// When it was begun.
    since: String,
    /// Who began it.
    by: String,
}

impl RolloverView {
    fn new(rollover: Rollover) -> Self {
        let Rollover { old, new, before, since, by } = rollover;
        Self { old, new, before, since, by }
    }
}

/// How far a roll-over is.
#[derive(Debug, Serialize, ToSchema)]
struct RolloverStatus {
    /// The certificate that signs lists now.
    signer: String,
    /// The roll-over; null when none is under way.
    rollover: Option<RolloverView>,
    /// Whether phones get the list that both SASTs are in.
    is_published: bool,
    /// Whether nobody would be lost by finishing it.
    is_ready: bool,
    /// What the list that finishes it would do; null when no roll-over is under way.
    finish: Option<TrustPlan>,
}

/// Show how far the roll-over is, and which phones are still to come
#[utoipa::path(get, path = "/trust/rollover", tag = "trust",
    responses((status = 200, description = "How far it is", body = RolloverStatus)),
    security(("token" = ["read"])))]
async fn show_rollover(_: Viewer, State(app): State<App>, conditions: Conditions) -> Result<Answer, Problem> {
    let seat = looking(&app)?;
    let signer = seat.desk().list_signer().map_err(refused)?;
    let progress = seat.desk().rollover().await.map_err(refused)?;
    let history = store(&app)?.trust_lists().await?;
    let plan = |progress: &Progress| TrustPlan::new(&progress.draft, &progress.outlook, &history, false);
    let status = RolloverStatus {
        signer,
        is_published: progress.as_ref().is_some_and(|progress| progress.is_published),
        is_ready: progress.as_ref().is_some_and(Progress::is_ready),
        finish: progress.as_ref().map(plan),
        rollover: progress.map(|progress| RolloverView::new(progress.rollover)),
    };
    Ok(Answer::read(&status, &conditions))
}

/// How a roll-over begins.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct RolloverToStart {
    /// The certificate that signs lists when it is finished; a new one is made if none is said.
    to: Option<String>,
    /// How many phones may be lost: none if nothing is said.
    #[schema(format = Int64, maximum = 4_294_967_295_u64)]
    accept_loss: u32,
}

/// What was published, and for which roll-over.
#[derive(Debug, Serialize, ToSchema)]
struct RolledOver {
    /// The list that phones get now.
    published: TrustListView,
    /// The roll-over it is part of.
    rollover: RolloverView,
}

impl RolledOver {
    fn answer((list, rollover): (Published, Rollover)) -> Answer {
        let rollover = RolloverView::new(rollover);
        Answer::done(&Self { published: TrustListView::new(&list), rollover })
    }
}

/// Make a new SAST, and publish the list that both are in
#[utoipa::path(post, path = "/trust/rollover/start", tag = "trust", request_body = Option<RolloverToStart>,
    responses((status = 200, description = "It is begun: all phones are to be restarted", body = RolledOver)),
    security(("token" = ["administer"])))]
async fn start_rollover(
    Administrator(who): Administrator,
    State(app): State<App>,
    Maybe(body): Maybe<RolloverToStart>,
) -> Result<Answer, Problem> {
    let to = body.to.as_deref();
    Ok(RolledOver::answer(
        ordered!(&app, &who, body.accept_loss, |desk, order| desk.start_rollover(to, order))
    ))
}

/// Publish the list that the new SAST signs and the old one is no longer in
#[utoipa::path(post, path = "/trust/rollover/finish", tag = "trust", request_body = Option<Loss>,
    responses((status = 200, description = "It is finished", body = RolledOver)),
    security(("token" = ["administer"])))]
async fn finish_rollover(
    Administrator(who): Administrator,
    State(app): State<App>,
    Maybe(body): Maybe<Loss>,
) -> Result<Answer, Problem> {
    Ok(RolledOver::answer(ordered!(&app, &who, body.accept_loss, |desk, order| desk.finish_rollover(order))))
}

/// Go back: publish a list without the new SAST
#[utoipa::path(post, path = "/trust/rollover/abort", tag = "trust", request_body = Option<Loss>,
    responses((status = 200, description = "It is broken off", body = RolledOver)),
    security(("token" = ["administer"])))]
async fn abort_rollover(
    Administrator(who): Administrator,
    State(app): State<App>,
    Maybe(body): Maybe<Loss>,
) -> Result<Answer, Problem> {
    Ok(RolledOver::answer(ordered!(&app, &who, body.accept_loss, |desk, order| desk.abort_rollover(order))))
}
