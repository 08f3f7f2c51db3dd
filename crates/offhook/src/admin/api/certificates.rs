//! `/certificates` and `/manufacturers`: the certificates of this server, and those that vouch for phones from the factory.
//! Private keys neither come nor go this way.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use pki::Certificate;
use pki::chain::Manufacturer;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Conditions};
use super::ask::{Json, Path};
use super::office::store;
use super::problem::{Kind, Problem, failed};
use super::view::segment;
use crate::admin::access::{Administrator, Viewer};
use crate::enrol::{Maker, Vouchers};
use crate::listener::App;
use crate::trust::{Current, Stored, calendar};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_certificates))
        .routes(routes!(show_certificate))
        .routes(routes!(certificate_as_pem))
        .routes(routes!(list_manufacturers, add_manufacturer))
        .routes(routes!(remove_manufacturer))
}

/// The certificates of this server.
#[derive(Debug, Serialize, ToSchema)]
struct Certificates {
    /// By name.
    items: Vec<CertificateView>,
}

/// A certificate of this server.
#[derive(Debug, Serialize, ToSchema)]
struct CertificateView {
    /// Its name here.
    name: String,
    /// Whose it says it is.
    subject: String,
    /// Who says so.
    issuer: String,
    /// Its serial number, in hexadecimal digits.
    serial: String,
    /// What key it has.
    key: String,
    /// The roles it has in trust lists.
    roles: Vec<String>,
    /// Whether its key is on this machine.
    key_is_here: bool,
    /// From when on it holds.
    not_before: String,
    /// Until when.
    not_after: String,
    /// Whether it holds now.
    valid: bool,
    /// Its fingerprint.
    sha256: String,
}

impl CertificateView {
    fn new(stored: &Stored, current: &Current) -> Self {
        let certificate = &stored.certificate;
        Self {
            name: stored.name.clone(),
            subject: certificate.subject().to_owned(),
            issuer: certificate.issuer().to_owned(),
            serial: pki::digest::hex(certificate.serial()),
            key: certificate.key_kind().to_string(),
            roles: current.state.listed(stored).iter().map(ToString::to_string).collect(),
            key_is_here: stored.identity().is_some(),
            not_before: calendar::utc(certificate.not_before()),
            not_after: calendar::utc(certificate.not_after()),
            valid: certificate.is_valid_at(calendar::now()),
            sha256: certificate.sha256_hex(),
        }
    }
}

fn current(app: &App) -> Result<std::sync::Arc<Current>, Problem> {
    app.artifacts.trust().current().map_err(|error| failed(&error))
}

fn find<'a>(current: &'a Current, name: &str) -> Result<&'a Stored, Problem> {
    let none = || Problem::not_found(format!("there is no certificate {name}"));
    current.certificates.find(name).ok_or_else(none)
}

/// List the certificates of this server
#[utoipa::path(get, path = "/certificates", tag = "trust",
    responses((status = 200, description = "All of them", body = Certificates)),
    security(("token" = ["read"])))]
async fn list_certificates(
    _: Viewer,
    State(app): State<App>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let current = current(&app)?;
    let view = |stored: &Stored| CertificateView::new(stored, &current);
    let items = current.certificates.iter().map(view).collect();
    Ok(Answer::read(&Certificates { items }, &conditions))
}

/// The certificate of an address.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct Named {
    /// Its name.
    #[param(example = "tftp")]
    name: String,
}

/// Show a certificate of this server
#[utoipa::path(get, path = "/certificates/{name}", tag = "trust", params(Named),
    responses((status = 200, description = "The certificate", body = CertificateView)),
    security(("token" = ["read"])))]
async fn show_certificate(
    _: Viewer,
    State(app): State<App>,
    Path(path): Path<Named>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let current = current(&app)?;
    Ok(Answer::read(&CertificateView::new(find(&current, &path.name)?, &current), &conditions))
}

/// A certificate as a file.
pub(super) fn pem(certificate: &Certificate) -> Response {
    let headers = [(CONTENT_TYPE, "application/x-pem-file"), (CACHE_CONTROL, "private, no-cache")];
    (headers, certificate.to_pem()).into_response()
}

/// Give a certificate of this server as PEM, without its key
#[utoipa::path(get, path = "/certificates/{name}/file", tag = "trust", params(Named),
    responses((status = 200, description = "The certificate", body = String, content_type = "application/x-pem-file")),
    security(("token" = ["read"])))]
async fn certificate_as_pem(
    _: Viewer,
    State(app): State<App>,
    Path(path): Path<Named>,
) -> Result<Response, Problem> {
    Ok(pem(&find(&*current(&app)?, &path.name)?.certificate))
}

/// Somebody who makes phones.
#[derive(Debug, Serialize, ToSchema)]
struct ManufacturerView {
    /// The name here.
    name: String,
    /// Whose certificate it is.
    subject: String,
    /// Until when it holds.
    not_after: String,
    /// Whether phones count whose certificate, or this one, has ended.
    allow_expired: bool,
    /// Its fingerprint.
    sha256: String,
}

