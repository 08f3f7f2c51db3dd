//! `/trust/plan`: what the next trust list would do, phone by phone, and `/trust/lists`: those that were published.

use axum::extract::State;
use provision::ledger::{Listed, Verdict};
use serde::{Deserialize, Serialize};
use store::Published;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Conditions};
use super::ask::Query;
use super::office::store;
use super::problem::{Kind, Problem, failed};
use crate::admin::access::Viewer;
use crate::listener::App;
use crate::trust::{Desk, PublishError, Row, calendar};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show_trust_plan)).routes(routes!(list_trust_lists))
}

/// More phones than this nobody reads; `offhook trust plan --json` has all.
const TOLD: usize = 1000;

/// Which phones.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
struct Which {
    /// Also phones that would take it.
    all: bool,
}

/// What the next list would do.
#[derive(Debug, Serialize, ToSchema)]
struct TrustPlan {
    /// The list that phones get now; null when none was published yet.
    published: Option<TrustListView>,
    /// How long the next one would be.
    bytes: u64,
    /// What would be new in it.
    added: Vec<ListedView>,
    /// What would be gone.
    removed: Vec<ListedView>,
    /// How many phones would take it.
    accepts: u64,
    /// How many would keep what they hold.
    refuses: u64,
    /// Of how many nobody can say.
    unknown: u64,
    /// How many would be lost, or might be.
    lost: u64,
    /// Phone by phone; a thousand at most.
    phones: Vec<TrustStanding>,
}

/// A certificate in a list.
#[derive(Debug, Serialize, ToSchema)]
struct ListedView {
    /// Its name here.
    name: String,
    /// What it is for.
    role: String,
}

/// What a phone would do with the next list.
#[derive(Debug, Serialize, ToSchema)]
struct TrustStanding {
    /// The phone.
    phone: String,
    /// What it is.
    model: Option<&'static str>,
    /// In a word.
    would: String,
    /// Why.
    because: String,
    /// Whether it would be lost, or might be.
    lost: bool,
}

/// A list that was published.
#[derive(Debug, Serialize, ToSchema)]
struct TrustListView {
    /// Its number.
    number: i64,
    /// When.
    at: String,
    /// By whom.
    by: String,
    /// What for.
    purpose: String,
    /// What is to be remembered about it.
    note: String,
    /// How long it is.
    bytes: usize,
}

impl TrustListView {
    fn new(list: &Published) -> Self {
        Self {
            number: list.number,
            at: calendar::utc(list.at),
            by: list.by.clone(),
            purpose: list.purpose.clone(),
            note: list.note.clone(),
            bytes: list.bytes.len(),
        }
    }
}

impl ListedView {
    fn all(listed: &[Listed]) -> Vec<Self> {
        let one = |one: &Listed| Self { name: one.name.clone(), role: one.role.clone() };
        listed.iter().map(one).collect()
    }
}

impl TrustStanding {
    fn new(row: &Row) -> Self {
        Self {
            phone: row.mac.device_name(),
            model: row.model.map(|model| model.name),
            would: row.standing.verdict.word().to_owned(),
            because: row.standing.verdict.to_string(),
            lost: row.standing.is_lost,
        }
    }
}

/// Show what the next trust list would hold, and which phones would take it
#[utoipa::path(get, path = "/trust/plan", tag = "trust", params(Which),
    responses((status = 200, description = "What it would do", body = TrustPlan)),
    security(("token" = ["read"])))]
async fn show_trust_plan(
    _: Viewer,
    State(app): State<App>,
    Query(which): Query<Which>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let settings = app.config.load();
    let desk = Desk { store: store(&app)?, resolved: &settings, trust: app.artifacts.trust() };
    let (draft, outlook) = desk.outlook().await.map_err(|error| match error {
        PublishError::Store(error) => error.into(),
        // A list that cannot be made is the administrator's business, not the server's failure.
        PublishError::Trust(error) => Problem::new(Kind::Conflict, error.to_string()),
        other => failed(&other),
    })?;
    let totals = outlook.totals();
    let shown = |row: &&Row| which.all || !matches!(row.standing.verdict, Verdict::Accepts(_));
    let plan = TrustPlan {
        published: outlook.last.as_ref().map(TrustListView::new),
        bytes: draft.bytes as u64,
        added: ListedView::all(&outlook.difference.added),
        removed: ListedView::all(&outlook.difference.removed),
        accepts: totals.accepts,
        refuses: totals.refuses,
        unknown: totals.unknown,
        lost: totals.lost,
        phones: outlook.phones.iter().filter(shown).take(TOLD).map(TrustStanding::new).collect(),
    };
    Ok(Answer::read(&plan, &conditions))
}

/// The lists that were published.
#[derive(Debug, Serialize, ToSchema)]
struct TrustLists {
    /// As the store has them.
    items: Vec<TrustListView>,
}

/// List the trust lists that were published
#[utoipa::path(get, path = "/trust/lists", tag = "trust",
    responses((status = 200, description = "All of them", body = TrustLists)),
    security(("token" = ["read"])))]
async fn list_trust_lists(
    _: Viewer,
    State(app): State<App>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let lists = store(&app)?.trust_lists().await?;
    Ok(Answer::read(&TrustLists { items: lists.iter().map(TrustListView::new).collect() }, &conditions))
}
