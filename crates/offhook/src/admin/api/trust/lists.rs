//! `/trust/lists`: the trust lists that were published, the next one, and one of before once more.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use provision::ledger::Listed;
use serde::{Deserialize, Serialize};
use store::Published;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::answer::{Answer, Conditions};
use super::super::ask::{Json, Maybe, Path};
use super::super::office::store;
use super::super::problem::Problem;
use super::desk::ordered;
use super::macs;
use crate::admin::access::{Administrator, Viewer};
use crate::listener::App;
use crate::trust::calendar;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_trust_lists))
        .routes(routes!(show_trust_list))
        .routes(routes!(trust_list_file))
        .routes(routes!(restore_trust_list))
        .routes(routes!(publish_trust_list))
        .routes(routes!(release_trust))
        .routes(routes!(forget_trust))
}

/// A certificate in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ListedView {
    /// Its name here.
    name: String,
    /// What it is for.
    role: String,
    /// Its fingerprint.
    sha256: String,
}

impl ListedView {
    pub(super) fn all(listed: &[Listed]) -> Vec<Self> {
        let one = |one: &Listed| Self {
            name: one.name.clone(),
            role: one.role.clone(),
            sha256: one.sha256.clone(),
        };
        listed.iter().map(one).collect()
    }
}

/// A list that was published.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TrustListView {
    /// Its number.
    number: i64,
    /// When.
    at: String,
    /// By whom.
    by: String,
    /// What for.
    purpose: String,
    /// What is to be remembered about it.
    note: String,
    /// How long it is.
    bytes: u64,
    /// What it is known by.
    sha256: String,
    /// The certificate that signed it, by its name.
    signer: String,
    /// Each certificate in each role.
    certificates: Vec<ListedView>,
}

impl TrustListView {
    pub(super) fn new(list: &Published) -> Self {
        let signer = &list.contents.signer;
        let named = list.certificates.iter().find(|one| one.sha256 == *signer);
        Self {
            number: list.number,
            at: calendar::utc(list.at),
            by: list.by.clone(),
            purpose: list.purpose.clone(),
            note: list.note.clone(),
            bytes: list.bytes.len() as u64,
            sha256: list.contents.digest.clone(),
            signer: named.map_or(signer, |named| &named.name).clone(),
            certificates: ListedView::all(&list.certificates),
        }
    }
}

/// A list of the history.
#[derive(Debug, Serialize, ToSchema)]
struct PastTrustList {
    #[serde(flatten)]
    list: TrustListView,
    /// How many phones hold it, as far as is known.
    phones: u64,
}

/// The lists that were published.
#[derive(Debug, Serialize, ToSchema)]
struct TrustLists {
    /// The newest first.
    items: Vec<PastTrustList>,
}

/// List the trust lists that were published
#[utoipa::path(get, path = "/trust/lists", tag = "trust",
    responses((status = 200, description = "All of them", body = TrustLists)),
    security(("token" = ["read"])))]
async fn list_trust_lists(
    _: Viewer,
    State(app): State<App>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let store = store(&app)?;
    let mut holders: BTreeMap<String, u64> = BTreeMap::new();
    for held in store.ledger().await?.into_iter().filter_map(|(_, entry)| entry.held) {
        *holders.entry(held.contents.digest).or_default() += 1;
    }
    let past = |list: &Published| PastTrustList {
        phones: holders.get(&list.contents.digest).copied().unwrap_or(0),
        list: TrustListView::new(list),
    };
    let items = store.trust_lists().await?.iter().map(past).collect();
    Ok(Answer::read(&TrustLists { items }, &conditions))
}

/// The list of an address.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct ListPath {
    /// Its number.
    number: i64,
}

async fn list(app: &App, number: i64) -> Result<Published, Problem> {
    let list = store(app)?.trust_list(number).await?;
    list.ok_or_else(|| Problem::not_found(format!("there is no list {number}")))
}

/// Show a trust list that was published
#[utoipa::path(get, path = "/trust/lists/{number}", tag = "trust", params(ListPath),
    responses((status = 200, description = "The list", body = TrustListView)),
    security(("token" = ["read"])))]
async fn show_trust_list(
    _: Viewer,
    State(app): State<App>,
    Path(path): Path<ListPath>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    Ok(Answer::read(&TrustListView::new(&list(&app, path.number).await?), &conditions))
}

/// Give the bytes of a trust list that was published
#[utoipa::path(get, path = "/trust/lists/{number}/file", tag = "trust", params(ListPath),
    responses((status = 200, description = "The list as phones get it", body = Vec<u8>, content_type = "application/octet-stream")),
    security(("token" = ["read"])))]
async fn trust_list_file(
    _: Viewer,
    State(app): State<App>,
    Path(path): Path<ListPath>,
) -> Result<Response, Problem> {
    let list = list(&app, path.number).await?;
    let headers = [(CONTENT_TYPE, "application/octet-stream"), (CACHE_CONTROL, "private, no-cache")];
    Ok((headers, list.bytes).into_response())
}

/// How many phones may be lost.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Loss {
    /// How many: none if nothing is said.
    #[schema(format = Int64, maximum = 4_294_967_295_u64)]
    pub(super) accept_loss: u32,
}

/// What was published.
#[derive(Debug, Serialize, ToSchema)]
struct PublishedList {
    /// The list that phones get from now on; null when there was nothing to do.
    published: Option<TrustListView>,
}

