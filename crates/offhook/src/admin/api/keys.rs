//! `/phones/{phone}/keys` and `/groups/{kind}/{name}/keys`: what buttons do.

use std::collections::BTreeMap;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Conditions};
use super::ask::{Json, Path, Query, mac};
use super::groups::GroupPath;
use super::holder::Whose;
use super::office::{editing, reader};
use super::phones::PhonePath;
use super::problem::Problem;
use super::view::{self, ButtonView, KeyView, assignments};
use crate::admin::access::{Operator, Principal, Viewer};
use crate::edit::{self, Holder, effective};
use crate::listener::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(keys_of_phone))
        .routes(routes!(key_of_phone, set_key_of_phone, clear_key_of_phone))
        .routes(routes!(move_key_of_phone))
        .routes(routes!(keys_of_group))
        .routes(routes!(key_of_group, set_key_of_group, clear_key_of_group))
        .routes(routes!(move_key_of_group))
}

/// A key of a phone.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct PhoneKeyPath {
    /// The phone, in any usual spelling of its address.
    #[param(example = "SEP001122334455")]
    phone: String,
    /// The number of the button, from 1 on.
    #[param(minimum = 1)]
    button: u16,
}

/// A key of a group.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct GroupKeyPath {
    /// Which layer.
    #[param(inline)]
    kind: view::Kind,
    /// Its name.
    name: String,
    /// The number of the button, from 1 on.
    #[param(minimum = 1)]
    button: u16,
}

impl PhoneKeyPath {
    fn whose(&self) -> Result<Whose, Problem> {
        Whose::phone(&self.phone)
    }
}

impl GroupKeyPath {
    fn whose(&self) -> Whose {
        Whose::Group(self.kind.into(), self.name.clone())
    }
}

/// The keys of a phone in the end.
#[derive(Debug, Serialize, ToSchema)]
struct Buttons {
    /// By button.
    items: Vec<ButtonView>,
}

/// The keys that somebody says for themselves.
#[derive(Debug, Serialize, ToSchema)]
struct OwnKeys {
    /// By button.
    items: Vec<KeyView>,
}

/// List the keys of a phone with those of its groups
#[utoipa::path(get, path = "/phones/{phone}/keys", tag = "keys", params(PhonePath),
    responses((status = 200, description = "The keys", body = Buttons)),
    security(("token" = ["read"])))]
async fn keys_of_phone(
    _: Viewer,
    State(app): State<App>,
    Path(path): Path<PhonePath>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let editor = reader(&app).await?;
    let bundle = editor.bundle(editor.phone(mac(&path.phone)?).await?).await?;
    let items = effective::keys(&bundle).iter().map(ButtonView::new).collect();
    Ok(Answer::read(&Buttons { items }, &conditions))
}

/// List the keys that a profile, site or series says
#[utoipa::path(get, path = "/groups/{kind}/{name}/keys", tag = "keys", params(GroupPath),
    responses((status = 200, description = "The keys", body = OwnKeys)),
    security(("token" = ["read"])))]
async fn keys_of_group(
    _: Viewer,
    State(app): State<App>,
    Path(path): Path<GroupPath>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let group = reader(&app).await?.group(path.kind.into(), &path.name).await?;
    Ok(Answer::read(&OwnKeys { items: KeyView::all(&group.layer) }, &conditions))
}

/// What somebody says of a button for themselves.
fn said(holder: &Holder, button: u16) -> Option<KeyView> {
    holder.layer().keys.get(&button).map(|key| KeyView::new(button, key.as_ref()))
}

async fn show(app: &App, whose: Whose, button: u16, conditions: &Conditions) -> Result<Answer, Problem> {
    let holder = whose.look(app).await?;
    let none = || Problem::not_found(format!("{} says nothing of button {button}", holder.name()));
    Ok(Answer::read(&said(&holder, button).ok_or_else(none)?, conditions))
}

