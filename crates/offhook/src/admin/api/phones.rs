//! `/phones`: the phones that offhook knows.

use std::collections::BTreeMap;

use axum::extract::State;
use provision::inventory::{Change, Number};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Conditions};
use super::ask::{Json, Path, Query, given, mac};
use super::office::{editing, reader};
use super::problem::Problem;
use super::view::{PhoneView, divided};
use crate::admin::access::{Operator, Viewer};
use crate::edit::{self, Assignment};
use crate::listener::App;
use details::{not_a_setting, without_fields};

mod details;
mod list;

pub(super) use details::{Hidden, PhoneDetails, PlacedPhone};
pub(super) use list::Wanted;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list_phones, add_phone))
        .routes(routes!(show_phone, change_phone, remove_phone))
        .routes(routes!(replace_phone))
}

/// The phone of an address.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct PhonePath {
    /// The phone, in any usual spelling of its address.
    #[param(example = "SEP001122334455")]
    pub(super) phone: String,
}

/// A phone to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PhoneToAdd {
    /// Its address in any usual spelling.
    #[schema(example = "SEP001122334455")]
    phone: String,
    #[serde(flatten)]
    what: PhoneDetails,
}

/// Add a phone; one that waits is claimed by this
#[utoipa::path(post, path = "/phones", tag = "phones", request_body = PhoneToAdd,
    responses((status = 201, description = "It is added", body = PlacedPhone, headers(("Location" = String, description = "The phone")))),
    security(("token" = ["operate"])))]
async fn add_phone(
    Operator(who): Operator,
    State(app): State<App>,
    Json(body): Json<PhoneToAdd>,
) -> Result<Answer, Problem> {
    let mac = body
        .phone
        .parse()
        .map_err(|error| Problem::field("phone", format!("{:?} is no phone: {error}", body.phone)))?;
    if body.what.model.is_none() {
        return Err(Problem::field("model", "say what it is; /catalogue/models lists what there is"));
    }
    let new = body.what.new_phone()?;
    let placement = editing!(&app, &who, |editor| { Ok(editor.add_phone(mac, new.clone()).await?) });
    let location = format!("{}/phones/{}", super::BASE, mac.device_name());
    Ok(Answer::created(&PlacedPhone::new(placement), location))
}

/// Show a phone: what it says for itself
#[utoipa::path(get, path = "/phones/{phone}", tag = "phones", params(PhonePath),
    responses((status = 200, description = "The phone", body = PhoneView)),
    security(("token" = ["read"])))]
async fn show_phone(
    _: Viewer,
    State(app): State<App>,
    Path(path): Path<PhonePath>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let phone = reader(&app).await?.phone(mac(&path.phone)?).await?;
    Ok(Answer::read(&PhoneView::new(&phone), &conditions))
}

/// What shall be different about a phone. What is not named stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct PhoneChange {
    /// What people call it.
    description: Option<String>,
    /// What it is.
    model: Option<String>,
    /// The site it stands at; null for none.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    site: Option<Option<String>>,
    /// The profile it takes after; null for none.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    profile: Option<Option<String>>,
    /// `active`, `waiting` or `retired`.
    state: Option<String>,
    /// Whatever is to be remembered.
    notes: Option<String>,
    /// Settings by clear words; null takes one away, so that profile, series or site decide.
    settings: BTreeMap<String, Option<String>>,
}

impl PhoneChange {
    /// Fields and settings to write, and settings to take away.
    fn divided(self) -> Result<(Vec<Assignment>, Vec<String>), Problem> {
        let fields = [
            ("model", self.model),
            ("description", self.description),
            ("site", self.site.map(Option::unwrap_or_default)),
            ("profile", self.profile.map(Option::unwrap_or_default)),
            ("state", self.state),
            ("notes", self.notes),
        ];
        let fields = fields.into_iter().filter_map(|(key, value)| Some(Assignment::new(key, value?)));
        let (set, unset) = divided(self.settings);
        if let Some(key) = unset.iter().find(|key| edit::FIELDS.contains(&key.as_str())) {
            return Err(not_a_setting(key));
        }
        Ok((fields.chain(without_fields(set)?).collect(), unset))
    }
}

/// Change a phone
#[utoipa::path(patch, path = "/phones/{phone}", tag = "phones", params(PhonePath), request_body = PhoneChange,
    responses((status = 200, description = "The phone as it is now", body = PhoneView)),
    security(("token" = ["operate"])))]
async fn change_phone(
    Operator(who): Operator,
    State(app): State<App>,
    Path(path): Path<PhonePath>,
    conditions: Conditions,
    Json(body): Json<PhoneChange>,
) -> Result<Answer, Problem> {
    let mac = mac(&path.phone)?;
    let (set, unset) = body.divided()?;
    let phone = editing!(&app, &who, |editor| {
        let before = editor.phone(mac).await?;
        conditions.hold_for(&PhoneView::new(&before))?;
        let mut phone = before.clone();
        editor.set_phone(&mut phone, &set).await?;
        editor.unset_phone(&mut phone, &unset).await?;
        if phone != before {
            editor.change(&[Change::PutPhone(phone.clone())]).await?;
        }
        Ok(phone)
    });
    Ok(Answer::changed(&PhoneView::new(&phone)))
}

/// Whether lines go, too.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
struct WithLines {
    /// Also remove the lines on its keys that nothing else has.
    with_lines: bool,
}

/// What was removed.
#[derive(Debug, Serialize, ToSchema)]
struct RemovedPhone {
    /// The phone.
    phone: String,
    /// The lines that went with it.
    lines: Vec<String>,
}

/// Remove a phone; its lines stay unless it is said otherwise
#[utoipa::path(delete, path = "/phones/{phone}", tag = "phones", params(PhonePath, WithLines),
    responses((status = 200, description = "It is removed", body = RemovedPhone)),
    security(("token" = ["operate"])))]
async fn remove_phone(
    Operator(who): Operator,
    State(app): State<App>,
    Path(path): Path<PhonePath>,
    Query(query): Query<WithLines>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let mac = mac(&path.phone)?;
    let lines = editing!(&app, &who, |editor| {
        conditions.hold_for(&PhoneView::new(&editor.phone(mac).await?))?;
        Ok(editor.remove_phones(&[mac], query.with_lines).await?)
    });
    let lines = lines.iter().map(Number::to_string).collect();
    Ok(Answer::done(&RemovedPhone { phone: mac.device_name(), lines }))
}

/// Who takes the place of a phone.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Replacement {
    /// The device that takes its place; one that waits is claimed by this.
    #[schema(example = "SEP665544332211")]
    by: String,
    /// What the new one is, if it is not the same model.
    model: Option<String>,
}

/// Let a new device take over all that a phone has
#[utoipa::path(post, path = "/phones/{phone}/replace", tag = "phones", params(PhonePath), request_body = Replacement,
    responses((status = 200, description = "The new phone", body = PhoneView)),
    security(("token" = ["operate"])))]
async fn replace_phone(
    Operator(who): Operator,
    State(app): State<App>,
    Path(path): Path<PhonePath>,
    Json(body): Json<Replacement>,
) -> Result<Answer, Problem> {
    let old = mac(&path.phone)?;
    let by = body
        .by
        .parse()
        .map_err(|error| Problem::field("by", format!("{:?} is no phone: {error}", body.by)))?;
    let model = body.model.as_deref().map(edit::model).transpose()?;
    let phone = editing!(&app, &who, |editor| { Ok(editor.replace_phone(old, by, model).await?) });
    Ok(Answer::changed(&PhoneView::new(&phone)))
}
