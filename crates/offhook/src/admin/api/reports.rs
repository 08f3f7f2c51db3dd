//! `/quality` and `/problem-reports`: what users reported from their phones.

use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;

use crate::listener::App;

mod contents;
mod problems;
mod quality;

pub(super) fn routes() -> OpenApiRouter<App> {
    quality::routes().merge(problems::routes())
}

/// The report of an address.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct ReportPath {
    /// Its number.
    id: i64,
}
