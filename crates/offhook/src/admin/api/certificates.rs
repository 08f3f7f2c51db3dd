//! `/certificates`: the certificates of this server.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Conditions};
use super::problem::{Problem, failed};
use crate::admin::access::Viewer;
use crate::listener::App;
use crate::trust::calendar;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_certificates))
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

/// List the certificates of this server
#[utoipa::path(get, path = "/certificates", tag = "trust",
    responses((status = 200, description = "All of them", body = Certificates)),
    security(("token" = ["read"])))]
async fn list_certificates(
    _: Viewer,
    State(app): State<App>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let current = app.artifacts.trust().current().map_err(|error| failed(&error))?;
    let now = calendar::now();
    let view = |stored: &crate::trust::Stored| {
        let certificate = &stored.certificate;
        CertificateView {
            name: stored.name.clone(),
            subject: certificate.subject().to_owned(),
            issuer: certificate.issuer().to_owned(),
            serial: pki::digest::hex(certificate.serial()),
            key: certificate.key_kind().to_string(),
            roles: current.state.listed(stored).iter().map(ToString::to_string).collect(),
            key_is_here: stored.identity().is_some(),
            not_before: calendar::utc(certificate.not_before()),
            not_after: calendar::utc(certificate.not_after()),
            valid: certificate.is_valid_at(now),
            sha256: certificate.sha256_hex(),
        }
    };
    let items = current.certificates.iter().map(view).collect();
    Ok(Answer::read(&Certificates { items }, &conditions))
}
