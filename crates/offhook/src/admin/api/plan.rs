//! `/plan`: which phones would get something else than they fetched last, and what it takes for them to have it.

use std::collections::HashMap;

use axum::extract::State;
use provision::mac::Mac;
use serde::{Deserialize, Serialize};
use store::Fetched;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Conditions};
use super::ask::Query;
use super::office::{store, surroundings};
use super::paging::wrong_cursor;
use super::problem::{Kind, Problem, failed};
use crate::admin::access::Viewer;
use crate::edit::standing::{OwnFiles, Standing};
use crate::inventory::Documents;
use crate::inventory::fingerprint::Difference;
use crate::listener::App;
use crate::trust::calendar;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show_plan))
}

/// Which part of the fleet.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Part {
    /// How many phones to look at: 500 if nothing is said.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// What the part before gave as `next`.
    cursor: Option<String>,
    /// Only phones of which this is true: those that would get something else or never fetched anything if nothing is said.
    #[param(inline)]
    standing: Option<StandingWord>,
}

/// Part of the plan.
#[derive(Debug, Serialize, ToSchema)]
struct PlanPart {
    /// The phones of this part that were asked for.
    items: Vec<StandingView>,
    /// How many phones were looked at.
    looked_at: usize,
    /// How many of those would get something else.
    changed: usize,
    /// How many of those need a restart for it.
    restart: usize,
    /// What to give as `cursor` to look at more; null at the end.
    next: Option<String>,
}

/// What is true of one phone.
#[derive(Debug, Serialize, ToSchema)]
struct StandingView {
    /// The phone.
    phone: String,
    /// What it is.
    model: Option<&'static str>,
    /// What people call it.
    description: String,
    /// `changed`, `never_fetched`, `current`, `own_file` or `not_served`.
    standing: &'static str,
    /// When it fetched its configuration last.
    fetched: Option<String>,
    /// Places in its configuration that are new or others.
    values: Vec<String>,
    /// Documents that are new or others.
    documents: Vec<String>,
    /// How many values are there no more.
    gone: usize,
    /// Whether it has to be restarted for it.
    restart: bool,
    /// Why.
    why: Option<&'static str>,
}

fn word(standing: &Standing) -> &'static str {
    match standing {
        Standing::Current => "current",
        Standing::Changed(..) => "changed",
        Standing::Never => "never_fetched",
        Standing::OwnFile => "own_file",
        Standing::NotServed => "not_served",
    }
}

/// What can be true of a phone.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum StandingWord {
    /// It would get something else.
    Changed,
    /// It never fetched what offhook makes.
    NeverFetched,
    /// It has what it would get.
    Current,
    /// It gets the administrator's own file.
    OwnFile,
    /// It waits, or is retired.
    NotServed,
}

impl StandingWord {
    fn word(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::NeverFetched => "never_fetched",
            Self::Current => "current",
            Self::OwnFile => "own_file",
            Self::NotServed => "not_served",
        }
    }
}

/// Tell which phones would get something else than they fetched last
///
/// Phones are looked at part by part, by address: a part in which nothing changed has no items, and a `next` all the same.
#[utoipa::path(get, path = "/plan", tag = "plan", params(Part),
    responses((status = 200, description = "Part of the fleet", body = PlanPart)),
    security(("token" = ["read"])))]
async fn show_plan(
    _: Viewer,
    State(app): State<App>,
    Query(part): Query<Part>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let malformed = |text: &str| Problem::new(Kind::Invalid, text);
    let limit = match part.limit.unwrap_or(500) {
        limit @ 1..=1000 => limit,
        _ => return Err(malformed("limit is 1 to 1000")),
    };
    let wrong = |_| wrong_cursor();
    let after = part.cursor.as_deref().map(str::parse::<Mac>).transpose().map_err(wrong)?;
    let store = store(&app)?;
    let documents = Documents::new(store.generation(), store.documents().await?);
    let bundles = store.bundles(after, limit).await?;
    let (Some(first), Some(last)) = (bundles.first(), bundles.last()) else {
        let none = PlanPart { items: Vec::new(), looked_at: 0, changed: 0, restart: 0, next: None };
        return Ok(Answer::read(&none, &conditions));
    };
    let (first, last) = (first.phone.mac, last.phone.mac);
    let fetched = store.fetched_between(first, last).await?;
    let (around, root) = (surroundings(&app), app.config.load().document_root.clone());
    let next = (bundles.len() == limit as usize).then(|| last.device_name());
    // Rendering a part of the fleet takes some tenths of a second: other requests must not wait for it.
    let judged = tokio::task::spawn_blocking(move || {
        let own_files = OwnFiles::in_root(&root);
        let mut fetched: HashMap<Mac, Fetched> = fetched.into_iter().map(|one| (one.mac, one)).collect();
        let judge = |bundle: provision::inventory::Bundle| {
            let last = fetched.remove(&bundle.phone.mac);
            let standing = Standing::of(&bundle, last.as_ref(), &own_files, &around, &documents);
            view(&bundle.phone, &standing, last.as_ref())
        };
        bundles.into_iter().map(judge).collect::<Vec<_>>()
    });
    let mut items = judged.await.map_err(|error| failed(&error))?;
    let (looked_at, changed) = (items.len(), items.iter().filter(|one| one.standing == "changed").count());
    let restart = items.iter().filter(|one| one.restart).count();
    let asked = part.standing.map(StandingWord::word);
    items.retain(|one| {
        asked.map_or(matches!(one.standing, "changed" | "never_fetched"), |asked| asked == one.standing)
    });
    Ok(Answer::read(&PlanPart { items, looked_at, changed, restart, next }, &conditions))
}

fn view(phone: &provision::inventory::Phone, standing: &Standing, fetched: Option<&Fetched>) -> StandingView {
    let mut view = StandingView {
        phone: phone.mac.device_name(),
        model: phone.model.map(|model| model.name),
        description: phone.description.clone(),
        standing: word(standing),
        fetched: fetched.map(|fetched| calendar::utc(fetched.at)),
        values: Vec::new(),
        documents: Vec::new(),
        gone: 0,
        restart: false,
        why: None,
    };
    if let Standing::Changed(found, need) = standing {
        for one in found {
            match one {
                Difference::Value(path, _) => view.values.push(path.clone()),
                Difference::Document(name) => view.documents.push(name.clone()),
                Difference::Gone(many) => view.gone += many,
            }
        }
        view.restart = need.restart;
        view.why = Some(need.why);
    }
    view
}