/// Show what a phone itself says of a button
#[utoipa::path(get, path = "/phones/{phone}/keys/{button}", tag = "keys", params(PhoneKeyPath),
    responses((status = 200, description = "The key", body = KeyView)),
    security(("token" = ["read"])))]
async fn key_of_phone(
    _: Viewer,
    State(app): State<App>,
    Path(path): Path<PhoneKeyPath>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    show(&app, path.whose()?, path.button, &conditions).await
}

/// Show what a profile, site or series says of a button
#[utoipa::path(get, path = "/groups/{kind}/{name}/keys/{button}", tag = "keys", params(GroupKeyPath),
    responses((status = 200, description = "The key", body = KeyView)),
    security(("token" = ["read"])))]
async fn key_of_group(
    _: Viewer,
    State(app): State<App>,
    Path(path): Path<GroupKeyPath>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    show(&app, path.whose(), path.button, &conditions).await
}

/// What a key shall do.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct KeyToSet {
    /// What it does: `line`, `blf`, `speed_dial`, `service`; `/catalogue/keys` lists them.
    #[schema(example = "blf")]
    feature: String,
    /// The line it belongs to, for the features line and intercom.
    line: Option<String>,
    /// Settings by clear words: `number`, `label`, `service_url`.
    #[serde(default)]
    settings: BTreeMap<String, String>,
}

async fn set(
    app: &App,
    who: &Principal,
    whose: Whose,
    button: u16,
    body: KeyToSet,
    conditions: &Conditions,
) -> Result<Answer, Problem> {
    let refused = |error: provision::inventory::NumberError| Problem::field("line", error.to_string());
    let line = body.line.as_deref().map(str::parse).transpose().map_err(refused)?;
    let written = assignments(body.settings);
    let key = editing!(app, who, |editor| {
        let mut holder = whose.holder(&editor).await?;
        let name = holder.name();
        let button = edit::button(&name, &button.to_string())?;
        conditions.hold_for(&said(&holder, button))?;
        let label = format!("{name} key {button}");
        let feature = edit::feature(&label, &body.feature)?;
        let key = edit::new_key(&label, feature, line.clone(), &written, &holder.scope())?;
        let before = editor.put_key(&mut holder, button, key.clone()).await?;
        if before.as_ref().and_then(Option::as_ref) != Some(&key) {
            editor.change(&[holder.put()]).await?;
        }
        Ok(key)
    });
    Ok(Answer::changed(&KeyView::new(button, Some(&key))))
}

/// Say what a key of a phone does
#[utoipa::path(put, path = "/phones/{phone}/keys/{button}", tag = "keys", params(PhoneKeyPath), request_body = KeyToSet,
    responses((status = 200, description = "The key", body = KeyView)),
    security(("token" = ["operate"])))]
async fn set_key_of_phone(
    Operator(who): Operator,
    State(app): State<App>,
    Path(path): Path<PhoneKeyPath>,
    conditions: Conditions,
    Json(body): Json<KeyToSet>,
) -> Result<Answer, Problem> {
    set(&app, &who, path.whose()?, path.button, body, &conditions).await
}

/// Say what a key does on all phones of a profile, site or series
#[utoipa::path(put, path = "/groups/{kind}/{name}/keys/{button}", tag = "keys", params(GroupKeyPath), request_body = KeyToSet,
    responses((status = 200, description = "The key", body = KeyView)),
    security(("token" = ["operate"])))]
async fn set_key_of_group(
    Operator(who): Operator,
    State(app): State<App>,
    Path(path): Path<GroupKeyPath>,
    conditions: Conditions,
    Json(body): Json<KeyToSet>,
) -> Result<Answer, Problem> {
    set(&app, &who, path.whose(), path.button, body, &conditions).await
}

/// How a key is cleared.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
struct Empty {
    /// Keep it empty even where profile, series or site say something.
    empty: bool,
}

