//! `/exports`: all phones or contacts as a file, so that importing it again changes nothing.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use provision::exchange::{self, Chosen, Format};
use provision::inventory::{Bundle, Number};
use provision::mac::Mac;
use provision::phonebook;
use serde::{Deserialize, Serialize};
use store::{Page, PhoneQuery, Store};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ask::Query;
use super::office::store;
use super::problem::{Kind, Problem, failed};
use super::view::StateWord;
use crate::admin::access::Viewer;
use crate::edit::{self, bulk};
use crate::listener::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(export_phones)).routes(routes!(export_contacts))
}

/// So many phones are asked for at a time.
const PORTION: u32 = 1000;

/// How a file of phones is written.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum PhoneFormat {
    #[default]
    Csv,
    Json,
    Yaml,
}

/// Which phones, and how.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
struct PhoneExport {
    /// How it is written: `csv` if nothing is said.
    #[param(inline)]
    format: PhoneFormat,
    /// Only with this text in address, model, description, notes, or number, name or label of a line.
    text: Option<String>,
    /// Only this model.
    model: Option<String>,
    /// Only at this site.
    site: Option<String>,
    /// Only of this profile.
    profile: Option<String>,
    /// Only in this state.
    #[param(inline)]
    state: Option<StateWord>,
    /// Only with a key of their own for this line.
    line: Option<String>,
}

impl PhoneExport {
    fn query(&self) -> Result<PhoneQuery, Problem> {
        let malformed = |text: String| Problem::new(Kind::Invalid, text);
        let model = self.model.as_deref().map(edit::model).transpose()?;
        let line = self.line.as_deref().map(str::parse::<Number>).transpose();
        Ok(PhoneQuery {
            text: self.text.clone().filter(|text| !text.trim().is_empty()),
            model: model.map(|model| model.name.to_owned()),
            site: self.site.clone(),
            profile: self.profile.clone(),
            state: self.state.map(Into::into),
            line: line.map_err(|error| malformed(error.to_string()))?,
            ..PhoneQuery::default()
        })
    }
}

async fn wanted(store: &Store, query: &PhoneQuery) -> store::Result<Option<BTreeSet<Mac>>> {
    if *query == PhoneQuery::default() {
        return Ok(None);
    }
    let mut found: BTreeSet<Mac> = BTreeSet::new();
    loop {
        let page = Page { after: found.last().copied(), offset: 0, limit: PORTION };
        let rows = store.phones(query, &page).await?.rows;
        if rows.is_empty() {
            return Ok(Some(found));
        }
        found.extend(rows.iter().map(|row| row.mac));
    }
}

async fn bundles(store: &Store, query: &PhoneQuery) -> store::Result<Vec<Bundle>> {
    let wanted = wanted(store, query).await?;
    let (mut bundles, mut after): (Vec<Bundle>, _) = (Vec::new(), None);
    loop {
        let portion = store.bundles(after, PORTION).await?;
        let Some(last) = portion.last() else { return Ok(bundles) };
        after = Some(last.phone.mac);
        let of = |bundle: &Bundle| wanted.as_ref().is_none_or(|wanted| wanted.contains(&bundle.phone.mac));
        bundles.extend(portion.into_iter().filter(of));
    }
}

/// Export phones with their lines, keys and settings, without passwords
#[utoipa::path(get, path = "/exports/phones", tag = "exports", params(PhoneExport),
    responses((status = 200, description = "The file", content((String = "text/csv"), (serde_json::Value = "application/json"), (serde_json::Value = "application/yaml")))),
    security(("token" = ["read"])))]
async fn export_phones(
    _: Viewer,
    State(app): State<App>,
    Query(query): Query<PhoneExport>,
) -> Result<Response, Problem> {
    let (format, kind, name) = match query.format {
        PhoneFormat::Csv => (Format::Csv, "text/csv; charset=utf-8", "phones.csv"),
        PhoneFormat::Json => (Format::Json, "application/json", "phones.json"),
        PhoneFormat::Yaml => (Format::Yaml, "application/yaml", "phones.yaml"),
    };
    let bundles = bundles(store(&app)?, &query.query()?).await?;
    let write = move || exchange::write(&bundles, format, Chosen { secrets: false });
    let text = tokio::task::spawn_blocking(write).await.map_err(|error| failed(&error))?;
    Ok(file(text, kind, name))
}

/// How a file of contacts is written.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ContactFormat {
    #[default]
    Csv,
    Vcard,
}

/// Which contacts, and how.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
struct ContactExport {
    /// How it is written: `csv` if nothing is said.
    #[param(inline)]
    format: ContactFormat,
    /// Only of this book.
    book: Option<String>,
}

/// Export contacts
#[utoipa::path(get, path = "/exports/contacts", tag = "exports", params(ContactExport),
    responses((status = 200, description = "The file", content((String = "text/csv"), (String = "text/vcard")))),
    security(("token" = ["read"])))]
async fn export_contacts(
    _: Viewer,
    State(app): State<App>,
    Query(query): Query<ContactExport>,
) -> Result<Response, Problem> {
    let (format, kind, name) = match query.format {
        ContactFormat::Csv => (phonebook::Format::Csv, "text/csv; charset=utf-8", "contacts.csv"),
        ContactFormat::Vcard => (phonebook::Format::Vcard, "text/vcard; charset=utf-8", "contacts.vcf"),
    };
    let mut contacts = bulk::contacts(store(&app)?).await?;
    contacts.retain(|contact| query.book.as_ref().is_none_or(|book| contact.book == *book));
    let write = move || phonebook::write(&contacts, format);
    let text = tokio::task::spawn_blocking(write).await.map_err(|error| failed(&error))?;
    Ok(file(text, kind, name))
}

fn file(text: String, kind: &'static str, name: &str) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [
        (CONTENT_TYPE, kind.to_owned()),
        (CACHE_CONTROL, "no-store".to_owned()),
        (CONTENT_DISPOSITION, disposition),
    ];
    (headers, text).into_response()
}
