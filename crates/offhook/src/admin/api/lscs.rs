//! `/lscs` and `/phones/{phone}/lsc`: the certificates of phones.

use axum::extract::State;
use provision::mac::Mac;
use serde::{Deserialize, Serialize};
use store::{EnrolmentQuery, Page};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Conditions};
use super::ask::{Json, Path, Query, mac};
use super::office::store;
use super::paging::{self, Listing};
use super::phones::PhonePath;
use super::problem::{Kind, Problem, failed};
use crate::admin::access::{Administrator, Viewer};
use crate::enrol::{Enrolments, Record, Scheduled};
use crate::listener::App;
use crate::trust::calendar;
use schedule::LscToSchedule;
use view::LscView;

mod schedule;
mod view;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_lscs))
        .routes(routes!(show_lsc))
        .routes(routes!(schedule_lsc, cancel_lsc))
        .routes(routes!(revoke_lsc))
}

/// Which phones.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
struct Filter {
    /// Only those that still have something to do.
    scheduled: bool,
    /// Only those whose certificate ends within so many days, or has ended.
    #[param(minimum = 0, maximum = 36500)]
    ends_within: Option<u32>,
    /// How many at most: 50 if nothing is said.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// What the part before gave as `next`.
    cursor: Option<String>,
}

/// List phones that enrol or hold a certificate, by address
#[utoipa::path(get, path = "/lscs", tag = "trust", params(Filter),
    responses((status = 200, description = "Part of the list", body = Listing<LscView>)),
    security(("token" = ["read"])))]
async fn list_lscs(
    _: Viewer,
    State(app): State<App>,
    Query(filter): Query<Filter>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let page: Page<Mac> = paging::page(filter.limit, filter.cursor.as_deref())?;
    let now = calendar::now();
    if filter.ends_within.is_some_and(|days| days > 36_500) {
        return Err(Problem::new(Kind::Invalid, "ends_within is at most a hundred years"));
    }
    let ends_before = filter.ends_within.map(|days| now + i64::from(days) * 86_400);
    let query = EnrolmentQuery { scheduled: filter.scheduled, ends_before };
    let listed = store(&app)?.enrolments(&query, &page).await?;
    let mut items = Vec::new();
    for kept in &listed.rows {
        let record = crate::enrol::record(kept).map_err(|error| failed(&error))?;
        items.push(LscView::new(kept.mac, &record, now));
    }
    Ok(Answer::read(&Listing::new(&listed, &page, |kept| kept.mac.device_name(), items), &conditions))
}

fn enrolments(app: &App) -> Result<Enrolments, Problem> {
    Ok(Enrolments::new(store(app)?.clone()))
}

async fn view(app: &App, mac: Mac) -> Result<LscView, Problem> {
    let record = enrolments(app)?.read(mac).await.map_err(|error| failed(&error))?;
    Ok(LscView::new(mac, &record.unwrap_or_default(), calendar::now()))
}

/// The phone, which must be in the inventory: who schedules something for a mistyped address waits for ever.
async fn known(app: &App, path: &PhonePath) -> Result<Mac, Problem> {
    let mac = mac(&path.phone)?;
    super::office::reader(app).await?.phone(mac).await?;
    Ok(mac)
}

/// Show a phone's certificate, and what is to become of it
#[utoipa::path(get, path = "/phones/{phone}/lsc", tag = "trust", params(PhonePath),
    responses((status = 200, description = "What is known of it", body = LscView)),
    security(("token" = ["read"])))]
async fn show_lsc(
    _: Viewer,
    State(app): State<App>,
    Path(path): Path<PhonePath>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let mac = known(&app, &path).await?;
    Ok(Answer::read(&view(&app, mac).await?, &conditions))
}

/// What was scheduled.
#[derive(Debug, Serialize, ToSchema)]
struct LscScheduled {
    #[serde(flatten)]
    lsc: LscView,
    /// The password to type on the phone; it is told only now.
    password: Option<String>,
}

/// Let a phone install, show or delete a certificate when it comes by next
#[utoipa::path(put, path = "/phones/{phone}/lsc/schedule", tag = "trust", params(PhonePath), request_body = LscToSchedule,
    responses((status = 200, description = "It is scheduled", body = LscScheduled)),
    security(("token" = ["administer"])))]
async fn schedule_lsc(
    Administrator(who): Administrator,
    State(app): State<App>,
    Path(path): Path<PhonePath>,
    Json(body): Json<LscToSchedule>,
) -> Result<Answer, Problem> {
    let now = calendar::now();
    let (schedule, password) = body.schedule(now)?;
    let mac = known(&app, &path).await?;
    let scheduled = Scheduled { schedule, at: now };
    let enrolments = Enrolments::new(store(&app)?.by(&who.name));
    enrolments
        .change(mac, |record| record.scheduled = Some(scheduled))
        .await
        .map_err(|error| failed(&error))?;
    Ok(Answer::done(&LscScheduled { lsc: view(&app, mac).await?, password }))
}

/// Take back what was scheduled; a certificate the phone holds stays as it is
#[utoipa::path(delete, path = "/phones/{phone}/lsc/schedule", tag = "trust", params(PhonePath),
    responses((status = 200, description = "Nothing is scheduled", body = LscView)),
    security(("token" = ["administer"])))]
async fn cancel_lsc(
    Administrator(who): Administrator,
    State(app): State<App>,
    Path(path): Path<PhonePath>,
) -> Result<Answer, Problem> {
    let mac = known(&app, &path).await?;
    let enrolments = Enrolments::new(store(&app)?.by(&who.name));
    enrolments.change(mac, |record| record.scheduled = None).await.map_err(|error| failed(&error))?;
    Ok(Answer::done(&view(&app, mac).await?))
}

/// Let the certificates of a phone prove nothing from now on
#[utoipa::path(post, path = "/phones/{phone}/lsc/revoke", tag = "trust", params(PhonePath),
    responses((status = 200, description = "They prove nothing any more", body = LscView)),
    security(("token" = ["administer"])))]
async fn revoke_lsc(
    Administrator(who): Administrator,
    State(app): State<App>,
    Path(path): Path<PhonePath>,
) -> Result<Answer, Problem> {
    let (mac, now) = (known(&app, &path).await?, calendar::now());
    let enrolments = Enrolments::new(store(&app)?.by(&who.name));
    let revoke = move |record: &mut Record| {
        let held = record.held.as_ref().map(|held| held.certificate.clone());
        let issued = record.issued.take().map(|issued| issued.certificate);
        held.into_iter().chain(issued).for_each(|certificate| record.revoke(&certificate, now));
    };
    enrolments.change(mac, revoke).await.map_err(|error| failed(&error))?;
    Ok(Answer::done(&view(&app, mac).await?))
}
