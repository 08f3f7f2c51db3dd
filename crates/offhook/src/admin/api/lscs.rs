//! `/lscs` and `/phones/{phone}/lsc`: the certificates of phones.

use axum::extract::State;
use axum::response::Response;
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
use crate::admin::access::{Administrator, Principal, Viewer};
use crate::enrol::{Enrolments, Record, Scheduled};
use crate::listener::App;
use crate::trust::calendar;
use schedule::LscToSchedule;
use view::{LscView, ScheduledView};

mod schedule;
mod view;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_lscs))
        .routes(routes!(show_lsc))
        .routes(routes!(show_schedule, schedule_lsc, cancel_lsc))
        .routes(routes!(revoke_lsc))
        .routes(routes!(encrypt_for_lsc))
        .routes(routes!(lsc_as_pem))
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

/// Changes what is known of a phone, in somebody's name.
async fn change(
    app: &App,
    who: &Principal,
    mac: Mac,
    change: impl FnOnce(&mut Record) -> Result<(), Problem> + Send + 'static,
) -> Result<(), Problem> {
    let enrolments = Enrolments::new(store(app)?.by(&who.name));
    enrolments.change(mac, change).await.map_err(|error| failed(&error))?
}

/// Show what a phone is to do when it comes by next
#[utoipa::path(get, path = "/phones/{phone}/lsc/schedule", tag = "trust", params(PhonePath),
    responses((status = 200, description = "What is scheduled", body = ScheduledView)),
    security(("token" = ["read"])))]
async fn show_schedule(
    _: Viewer,
    State(app): State<App>,
    Path(path): Path<PhonePath>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let mac = known(&app, &path).await?;
    let none = || Problem::not_found(format!("nothing is scheduled for {}", mac.device_name()));
    Ok(Answer::read(&view(&app, mac).await?.scheduled.ok_or_else(none)?, &conditions))
}

/// Give the certificate that a phone holds, as PEM, for a PBX that is to know it
#[utoipa::path(get, path = "/phones/{phone}/lsc/certificate", tag = "trust", params(PhonePath),
    responses((status = 200, description = "The certificate", body = String, content_type = "application/x-pem-file")),
    security(("token" = ["read"])))]
async fn lsc_as_pem(
    _: Viewer,
    State(app): State<App>,
    Path(path): Path<PhonePath>,
) -> Result<Response, Problem> {
    let mac = known(&app, &path).await?;
    let record = enrolments(&app)?.read(mac).await.map_err(|error| failed(&error))?;
    let held = record.and_then(|record| record.held);
    let none = || Problem::not_found(format!("no certificate of {} is on record", mac.device_name()));
    Ok(super::certificates::pem(&held.ok_or_else(none)?.certificate))
}

/// Whether a configuration is encrypted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Encryption {
    /// Whether.
    encrypt: bool,
}

/// Encrypt the configuration of a phone once it holds a certificate with an RSA key, or no longer
#[utoipa::path(put, path = "/phones/{phone}/lsc/encryption", tag = "trust", params(PhonePath), request_body = Encryption,
    responses((status = 200, description = "What is known of the phone now", body = LscView)),
    security(("token" = ["administer"])))]
async fn encrypt_for_lsc(
    Administrator(who): Administrator,
    State(app): State<App>,
    Path(path): Path<PhonePath>,
    Json(body): Json<Encryption>,
) -> Result<Answer, Problem> {
    let mac = known(&app, &path).await?;
    let encrypt = move |record: &mut Record| {
        record.encrypt = body.encrypt;
        Ok(())
    };
    change(&app, &who, mac, encrypt).await?;
    Ok(Answer::done(&view(&app, mac).await?))
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
    conditions: Conditions,
    Json(body): Json<LscToSchedule>,
) -> Result<Answer, Problem> {
    let now = calendar::now();
    let (schedule, password) = body.schedule(now)?;
    let mac = known(&app, &path).await?;
    let scheduled = Scheduled { schedule, at: now };
    let replace = move |record: &mut Record| {
        conditions.hold_to_replace(LscView::new(mac, record, now).scheduled.as_ref())?;
        record.scheduled = Some(scheduled);
        Ok(())
    };
    change(&app, &who, mac, replace).await?;
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
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let mac = known(&app, &path).await?;
    let cancel = move |record: &mut Record| {
        conditions.hold_for(&LscView::new(mac, record, calendar::now()).scheduled)?;
        record.scheduled = None;
        Ok(())
    };
    change(&app, &who, mac, cancel).await?;
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
    let revoke = move |record: &mut Record| {
        let held = record.held.as_ref().map(|held| held.certificate.clone());
        let issued = record.issued.take().map(|issued| issued.certificate);
        held.into_iter().chain(issued).for_each(|certificate| record.revoke(&certificate, now));
        Ok(())
    };
    change(&app, &who, mac, revoke).await?;
    Ok(Answer::done(&view(&app, mac).await?))
}
