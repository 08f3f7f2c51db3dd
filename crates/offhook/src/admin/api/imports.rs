//! `/imports`: many phones or contacts at once, as a job that tells how far it is.
//!
//! Jobs are kept in the database: a request that is sent again with the same key is not done again, whatever happened
//! meanwhile, and a job whose server is gone is told as such.

mod jobs;
mod view;
mod work;

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use provision::exchange::Format;
use provision::phonebook;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Conditions};
use super::ask::{Path, Query, body};
use super::office::store;
use super::problem::{Kind, Problem};
use crate::admin::access::{Operator, Viewer};
use crate::edit::{BOOK, plain};
use crate::listener::App;
use jobs::{Jobs, told};
use view::JobView;
use work::Work;

/// A hundred thousand phones with all their keys are about half of that.
const MOST_BYTES: usize = 64 << 20;

/// The longest key that makes a request the same request.
const LONGEST_KEY: usize = 200;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_imports))
        .routes(routes!(import_phones))
        .routes(routes!(import_contacts))
        .routes(routes!(show_import))
        .layer(Extension(Arc::new(Jobs::default())))
}

/// How phones are imported.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
struct PhoneOptions {
    /// Only tell what would change.
    dry_run: bool,
    /// Leave columns alone that nobody knows, instead of refusing the file.
    skip_unknown: bool,
}

/// How contacts are imported.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
struct ContactOptions {
    /// Only tell what would change.
    dry_run: bool,
    /// Leave columns alone that nobody knows, instead of refusing the file.
    skip_unknown: bool,
    /// The book of contacts that name none: `all` if nothing is said.
    book: Option<String>,
    /// Remove what is in the books of the file and not in the file.
    replace: bool,
}

/// The type of a body, without its details.
fn kind(headers: &HeaderMap) -> String {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// By what a request is known again.
fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    let key = key.to_str().unwrap_or_default().trim();
    if key.is_empty() || key.len() > LONGEST_KEY {
        let text = format!("Idempotency-Key is 1 to {LONGEST_KEY} characters of ASCII");
        return Err(Problem::new(Kind::Invalid, text));
    }
    Ok(Some(key.to_owned()))
}

fn begun(view: &JobView) -> Answer {
    Answer::accepted(view, format!("{}/imports/{}", super::BASE, view.id))
}

/// Add and change many phones, all or none
///
/// The body is a table, JSON or YAML as `offhook phone import` reads it. It is done as a job: look at `Location` until its
/// state is `done` or `failed`. A request that is sent again with the same `Idempotency-Key` gives the same job.
#[utoipa::path(post, path = "/imports/phones", tag = "imports",
    params(PhoneOptions, ("Idempotency-Key" = Option<String>, Header, description = "Makes a request that is sent again the same request", max_length = 200)),
    request_body(content((String = "text/csv"), (serde_json::Value = "application/json"), (serde_json::Value = "application/yaml")), description = "The phones"),
    responses((status = 202, description = "The job", body = JobView, headers(("Location" = String, description = "The job")))),
    security(("token" = ["operate"])))]
async fn import_phones(
    Operator(who): Operator,
    State(app): State<App>,
    Extension(jobs): Extension<Arc<Jobs>>,
    Query(options): Query<PhoneOptions>,
    request: Request<Body>,
) -> Result<Answer, Problem> {
    let headers = request.headers().clone();
    let format = match kind(&headers).as_str() {
        "text/csv" => Format::Csv,
        "application/json" => Format::Json,
        "application/yaml" | "application/x-yaml" | "text/yaml" => Format::Yaml,
        _ => {
            let text = "send text/csv, application/json or application/yaml, and say so in Content-Type";
            return Err(Problem::new(Kind::UnsupportedMediaType, text));
        }
    };
    let (key, bytes) = (key(&headers)?, body(request.into_body(), MOST_BYTES).await?);
    let work = Work::Phones { bytes, format, skip_unknown: options.skip_unknown };
    let view = jobs.begin(store(&app)?.by(&who.name), &who.name, key, work, options.dry_run).await?;
    Ok(begun(&view))
}

/// Add and change many contacts, all or none
///
/// The body is a table or vCards as `offhook contact import` reads them; else as for phones.
#[utoipa::path(post, path = "/imports/contacts", tag = "imports",
    params(ContactOptions, ("Idempotency-Key" = Option<String>, Header, description = "Makes a request that is sent again the same request", max_length = 200)),
    request_body(content((String = "text/csv"), (String = "text/vcard")), description = "The contacts"),
    responses((status = 202, description = "The job", body = JobView, headers(("Location" = String, description = "The job")))),
    security(("token" = ["operate"])))]
async fn import_contacts(
    Operator(who): Operator,
    State(app): State<App>,
    Extension(jobs): Extension<Arc<Jobs>>,
    Query(options): Query<ContactOptions>,
    request: Request<Body>,
) -> Result<Answer, Problem> {
    let headers = request.headers().clone();
    let format = match kind(&headers).as_str() {
        "text/csv" => phonebook::Format::Csv,
        "text/vcard" | "text/x-vcard" => phonebook::Format::Vcard,
        _ => {
            let text = "send text/csv or text/vcard, and say so in Content-Type";
            return Err(Problem::new(Kind::UnsupportedMediaType, text));
        }
    };
    let book = plain("import", "book", options.book.as_deref().unwrap_or(BOOK))?;
    let (key, bytes) = (key(&headers)?, body(request.into_body(), MOST_BYTES).await?);
    let work =
        Work::Contacts { bytes, format, skip_unknown: options.skip_unknown, book, replace: options.replace };
    let view = jobs.begin(store(&app)?.by(&who.name), &who.name, key, work, options.dry_run).await?;
    Ok(begun(&view))
}

/// Jobs.
#[derive(Debug, Serialize, ToSchema)]
struct JobList {
    /// The newest first.
    items: Vec<JobView>,
}

/// List imports, without what was wrong in each
#[utoipa::path(get, path = "/imports", tag = "imports",
    responses((status = 200, description = "The newest first", body = JobList)),
    security(("token" = ["read"])))]
async fn list_imports(_: Viewer, State(app): State<App>, conditions: Conditions) -> Result<Answer, Problem> {
    let jobs = store(&app)?.jobs().await?;
    let items = jobs.iter().map(|job| Ok(told(job)?.short())).collect::<Result<_, Problem>>()?;
    Ok(Answer::read(&JobList { items }, &conditions))
}

/// The job of an address.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct JobPath {
    /// Its number.
    id: i64,
}

/// Show how far an import is, and what came of it
#[utoipa::path(get, path = "/imports/{id}", tag = "imports", params(JobPath),
    responses((status = 200, description = "The job", body = JobView)),
    security(("token" = ["read"])))]
async fn show_import(
    _: Viewer,
    State(app): State<App>,
    Path(path): Path<JobPath>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let job = store(&app)?.job(path.id).await?;
    let none = || Problem::not_found(format!("there is no import {}, or no longer", path.id));
    Ok(Answer::read(&told(&job.ok_or_else(none)?)?, &conditions))
}
