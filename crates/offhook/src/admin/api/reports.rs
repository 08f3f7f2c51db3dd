//! `/quality` and `/problem-reports`: what users reported from their phones.

use axum::extract::State;
use provision::mac::Mac;
use serde::{Deserialize, Serialize};
use store::{Page, Quality, QualityQuery, Report, ReportQuery};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Conditions};
use super::ask::{Path, Query};
use super::office::store;
use super::problem::{Kind, Problem};
use super::view::{Listing, limit, wrong_cursor};
use crate::admin::access::Viewer;
use crate::listener::App;
use crate::trust::calendar;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_quality))
        .routes(routes!(show_quality))
        .routes(routes!(list_problem_reports))
}

/// Which reports.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Filter {
    /// Only of this phone.
    phone: Option<String>,
    /// How many at most: 50 if nothing is said.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// What the part before gave as `next`.
    cursor: Option<String>,
}

impl Filter {
    fn mac(&self) -> Result<Option<Mac>, Problem> {
        let wrong = |error| Problem::new(Kind::Invalid, format!("that is no phone: {error}"));
        self.phone.as_deref().map(str::parse).transpose().map_err(wrong)
    }

    fn page(&self) -> Result<Page<i64>, Problem> {
        let wrong = |_| wrong_cursor();
        let after = self.cursor.as_deref().map(str::parse).transpose().map_err(wrong)?;
        Ok(Page { after, ..Page::first(limit(self.limit)?) })
    }
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
    let page = filter.page()?;
    let query = QualityQuery { mac: filter.mac()?, ..QualityQuery::default() };
    let listed = store(&app)?.quality_reports(&query, &page).await?;
    let full = listed.rows.len() == page.limit as usize;
    let next = listed.rows.last().filter(|_| full).map(|report| report.id.to_string());
    let items = listed.rows.iter().map(QualityView::new).collect();
    Ok(Answer::read(&Listing { items, total: listed.total, next }, &conditions))
}

/// The report of an address.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct ReportPath {
    /// Its number.
    id: i64,
}

/// Show a report about a call
#[utoipa::path(get, path = "/quality/{id}", tag = "reports", params(ReportPath),
    responses((status = 200, description = "The report", body = QualityView)),
    security(("token" = ["read"])))]
async fn show_quality(
    _: Viewer,
    State(app): State<App>,
    Path(path): Path<ReportPath>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let report = store(&app)?.quality(path.id).await?;
    let report = report.ok_or_else(|| Problem::not_found(format!("there is no report {}", path.id)))?;
    Ok(Answer::read(&QualityView::new(&report), &conditions))
}

/// A problem report that a phone uploaded.
#[derive(Debug, Serialize, ToSchema)]
struct ProblemReportView {
    /// Its number.
    id: i64,
    /// The phone.
    phone: String,
    /// When.
    at: String,
    /// The phone's serial number, as it said.
    serial: String,
    /// Its user, as it said.
    user: String,
    /// The address it came from.
    source: String,
    /// How long the file is.
    bytes: i64,
    /// The name of the file in the folder of reports.
    file: String,
    /// What should be known of it; empty when all is well.
    note: String,
}

/// List problem reports that phones uploaded, the newest first
#[utoipa::path(get, path = "/problem-reports", tag = "reports", params(Filter),
    responses((status = 200, description = "Part of the list", body = Listing<ProblemReportView>)),
    security(("token" = ["read"])))]
async fn list_problem_reports(
    _: Viewer,
    State(app): State<App>,
    Query(filter): Query<Filter>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let page = filter.page()?;
    let query = ReportQuery { mac: filter.mac()?, ..ReportQuery::default() };
    let listed = store(&app)?.reports(&query, &page).await?;
    let full = listed.rows.len() == page.limit as usize;
    let next = listed.rows.last().filter(|_| full).map(|report| report.id.to_string());
    let view = |report: Report| ProblemReportView {
        id: report.id,
        phone: report.mac.device_name(),
        at: calendar::utc(report.at),
        serial: report.serial,
        user: report.user,
        source: report.source,
        bytes: report.bytes,
        file: report.file,
        note: report.note,
    };
    let items = listed.rows.into_iter().map(view).collect();
    Ok(Answer::read(&Listing { items, total: listed.total, next }, &conditions))
}