async fn clear(
    app: &App,
    who: &Principal,
    whose: Whose,
    button: u16,
    empty: bool,
    conditions: &Conditions,
) -> Result<Answer, Problem> {
    let holder = editing!(app, who, |editor| {
        let mut holder = whose.holder(&editor).await?;
        let button = edit::button(&holder.name(), &button.to_string())?;
        conditions.hold_for(&said(&holder, button))?;
        editor.clear_keys(&mut holder, &[button], empty)?;
        editor.change(&[holder.clone().put()]).await?;
        Ok(holder)
    });
    Ok(Answer::done(&OwnKeys { items: KeyView::all(holder.layer()) }))
}

/// Clear a key of a phone; what profile, series or site say of it holds again
#[utoipa::path(delete, path = "/phones/{phone}/keys/{button}", tag = "keys", params(PhoneKeyPath, Empty),
    responses((status = 200, description = "The phone's own keys as they are now", body = OwnKeys)),
    security(("token" = ["operate"])))]
async fn clear_key_of_phone(
    Operator(who): Operator,
    State(app): State<App>,
    Path(path): Path<PhoneKeyPath>,
    Query(query): Query<Empty>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    clear(&app, &who, path.whose()?, path.button, query.empty, &conditions).await
}

/// Clear a key of a profile, site or series
#[utoipa::path(delete, path = "/groups/{kind}/{name}/keys/{button}", tag = "keys", params(GroupKeyPath, Empty),
    responses((status = 200, description = "Its keys as they are now", body = OwnKeys)),
    security(("token" = ["operate"])))]
async fn clear_key_of_group(
    Operator(who): Operator,
    State(app): State<App>,
    Path(path): Path<GroupKeyPath>,
    Query(query): Query<Empty>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    clear(&app, &who, path.whose(), path.button, query.empty, &conditions).await
}

/// Where a key goes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct KeyMove {
    /// The button it goes to; what is there comes back.
    #[schema(minimum = 1)]
    to: u16,
}

async fn moved(app: &App, who: &Principal, whose: Whose, from: u16, to: u16) -> Result<Answer, Problem> {
    let holder = editing!(app, who, |editor| {
        let mut holder = whose.holder(&editor).await?;
        let name = holder.name();
        let (from, to) = (edit::button(&name, &from.to_string())?, edit::button(&name, &to.to_string())?);
        let before = holder.clone();
        editor.move_key(&mut holder, from, to)?;
        if holder != before {
            editor.change(&[holder.clone().put()]).await?;
        }
        Ok(holder)
    });
    Ok(Answer::done(&OwnKeys { items: KeyView::all(holder.layer()) }))
}

/// Move what a key of a phone does to another; if that one is taken, the two change places
#[utoipa::path(post, path = "/phones/{phone}/keys/{button}/move", tag = "keys", params(PhoneKeyPath), request_body = KeyMove,
    responses((status = 200, description = "The phone's own keys as they are now", body = OwnKeys)),
    security(("token" = ["operate"])))]
async fn move_key_of_phone(
    Operator(who): Operator,
    State(app): State<App>,
    Path(path): Path<PhoneKeyPath>,
    Json(body): Json<KeyMove>,
) -> Result<Answer, Problem> {
    moved(&app, &who, path.whose()?, path.button, body.to).await
}

/// Move what a key of a profile, site or series does to another
#[utoipa::path(post, path = "/groups/{kind}/{name}/keys/{button}/move", tag = "keys", params(GroupKeyPath), request_body = KeyMove,
    responses((status = 200, description = "Its keys as they are now", body = OwnKeys)),
    security(("token" = ["operate"])))]
async fn move_key_of_group(
    Operator(who): Operator,
    State(app): State<App>,
    Path(path): Path<GroupKeyPath>,
    Json(body): Json<KeyMove>,
) -> Result<Answer, Problem> {
    moved(&app, &who, path.whose(), path.button, body.to).await
}
