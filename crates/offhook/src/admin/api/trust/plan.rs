//! `/trust/plan`: what the next trust list would do, phone by phone.

use axum::extract::State;
use provision::ledger::Verdict;
use serde::{Deserialize, Serialize};
use store::Published;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::answer::{Answer, Conditions};
use super::super::ask::Query;
use super::super::office::store;
use super::super::problem::Problem;
use super::desk::{looking, refused};
use super::lists::{ListedView, TrustListView};
use crate::admin::access::Viewer;
use crate::listener::App;
use crate::trust::{Draft, Outlook, Row, calendar};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show_trust_plan))
}

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
pub(super) struct TrustPlan {
    /// The list that phones get now; null when none was published yet.
    published: Option<TrustListView>,
    /// Whether that one holds just the same.
    is_published: bool,
    /// The certificate that would sign the next one.
    signer: String,
    /// Each certificate in each role that would be in it.
    certificates: Vec<ListedView>,
    /// How long it would be.
    bytes: u64,
    /// Certificates that this version of lists cannot hold.
    left_out: Vec<String>,
    /// Whether it lets phones follow another call manager.
    releases: bool,
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
    /// Phone by phone: those that might not take it, or all that are asked for.
    phones: Vec<TrustStanding>,
    /// Phones that are not counted: they have a list of their own in the document root.
    own_lists: Vec<String>,
    /// Phones that are not counted: they were here once and have no configuration any more.
    gone: Vec<String>,
}

/// What a phone would do with the next list.
#[derive(Debug, Serialize, ToSchema)]
struct TrustStanding {
    /// The phone.
    phone: String,
    /// What it is.
    model: Option<&'static str>,
    /// What people call it.
    description: String,
    /// The number of the list it holds; null when that is none of ours, or nobody knows.
    holds: Option<i64>,
    /// Since when.
    holds_since: Option<String>,
    /// In a word.
    would: String,
    /// Why.
    because: String,
    /// Whether it would be lost, or might be.
    lost: bool,
    /// Why it seems to trust another call manager; null when it does not.
    trusts_another: Option<String>,
}

impl TrustPlan {
    /// By the lists that were published.
    pub(super) fn new(draft: &Draft, outlook: &Outlook, history: &[Published], all: bool) -> Self {
        let totals = outlook.totals();
        let shown = |row: &&Row| all || !matches!(row.standing.verdict, Verdict::Accepts(_));
        let signer = draft.listed.iter().find(|one| one.sha256 == draft.contents.signer);
        Self {
            published: outlook.last.as_ref().map(TrustListView::new),
            is_published: outlook.is_published(draft),
            signer: signer.map_or_else(|| draft.contents.signer.clone(), |signer| signer.name.clone()),
            certificates: ListedView::all(&draft.listed),
            bytes: draft.bytes as u64,
            left_out: draft.left_out.clone(),
            releases: draft.contents.releases(),
            added: ListedView::all(&outlook.difference.added),
            removed: ListedView::all(&outlook.difference.removed),
            accepts: totals.accepts,
            refuses: totals.refuses,
            unknown: totals.unknown,
            lost: totals.lost,
            phones: outlook.phones.iter().filter(shown).map(|row| TrustStanding::new(row, history)).collect(),
            own_lists: outlook.own_lists.iter().map(|mac| mac.device_name()).collect(),
            gone: outlook.gone.iter().map(|mac| mac.device_name()).collect(),
        }
    }
}

impl TrustStanding {
    fn new(row: &Row, history: &[Published]) -> Self {
        let held = row.entry.as_ref().and_then(|entry| entry.held.as_ref());
        let number = held
            .and_then(|held| history.iter().find(|list| list.contents.digest == held.contents.digest))
            .map(|list| list.number);
        let foreign = row
            .entry
            .as_ref()
            .and_then(|entry| provision::ledger::foreign_trust(&entry.behaviour(row.model)));
        Self {
            phone: row.mac.device_name(),
            model: row.model.map(|model| model.name),
            description: row.description.clone(),
            holds: number,
            holds_since: held.map(|held| calendar::utc(held.since / 1000)),
            would: row.standing.verdict.word().to_owned(),
            because: row.standing.verdict.to_string(),
            lost: row.standing.is_lost,
            trusts_another: foreign.map(|foreign| foreign.why.to_string()),
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
    let seat = looking(&app)?;
    let (draft, outlook) = seat.desk().outlook().await.map_err(|error| refused(error.into()))?;
    let history = store(&app)?.trust_lists().await?;
    Ok(Answer::read(&TrustPlan::new(&draft, &outlook, &history, which.all), &conditions))
}