impl PublishedList {
    fn answer(list: Option<&Published>) -> Answer {
        Answer::done(&Self { published: list.map(TrustListView::new) })
    }
}

/// How to publish.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct ToPublish {
    /// How many phones may be lost: none if nothing is said.
    #[schema(format = Int64, maximum = 4_294_967_295_u64)]
    accept_loss: u32,
    /// What to remember about this list.
    #[schema(max_length = 1000)]
    note: String,
    /// Publish it even if nothing in it has changed.
    again: bool,
}

/// A note is read by people; longer ones are no notes.
const LONGEST_NOTE: usize = 1000;

fn check_note(note: &str) -> Result<(), Problem> {
    if note.chars().count() <= LONGEST_NOTE && !note.contains('\0') {
        return Ok(());
    }
    Err(Problem::field("note", format!("a note has at most {LONGEST_NOTE} characters, and no NUL")))
}

/// Publish the next trust list: phones get it from then on
#[utoipa::path(post, path = "/trust/publish", tag = "trust", request_body = Option<ToPublish>,
    responses((status = 200, description = "What was published; `/trust/plan` shows it before", body = PublishedList)),
    security(("token" = ["administer"])))]
async fn publish_trust_list(
    Administrator(who): Administrator,
    State(app): State<App>,
    Maybe(body): Maybe<ToPublish>,
) -> Result<Answer, Problem> {
    check_note(&body.note)?;
    let list = ordered!(&app, &who, body.accept_loss, |desk, order| desk
        .publish_next(&body.note, body.again, order));
    Ok(PublishedList::answer(list.as_ref()))
}

/// Whether phones are let go or held.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct ToRelease {
    /// End it: phones are held to this call manager again.
    back: bool,
    /// How many phones may be lost: none if nothing is said.
    #[schema(format = Int64, maximum = 4_294_967_295_u64)]
    accept_loss: u32,
}

/// Publish a list that lets phones follow another call manager, or the one that ends that
#[utoipa::path(post, path = "/trust/release", tag = "trust", request_body = Option<ToRelease>,
    responses((status = 200, description = "What was published", body = PublishedList)),
    security(("token" = ["administer"])))]
async fn release_trust(
    Administrator(who): Administrator,
    State(app): State<App>,
    Maybe(body): Maybe<ToRelease>,
) -> Result<Answer, Problem> {
    let list = ordered!(&app, &who, body.accept_loss, |desk, order| desk.release(body.back, order));
    Ok(PublishedList::answer(list.as_ref()))
}

/// How to publish a list of before.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct ToRestore {
    /// How many phones may be lost: none if nothing is said.
    #[schema(format = Int64, maximum = 4_294_967_295_u64)]
    accept_loss: u32,
    /// What to remember about it.
    #[schema(max_length = 1000)]
    note: Option<String>,
}

/// A list of before that was published once more.
#[derive(Debug, Serialize, ToSchema)]
struct RestoredList {
    /// The list that phones get from now on.
    published: TrustListView,
    /// Whether the certificate that signs files now is in it; otherwise phones have to ask the Trust Verification Service
    /// about every file.
    signs_files: bool,
}

/// Publish a list of the history once more, signed anew
#[utoipa::path(post, path = "/trust/lists/{number}/restore", tag = "trust", params(ListPath), request_body = Option<ToRestore>,
    responses((status = 200, description = "It is published", body = RestoredList)),
    security(("token" = ["administer"])))]
async fn restore_trust_list(
    Administrator(who): Administrator,
    State(app): State<App>,
    Path(path): Path<ListPath>,
    Maybe(body): Maybe<ToRestore>,
) -> Result<Answer, Problem> {
    check_note(body.note.as_deref().unwrap_or_default())?;
    let (list, signs_files) = ordered!(&app, &who, body.accept_loss, |desk, order| desk.restore(
        path.number,
        body.note.as_deref(),
        order
    ));
    Ok(Answer::done(&RestoredList { published: TrustListView::new(&list), signs_files }))
}

/// Phones whose list was erased by hand, or that are gone.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ToForget {
    /// Their names.
    #[schema(min_items = 1, example = json!(["SEP001122334455"]))]
    phones: Vec<String>,
}

/// What was forgotten.
#[derive(Debug, Serialize, ToSchema)]
struct Forgotten {
    /// Of how many phones something was known.
    forgotten: u64,
}

/// Forget which trust list phones hold: it was erased on the phone, or the phone is gone
#[utoipa::path(post, path = "/trust/forget", tag = "trust", request_body = ToForget,
    responses((status = 200, description = "It is forgotten", body = Forgotten)),
    security(("token" = ["administer"])))]
async fn forget_trust(
    Administrator(who): Administrator,
    State(app): State<App>,
    Json(body): Json<ToForget>,
) -> Result<Answer, Problem> {
    let phones = macs(&body.phones)?;
    if phones.is_empty() {
        return Err(Problem::field("phones", "say which phones"));
    }
    let store = store(&app)?.by(&who.name);
    let forgotten = store.forget_in_ledger(&phones).await?;
    if forgotten > 0 {
        let names: Vec<_> = phones.iter().map(|phone| phone.device_name()).collect();
        store.note("forgot", "trust lists", &[("phones", Some(&names.join(" ")), None)]).await?;
    }
    Ok(Answer::done(&Forgotten { forgotten }))
}
