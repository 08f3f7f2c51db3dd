//! `/waiting`: phones that came by themselves and wait to be claimed.

use axum::extract::State;
use provision::inventory::State as PhoneState;
use provision::mac::Mac;
use serde::{Deserialize, Serialize};
use store::{Page, PhoneQuery, Waiting};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Conditions};
use super::ask::{Json, Path, Query};
use super::office::{editing, store};
use super::paging::{self, Listing};
use super::phones::{PhoneDetails, PlacedPhone};
use super::problem::Problem;
use crate::admin::access::{Operator, Viewer};
use crate::listener::App;
use crate::trust::calendar;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_waiting)).routes(routes!(claim_phone))
}

/// Which part of the list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Part {
    /// How many at most: 50 if nothing is said.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// What the part before gave as `next`.
    cursor: Option<String>,
}

/// A phone that waits to be claimed.
#[derive(Debug, Serialize, ToSchema)]
struct WaitingView {
    /// The code on its screen, by which it is claimed.
    code: String,
    /// The phone.
    phone: String,
    /// When it asked first.
    since: String,
    /// When it asked last.
    seen: String,
    /// The address it asked from last.
    source: String,
}

/// List phones that wait to be claimed, by address
#[utoipa::path(get, path = "/waiting", tag = "waiting", params(Part),
    responses((status = 200, description = "Part of the list", body = Listing<WaitingView>)),
    security(("token" = ["read"])))]
async fn list_waiting(
    _: Viewer,
    State(app): State<App>,
    Query(part): Query<Part>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let page: Page<Mac> = paging::page(part.limit, part.cursor.as_deref())?;
    let store = store(&app)?;
    let query = PhoneQuery { state: Some(PhoneState::Waiting), ..PhoneQuery::default() };
    let listed = store.phones(&query, &page).await?;
    let macs: Vec<Mac> = listed.rows.iter().map(|row| row.mac).collect();
    let view = |waiting: Waiting| WaitingView {
        code: waiting.code,
        phone: waiting.mac.device_name(),
        since: calendar::utc(waiting.since),
        seen: calendar::utc(waiting.seen),
        source: waiting.source,
    };
    let items = store.waiting_of(&macs).await?.into_iter().map(view).collect();
    Ok(Answer::read(&Listing::new(&listed, &page, |row| row.mac.device_name(), items), &conditions))
}

/// The phone that waits.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct CodePath {
    /// The code on its screen, or its address.
    #[param(example = "K7QM4X")]
    code: String,
}

/// Claim a phone that waits: it is a phone like any other from then on
#[utoipa::path(post, path = "/waiting/{code}/claim", tag = "waiting", params(CodePath), request_body = PhoneDetails,
    responses((status = 201, description = "It is claimed; restart it, and it comes up", body = PlacedPhone, headers(("Location" = String, description = "The phone")))),
    security(("token" = ["operate"])))]
async fn claim_phone(
    Operator(who): Operator,
    State(app): State<App>,
    Path(path): Path<CodePath>,
    Json(body): Json<PhoneDetails>,
) -> Result<Answer, Problem> {
    let new = body.new_phone()?;
    let placement = editing!(&app, &who, |editor| {
        let waiting = editor.find_waiting(&path.code).await?;
        Ok(editor.claim(&waiting, new.clone()).await?)
    });
    let location = format!("{}/phones/{}", super::BASE, placement.phone.mac.device_name());
    Ok(Answer::created(&PlacedPhone::new(placement), location))
}
