//! `/quality`: what users reported about calls.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use store::{Page, Quality, QualityQuery, QualitySummary};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::answer::{Answer, Conditions};
use super::super::ask::{Path, Query};
use super::super::office::store;
use super::super::paging::{Listing, page, phone};
use super::super::problem::Problem;
use super::ReportPath;
use crate::admin::access::Viewer;
use crate::listener::App;
use crate::trust::calendar;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_quality))
        .routes(routes!(quality_by_phone))
        .routes(routes!(show_quality))
}

/// Which reports.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Filter {
    /// Only of this phone.
    phone: Option<String>,
    /// Only with this reason, as the user chose it.
    reason: Option<String>,
    /// How many at most: 50 if nothing is said.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// What the part before gave as `next`.
    cursor: Option<String>,
}

/// A report about a call. Times are milliseconds.
#[derive(Debug, Serialize, ToSchema)]
struct QualityView {
    /// Its number.
    id: i64,
    /// The phone.
    phone: String,
    /// When.
    at: String,
    /// The line of the call, as far as it is known.
    line: Option<String>,
    /// What the user chose.
    reason: String,
    /// The codec.
    codec: Option<String>,
    /// Packets that the phone got.
    packets: Option<i64>,
    /// Packets that never reached the phone.
    lost: Option<i64>,
    /// How unevenly they came.
    jitter_ms: Option<f64>,
    /// Packets that the phone sent.
    sent: Option<i64>,
    /// Packets of the phone that were lost on their way.
    sent_lost: Option<i64>,
    /// How unevenly those of the phone came.
    sent_jitter_ms: Option<f64>,
    /// There and back.
    round_trip_ms: Option<f64>,
}

/// Milliseconds of microseconds.
fn thousandths(micros: i64) -> f64 {
    // Calls have no times beyond what this holds exactly.
    f64::from(i32::try_from(micros).unwrap_or(i32::MAX)) / 1000.0
}

impl QualityView {
    fn new(report: &Quality) -> Self {
        let call = &report.call;
        Self {
            id: report.id,
            phone: report.mac.device_name(),
            at: calendar::utc(report.at),
            line: report.line.clone(),
            reason: report.reason.clone(),
            codec: call.codec.clone(),
            packets: call.packets,
            lost: call.lost,
            jitter_ms: call.jitter.map(thousandths),
            sent: call.sent,
            sent_lost: call.sent_lost,
            sent_jitter_ms: call.sent_jitter.map(thousandths),
            round_trip_ms: call.round_trip.map(thousandths),
        }
    }
}

/// List reports about calls, the newest first
#[utoipa::path(get, path = "/quality", tag = "reports", params(Filter),
    responses((status = 200, description = "Part of the list", body = Listing<QualityView>)),
    security(("token" = ["read"])))]
async fn list_quality(
    _: Viewer,
    State(app): State<App>,
    Query(filter): Query<Filter>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let page: Page<i64> = page(filter.limit, filter.cursor.as_deref())?;
    let mac = phone(filter.phone.as_deref())?;
    let query = QualityQuery { mac, reason: filter.reason, ..QualityQuery::default() };
    let listed = store(&app)?.quality_reports(&query, &page).await?;
    let listing = Listing::of(&listed, &page, |report| report.id.to_string(), QualityView::new);
    Ok(Answer::read(&listing, &conditions))
}

/// A report about a call, with what the phone or the PBX said of it.
#[derive(Debug, Serialize, ToSchema)]
struct WholeQuality {
    #[serde(flatten)]
    report: QualityView,
    /// The figures as they were told.
    raw: String,
}

/// Show a report about a call
#[utoipa::path(get, path = "/quality/{id}", tag = "reports", params(ReportPath),
    responses((status = 200, description = "The report", body = WholeQuality)),
    security(("token" = ["read"])))]
async fn show_quality(
    _: Viewer,
    State(app): State<App>,
    Path(path): Path<ReportPath>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let report = store(&app)?.quality(path.id).await?;
    let report = report.ok_or_else(|| Problem::not_found(format!("there is no report {}", path.id)))?;
    let raw = report.call.raw.clone();
    Ok(Answer::read(&WholeQuality { report: QualityView::new(&report), raw }, &conditions))
}

/// All that the reports of a phone say together.
#[derive(Debug, Serialize, ToSchema)]
struct QualityOfPhone {
    /// The phone.
    phone: String,
    /// How many reports.
    reports: i64,
    /// When the last one came.
    last: String,
    /// Packets that the phone got.
    packets: Option<i64>,
    /// Packets that never reached it.
    lost: Option<i64>,
    /// How unevenly they came, at the worst.
    jitter_ms: Option<f64>,
    /// There and back, at the worst.
    round_trip_ms: Option<f64>,
}

impl QualityOfPhone {
    fn new(summary: &QualitySummary) -> Self {
        Self {
            phone: summary.mac.device_name(),
            reports: summary.reports,
            last: calendar::utc(summary.last),
            packets: summary.packets,
            lost: summary.lost,
            jitter_ms: summary.jitter.map(thousandths),
            round_trip_ms: summary.round_trip.map(thousandths),
        }
    }
}

/// What all phones reported.
#[derive(Debug, Serialize, ToSchema)]
struct QualityOfPhones {
    /// Phone by phone.
    items: Vec<QualityOfPhone>,
}

/// Which phones.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Which {
    /// Only this phone.
    phone: Option<String>,
    /// Only with this reason, as the user chose it.
    reason: Option<String>,
}

/// Show phone by phone what users reported about calls
#[utoipa::path(get, path = "/quality/phones", tag = "reports", params(Which),
    responses((status = 200, description = "Phones with reports", body = QualityOfPhones)),
    security(("token" = ["read"])))]
async fn quality_by_phone(
    _: Viewer,
    State(app): State<App>,
    Query(which): Query<Which>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let mac = phone(which.phone.as_deref())?;
    let query = QualityQuery { mac, reason: which.reason, ..QualityQuery::default() };
    let items = store(&app)?.quality_by_phone(&query).await?.iter().map(QualityOfPhone::new).collect();
    Ok(Answer::read(&QualityOfPhones { items }, &conditions))
}
