//! `/problem-reports`: what phones uploaded when their users asked for it.

use std::io;
use std::path::PathBuf;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde::{Deserialize, Serialize};
use store::{Page, Report, ReportQuery};
use tokio::io::AsyncReadExt as _;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::answer::{Answer, Conditions};
use super::super::ask::{Path, Query};
use super::super::exports::file;
use super::super::office::store;
use super::super::paging::{Listing, page, phone};
use super::super::problem::{Kind, Problem, failed};
use super::super::stream;
use super::ReportPath;
use super::contents::ReportContents;
use crate::admin::access::{Operator, Viewer};
use crate::listener::App;
use crate::reports::{self, ReportError};
use crate::trust::calendar;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_problem_reports))
        .routes(routes!(show_problem_report, remove_problem_report))
        .routes(routes!(problem_report_as_it_came))
        .routes(routes!(file_of_problem_report))
}

/// So much of a report is held at once.
const PART: usize = 64 << 10;

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

impl ProblemReportView {
    fn new(report: &Report) -> Self {
        let report = report.clone();
        Self {
            id: report.id,
            phone: report.mac.device_name(),
            at: calendar::utc(report.at),
            serial: report.serial,
            user: report.user,
            source: report.source,
            bytes: report.bytes,
            file: report.file,
            note: report.note,
        }
    }
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
    let page: Page<i64> = page(filter.limit, filter.cursor.as_deref())?;
    let query = ReportQuery { mac: phone(filter.phone.as_deref())?, ..ReportQuery::default() };
    let listed = store(&app)?.reports(&query, &page).await?;
    let listing = Listing::of(&listed, &page, |report| report.id.to_string(), ProblemReportView::new);
    Ok(Answer::read(&listing, &conditions))
}

/// The report and its file, which may be elsewhere.
async fn find(app: &App, id: i64) -> Result<(Report, PathBuf), Problem> {
    let report = store(app)?.report(id).await?;
    let report = report.ok_or_else(|| Problem::not_found(format!("there is no problem report {id}")))?;
    let path = reports::file(&app.config.load().data_dir, &report)?;
    Ok((report, path))
}

impl From<ReportError> for Problem {
    fn from(error: ReportError) -> Self {
        match &error {
            ReportError::Gone { id, .. } => Self::not_found(format!(
                "the file of report {id} is not here: another server of this database keeps it, or somebody took it away"
            )),
            ReportError::Kind(_) => Self::new(
                Kind::Conflict,
                "it is neither an archive (tar, tar.gz) nor a log: /problem-reports/{id}/file gives it as it came",
            ),
            ReportError::Damaged { problem, .. } => {
                Self::new(Kind::Conflict, format!("it is damaged: {problem}"))
            }
            ReportError::TooMuch { most, .. } => Self::new(
                Kind::Conflict,
                format!(
                    "that is more than {} MiB: /problem-reports/{{id}}/file gives the report as it came",
                    most >> 20
                ),
            ),
            ReportError::Io { .. } | ReportError::Name(_) => failed(&error),
        }
    }
}

/// A problem report with what is in it.
#[derive(Debug, Serialize, ToSchema)]
struct WholeProblemReport {
    #[serde(flatten)]
    report: ProblemReportView,
    /// What is in it.
    contents: ReportContents,
}

/// Show what a phone complains about in a report, and the files in it
#[utoipa::path(get, path = "/problem-reports/{id}", tag = "reports", params(ReportPath),
    responses((status = 200, description = "The report", body = WholeProblemReport)),
    security(("token" = ["read"])))]
async fn show_problem_report(
    _: Viewer,
    State(app): State<App>,
    Path(path): Path<ReportPath>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let (report, path) = find(&app, path.id).await?;
    // A large archive takes its time.
    let looked = tokio::task::spawn_blocking(move || reports::look(&path)).await;
    let contents = ReportContents::new(looked.map_err(|error| failed(&error))??);
    let whole = WholeProblemReport { report: ProblemReportView::new(&report), contents };
    Ok(Answer::read(&whole, &conditions))
}

/// Give a report as it came from the phone, a tar.gz as a rule
#[utoipa::path(get, path = "/problem-reports/{id}/file", tag = "reports", params(ReportPath),
    responses((status = 200, description = "The file", body = Vec<u8>, content_type = "application/octet-stream")),
    security(("token" = ["operate"])))]
async fn problem_report_as_it_came(
    _: Operator,
    State(app): State<App>,
    Path(path): Path<ReportPath>,
) -> Result<Response, Problem> {
    let (report, path) = find(&app, path.id).await?;
    let mut from = tokio::fs::File::open(&path).await.map_err(|error| failed(&error))?;
    let body = stream::body(async move |to| -> io::Result<()> {
        loop {
            let mut part = vec![0; PART];
            let length = from.read(&mut part).await?;
            if length == 0 {
                return Ok(());
            }
            part.truncate(length);
            to.give(part).await?;
        }
    });
    Ok(file(body, "application/octet-stream", &report.file))
}

/// Which file of a report.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Inside {
    /// Its name in the report, as the report's contents tell it.
    #[param(example = "prt/syslog.log")]
    name: String,
}

/// Give one file that is in a report; nothing in it is executed or trusted
#[utoipa::path(get, path = "/problem-reports/{id}/content", tag = "reports", params(ReportPath, Inside),
    responses((status = 200, description = "The file, as bytes of no type", body = Vec<u8>, content_type = "application/octet-stream")),
    security(("token" = ["operate"])))]
async fn file_of_problem_report(
    _: Operator,
    State(app): State<App>,
    Path(path): Path<ReportPath>,
    Query(inside): Query<Inside>,
) -> Result<Response, Problem> {
    let (_, path) = find(&app, path.id).await?;
    let name = inside.name.clone();
    let read = tokio::task::spawn_blocking(move || reports::content(&path, &name)).await;
    let bytes = read.map_err(|error| failed(&error))??;
    let none = || Problem::not_found(format!("there is no file {:?} in that report", inside.name));
    let headers = [(CONTENT_TYPE, "application/octet-stream"), (CACHE_CONTROL, "private, no-cache")];
    Ok((headers, bytes.ok_or_else(none)?).into_response())
}

/// What was removed.
#[derive(Debug, Serialize, ToSchema)]
struct RemovedReport {
    /// Its number.
    id: i64,
}

/// Remove a problem report with its file
#[utoipa::path(delete, path = "/problem-reports/{id}", tag = "reports", params(ReportPath),
    responses((status = 200, description = "It is removed", body = RemovedReport)),
    security(("token" = ["operate"])))]
async fn remove_problem_report(
    Operator(who): Operator,
    State(app): State<App>,
    Path(path): Path<ReportPath>,
) -> Result<Answer, Problem> {
    let store = store(&app)?.by(&who.name);
    let none = || Problem::not_found(format!("there is no problem report {}", path.id));
    let report = store.report(path.id).await?.ok_or_else(none)?;
    // The file first: a row without a file says so, a file without a row takes room in secret.
    reports::delete(&app.config.load().data_dir, &report)?;
    store.remove_report(path.id).await?;
    store
        .note("removed", &format!("problem report {} of {}", report.id, report.mac.device_name()), &[])
        .await?;
    Ok(Answer::done(&RemovedReport { id: report.id }))
}
