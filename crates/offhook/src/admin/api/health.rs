//! `/health`: what this server is and whether it serves.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::Answer;
use super::office::inventory;
use super::problem::Problem;
use crate::admin::access::Viewer;
use crate::listener::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show_health))
}

/// What this server is.
#[derive(Debug, Serialize, ToSchema)]
struct Health {
    /// The version of offhook.
    version: &'static str,
    /// Whether all listeners accept.
    ready: bool,
    /// Where the inventory is kept, without password.
    database: String,
    /// The number of the last change of the inventory; null while the database does not answer.
    generation: Option<u64>,
    /// The phones there are, waiting and retired ones too; null while the database does not answer.
    phones: Option<u64>,
}

/// Show the version and whether everything works
#[utoipa::path(get, path = "/health", tag = "health",
    responses((status = 200, description = "What this server is", body = Health)),
    security(("token" = ["read"])))]
async fn show_health(_: Viewer, State(app): State<App>) -> Result<Answer, Problem> {
    let inventory = inventory(&app)?;
    let store = inventory.store();
    let generation = store.current_generation().await.ok();
    let phones = store.phones(&store::PhoneQuery::default(), &store::Page::first(0)).await.ok();
    Ok(Answer::done(&Health {
        version: env!("CARGO_PKG_VERSION"),
        ready: app.readiness.get(),
        database: store.name(),
        generation,
        phones: phones.map(|listed| listed.total),
    }))
}