impl ManufacturerView {
    fn new(name: &str, manufacturer: &Manufacturer) -> Self {
        let certificate = &manufacturer.certificate;
        Self {
            name: name.to_owned(),
            subject: certificate.subject().to_owned(),
            not_after: calendar::utc(certificate.not_after()),
            allow_expired: manufacturer.allow_expired,
            sha256: certificate.sha256_hex(),
        }
    }
}

/// All manufacturers.
#[derive(Debug, Serialize, ToSchema)]
struct Manufacturers {
    /// By name.
    items: Vec<ManufacturerView>,
}

fn vouchers(app: &App) -> Vouchers {
    Vouchers::open(&app.config.load().data_dir)
}

/// List the manufacturers whose phones may prove themselves by the certificate from the factory
#[utoipa::path(get, path = "/manufacturers", tag = "trust",
    responses((status = 200, description = "All of them", body = Manufacturers)),
    security(("token" = ["read"])))]
async fn list_manufacturers(
    _: Viewer,
    State(app): State<App>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let makers = vouchers(&app).makers().map_err(|error| failed(&error))?;
    let view = |Maker { name, manufacturer }: &Maker| ManufacturerView::new(name, manufacturer);
    Ok(Answer::read(&Manufacturers { items: makers.iter().map(view).collect() }, &conditions))
}

/// A manufacturer to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ManufacturerToAdd {
    /// A name for it: letters, digits and hyphens.
    #[schema(example = "cisco-sha2")]
    name: String,
    /// Its certificate, as PEM.
    pem: String,
    /// Phones count also after their certificate, or this one, has ended: most old phones' have.
    #[serde(default)]
    allow_expired: bool,
}

/// Longer names are no names of files.
const LONGEST_NAME: usize = 64;

/// Bring the certificate of a manufacturer along
#[utoipa::path(post, path = "/manufacturers", tag = "trust", request_body = ManufacturerToAdd,
    responses((status = 201, description = "It is added", body = ManufacturerView)),
    security(("token" = ["administer"])))]
async fn add_manufacturer(
    Administrator(who): Administrator,
    State(app): State<App>,
    Json(body): Json<ManufacturerToAdd>,
) -> Result<Answer, Problem> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let begins = body.name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if !begins || body.name.len() > LONGEST_NAME || !body.name.chars().all(fits) {
        let text = format!("a name is 1 to {LONGEST_NAME} letters, digits and hyphens");
        return Err(Problem::field("name", text));
    }
    let vouchers = vouchers(&app);
    let makers = vouchers.makers().map_err(|error| failed(&error))?;
    if makers.iter().any(|maker| maker.name == body.name) {
        return Err(Problem::new(Kind::Exists, format!("there is a manufacturer {} already", body.name)));
    }
    let read = Certificate::all_from_pem(body.pem.as_bytes());
    let wrong = |error: String| Problem::field("pem", error);
    let mut all = read.map_err(|error| wrong(error.to_string()))?;
    let certificate = match (all.pop(), all.is_empty()) {
        (Some(one), true) => one,
        _ => return Err(wrong("send one certificate at a time".to_owned())),
    };
    let manufacturer = Manufacturer { certificate, allow_expired: body.allow_expired };
    vouchers.import(&body.name, &manufacturer).map_err(|error| failed(&error))?;
    let sha256 = manufacturer.certificate.sha256_hex();
    let fields = [("sha256", None, Some(sha256.as_str()))];
    store(&app)?.by(&who.name).note("added", &format!("manufacturer {}", body.name), &fields).await?;
    let location = format!("{}/manufacturers/{}", super::BASE, segment(&body.name));
    Ok(Answer::created(&ManufacturerView::new(&body.name, &manufacturer), location))
}

/// What was removed.
#[derive(Debug, Serialize, ToSchema)]
struct RemovedManufacturer {
    /// Its name.
    name: String,
}

/// Let phones of a manufacturer no longer prove themselves by the certificate from the factory
#[utoipa::path(delete, path = "/manufacturers/{name}", tag = "trust", params(Named),
    responses((status = 200, description = "It is removed", body = RemovedManufacturer)),
    security(("token" = ["administer"])))]
async fn remove_manufacturer(
    Administrator(who): Administrator,
    State(app): State<App>,
    Path(path): Path<Named>,
) -> Result<Answer, Problem> {
    let vouchers = vouchers(&app);
    // Only one that is in the list: a name in an address is nobody's path.
    let makers = vouchers.makers().map_err(|error| failed(&error))?;
    if !makers.iter().any(|maker| maker.name == path.name) {
        return Err(Problem::not_found(format!("there is no manufacturer {}", path.name)));
    }
    vouchers.remove(&path.name).map_err(|error| failed(&error))?;
    store(&app)?.by(&who.name).note("removed", &format!("manufacturer {}", path.name), &[]).await?;
    Ok(Answer::done(&RemovedManufacturer { name: path.name }))
}
