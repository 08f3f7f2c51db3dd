//! `/trust`: who is given a trust list, and what phones trust each certificate for.

use axum::extract::State;
use provision::mac::Mac;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::trust_list::Role;

use super::answer::{Answer, Conditions};
use super::ask::{Json, Maybe, Path};
use super::problem::{Problem, failed};
use crate::admin::access::{Administrator, Viewer};
use crate::listener::App;
use crate::trust::{Current, Reach, TrustState};
use desk::ordered;

mod desk;
mod lists;
mod plan;
mod rollover;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show_trust))
        .routes(routes!(enable_trust))
        .routes(routes!(disable_trust))
        .routes(routes!(list_roles))
        .routes(routes!(show_roles, give_roles, take_roles))
        .merge(lists::routes())
        .merge(plan::routes())
        .merge(rollover::routes())
}

/// Who is given a trust list.
#[derive(Debug, Serialize, ToSchema)]
struct TrustView {
    /// `off`, `everyone` or `phones`.
    reach: &'static str,
    /// The phones, if it is for some only.
    phones: Vec<String>,
    /// Whether lists let phones follow another call manager.
    released: bool,
    /// Whether a roll-over is under way.
    rollover: bool,
    /// When that was changed last.
    changed: Option<String>,
    /// By whom.
    changed_by: Option<String>,
    /// The version of lists.
    version: String,
    /// How lists are hashed for their signature.
    digest: String,
}

impl TrustView {
    fn new(state: &TrustState, app: &App) -> Self {
        let settings = app.config.load();
        let (reach, phones) = match &state.reach {
            Reach::Off => ("off", Vec::new()),
            Reach::Everyone => ("everyone", Vec::new()),
            Reach::Phones(phones) => ("phones", phones.iter().copied().map(Mac::device_name).collect()),
        };
        Self {
            reach,
            phones,
            released: state.released,
            rollover: state.rollover.is_some(),
            changed: state.changed.as_ref().map(|changed| changed.at.clone()),
            changed_by: state.changed.as_ref().map(|changed| changed.by.clone()),
            version: settings.trust.version.to_string(),
            digest: settings.trust.digest.to_string(),
        }
    }
}

fn current(app: &App) -> Result<std::sync::Arc<Current>, Problem> {
    app.artifacts.trust().current().map_err(|error| failed(&error))
}

/// Show who is given a trust list
#[utoipa::path(get, path = "/trust", tag = "trust",
    responses((status = 200, description = "The state of trust", body = TrustView)),
    security(("token" = ["read"])))]
async fn show_trust(_: Viewer, State(app): State<App>, conditions: Conditions) -> Result<Answer, Problem> {
    Ok(Answer::read(&TrustView::new(&current(&app)?.state, &app), &conditions))
}

/// Which phones.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = TrustPhones)]
struct Phones {
    /// Their names; all phones if none is said.
    #[schema(example = json!(["SEP001122334455"]))]
    phones: Vec<String>,
}

/// The phones that a body names.
fn macs(phones: &[String]) -> Result<Vec<Mac>, Problem> {
    let one = |(place, text): (usize, &String)| {
        let wrong =
            |error| Problem::field(&format!("phones/{place}"), format!("{text:?} is no phone: {error}"));
        text.parse().map_err(wrong)
    };
    phones.iter().enumerate().map(one).collect()
}

/// Give phones a trust list: from then on they accept only what that list vouches for
#[utoipa::path(post, path = "/trust/enable", tag = "trust", request_body = Option<Phones>,
    responses((status = 200, description = "Who is given a list now", body = TrustView)),
    security(("token" = ["administer"])))]
async fn enable_trust(
    Administrator(who): Administrator,
    State(app): State<App>,
    Maybe(body): Maybe<Phones>,
) -> Result<Answer, Problem> {
    let phones = macs(&body.phones)?;
    let state = ordered!(&app, &who, 0, |desk, order| desk.enable(&phones, order));
    Ok(Answer::done(&TrustView::new(&state, &app)))
}

/// Stop giving phones a trust list; those that hold one keep it
#[utoipa::path(post, path = "/trust/disable", tag = "trust", request_body = Option<Phones>,
    responses((status = 200, description = "Who is given a list now", body = TrustView)),
    security(("token" = ["administer"])))]
async fn disable_trust(
    Administrator(who): Administrator,
    State(app): State<App>,
    Maybe(body): Maybe<Phones>,
) -> Result<Answer, Problem> {
    let phones = macs(&body.phones)?;
    let state = ordered!(&app, &who, 0, |desk, order| desk.disable(&phones, order));
    Ok(Answer::done(&TrustView::new(&state, &app)))
}

