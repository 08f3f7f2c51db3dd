//! `/exports`: all phones or contacts as a file, so that importing it again changes nothing. It is made while it is sent.

use std::io;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use provision::exchange::{Chosen, Columns, Format, Writer};
use provision::inventory::{Bundle, Contact};
use provision::mac::Mac;
use provision::phonebook;
use serde::{Deserialize, Serialize};
use store::{Page, PhoneQuery, Store};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ask::Query;
use super::office::store;
use super::phones::Wanted;
use super::problem::Problem;
use super::stream;
use super::view::StateWord;
use crate::admin::access::Viewer;
use crate::listener::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(export_phones)).routes(routes!(export_contacts))
}

/// So many phones or contacts are held at a time.
const PORTION: u32 = 200;

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
    fn query(self) -> Result<PhoneQuery, Problem> {
        let Self { text, model, site, profile, state, line, .. } = self;
        Wanted { text, model, site, profile, state, line }.query()
    }
}

/// Phones with all that belongs to them, part by part in the order of their addresses.
struct Shelf {
    store: Store,
    query: PhoneQuery,
    after: Option<Mac>,
}

impl Shelf {
    fn new(store: &Store, query: PhoneQuery) -> Self {
        Self { store: store.clone(), query, after: None }
    }

    /// The next ones; none at the end.
    async fn next(&mut self) -> store::Result<Vec<Bundle>> {
        if self.query == PhoneQuery::default() {
            let portion = self.store.bundles(self.after, PORTION).await?;
            self.after = portion.last().map_or(self.after, |last| Some(last.phone.mac));
            return Ok(portion);
        }
        let mut portion = Vec::new();
        // One that went away meanwhile is passed over; an empty part would be the end.
        while portion.is_empty() {
            let page = Page { after: self.after, offset: 0, limit: PORTION };
            let rows = self.store.phones(&self.query, &page).await?.rows;
            let Some(last) = rows.last() else { break };
            self.after = Some(last.mac);
            for row in &rows {
                portion.extend(self.store.bundle(row.mac).await?);
            }
        }
        Ok(portion)
    }
}

/// Something that was not there when the columns of a table were counted.
fn changed() -> io::Error {
    io::Error::other("somebody changed what is exported meanwhile; ask again")
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
    let (store, wanted, chosen) = (store(&app)?, query.query()?, Chosen { secrets: false });
    let mut columns = Columns::default();
    let mut shelf = Shelf::new(store, wanted.clone());
    // Only a table has to know all its columns before its first row.
    while let (Format::Csv, portion @ [_, ..]) = (format, &shelf.next().await?[..]) {
        portion.iter().for_each(|bundle| columns.add(bundle, chosen));
    }
    let (mut shelf, mut writer) = (Shelf::new(store, wanted), Writer::new(format, chosen, &columns));
    let body = stream::body(async move |to| {
        to.give(writer.head()).await?;
        loop {
            let portion = shelf.next().await.map_err(io::Error::other)?;
            if portion.is_empty() {
                return to.give(writer.tail()).await;
            }
            let part: Option<String> = portion.iter().map(|bundle| writer.phone(bundle)).collect();
            to.give(part.ok_or_else(changed)?).await?;
        }
    });
    Ok(file(body, kind, name))
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
    let mut columns = phonebook::Columns::default();
    let mut book = Book { store: store(&app)?.clone(), book: query.book, after: i64::MIN };
    while let (phonebook::Format::Csv, portion @ [_, ..]) = (format, &book.next().await?[..]) {
        portion.iter().for_each(|contact| columns.add(contact));
    }
    book.after = i64::MIN;
    let body = stream::body(async move |to| {
        to.give(phonebook::head(format, &columns)).await?;
        loop {
            let portion = book.next().await.map_err(io::Error::other)?;
            if portion.is_empty() {
                return Ok(());
            }
            let one = |contact| phonebook::row(contact, format, &columns);
            let part: Option<String> = portion.iter().map(one).collect();
            to.give(part.ok_or_else(changed)?).await?;
        }
    });
    Ok(file(body, kind, name))
}

/// Contacts, part by part in the order of their numbers.
struct Book {
    store: Store,
    book: Option<String>,
    after: i64,
}

impl Book {
    /// The next ones; none at the end.
    async fn next(&mut self) -> store::Result<Vec<Contact>> {
        loop {
            let mut portion = self.store.contacts_after(self.after, PORTION).await?;
            let Some(last) = portion.last() else { return Ok(portion) };
            self.after = last.id;
            portion.retain(|contact| self.book.as_ref().is_none_or(|book| contact.book == *book));
            if !portion.is_empty() {
                return Ok(portion);
            }
        }
    }
}

/// A file that is written while it is sent.
pub(super) fn file(body: Body, kind: &'static str, name: &str) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [
        (CONTENT_TYPE, kind.to_owned()),
        (CACHE_CONTROL, "no-store".to_owned()),
        (CONTENT_DISPOSITION, disposition),
    ];
    (headers, body).into_response()
}