/// What phones trust a certificate for.
#[derive(Debug, Serialize, ToSchema)]
struct RolesView {
    /// The certificate.
    name: String,
    /// Its roles in the next lists; none: it is left out of them.
    roles: Vec<String>,
    /// Whether somebody said so; otherwise those are the ones it usually has.
    set: bool,
}

impl RolesView {
    fn all(current: &Current, state: &TrustState) -> Vec<Self> {
        let one = |stored: &crate::trust::Stored| Self {
            name: stored.name.clone(),
            roles: state.listed(stored).iter().map(ToString::to_string).collect(),
            set: state.roles.contains_key(&stored.name),
        };
        current.certificates.iter().map(one).collect()
    }

    fn of(name: &str, current: &Current, state: &TrustState) -> Result<Self, Problem> {
        let found = Self::all(current, state).into_iter().find(|roles| roles.name == name);
        found.ok_or_else(|| Problem::not_found(format!("there is no certificate {name}")))
    }
}

/// The roles of all certificates.
#[derive(Debug, Serialize, ToSchema)]
struct RolesOfAll {
    /// By name of the certificate.
    items: Vec<RolesView>,
}

/// The certificate of an address.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct Named {
    /// Its name.
    #[param(example = "tftp")]
    name: String,
}

/// List what phones trust each certificate for
#[utoipa::path(get, path = "/trust/roles", tag = "trust",
    responses((status = 200, description = "All of them", body = RolesOfAll)),
    security(("token" = ["read"])))]
async fn list_roles(_: Viewer, State(app): State<App>, conditions: Conditions) -> Result<Answer, Problem> {
    let current = current(&app)?;
    Ok(Answer::read(&RolesOfAll { items: RolesView::all(&current, &current.state) }, &conditions))
}

/// Show what phones trust a certificate for
#[utoipa::path(get, path = "/trust/roles/{name}", tag = "trust", params(Named),
    responses((status = 200, description = "Its roles", body = RolesView)),
    security(("token" = ["read"])))]
async fn show_roles(
    _: Viewer,
    State(app): State<App>,
    Path(path): Path<Named>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let current = current(&app)?;
    Ok(Answer::read(&RolesView::of(&path.name, &current, &current.state)?, &conditions))
}

/// The roles of a certificate.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RolesToGive {
    /// `SAST`, `CCM`, `CCM+TFTP`, `TFTP`, `CAPF`, `APP-SERVER`, `TVS` or a number; none leaves it out of lists.
    #[schema(example = json!(["TFTP"]))]
    roles: Vec<String>,
}

/// Say what phones trust a certificate for; they hear of it with the next list
#[utoipa::path(put, path = "/trust/roles/{name}", tag = "trust", params(Named), request_body = RolesToGive,
    responses((status = 200, description = "Its roles from now on", body = RolesView)),
    security(("token" = ["administer"])))]
async fn give_roles(
    Administrator(who): Administrator,
    State(app): State<App>,
    Path(path): Path<Named>,
    conditions: Conditions,
    Json(body): Json<RolesToGive>,
) -> Result<Answer, Problem> {
    let one = |(place, word): (usize, &String)| {
        let wrong = |error| Problem::field(&format!("roles/{place}"), format!("{word:?} is {error}"));
        word.parse::<Role>().map_err(wrong)
    };
    let roles = body.roles.iter().enumerate().map(one).collect::<Result<Vec<_>, _>>()?;
    set_roles(&app, &who, &path.name, Some(&roles), &conditions).await
}

/// Give a certificate its usual roles again
#[utoipa::path(delete, path = "/trust/roles/{name}", tag = "trust", params(Named),
    responses((status = 200, description = "Its roles from now on", body = RolesView)),
    security(("token" = ["administer"])))]
async fn take_roles(
    Administrator(who): Administrator,
    State(app): State<App>,
    Path(path): Path<Named>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    set_roles(&app, &who, &path.name, None, &conditions).await
}

async fn set_roles(
    app: &App,
    who: &crate::admin::access::Principal,
    name: &str,
    roles: Option<&[Role]>,
    conditions: &Conditions,
) -> Result<Answer, Problem> {
    let before = current(app)?;
    conditions.hold_for(&RolesView::of(name, &before, &before.state)?)?;
    let state = ordered!(app, who, 0, |desk, order| desk.give_roles(name, roles, order));
    Ok(Answer::changed(&RolesView::of(name, &before, &state)?))
}
