//! `/phones`: the phones that offhook knows.

use std::collections::BTreeMap;

use axum::extract::State;
use provision::inventory::{Change, Number};
use provision::mac::Mac;
use serde::{Deserialize, Serialize};
use store::{Order, Page, PhoneQuery};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Conditions};
use super::ask::{Json, Path, Query, given, mac};
use super::office::{editing, reader, store};
use super::paging::{Listing, limit, wrong_cursor};
use super::problem::{Kind, Problem};
use super::view::{PhoneItem, PhoneView, StateWord, assignments, divided};
use crate::admin::access::{Operator, Viewer};
use crate::edit::{self, Assignment, NewPhone, Placed, Placement, Wanted};
use crate::listener::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_phones, add_phone))
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

/// Which phones.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Filter {
    /// Only with this text in address, model, description, notes, or number, name or label of a line.
    text: Option<String>,
    /// Only this model.
    #[param(example = "8845")]
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
    /// By what they are ordered: `phone` if nothing is said; with a hyphen in front the last comes first.
    #[param(inline, example = "-changed")]
    sort: Option<Sort>,
    /// How many at most: 50 if nothing is said.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// What the part before gave as `next`.
    cursor: Option<String>,
}

/// What lists are ordered by, in the words of programs.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Sort {
    #[default]
    Phone,
    #[serde(rename = "-phone")]
    PhoneBackward,
    Description,
    #[serde(rename = "-description")]
    DescriptionBackward,
    Model,
    #[serde(rename = "-model")]
    ModelBackward,
    Site,
    #[serde(rename = "-site")]
    SiteBackward,
    Profile,
    #[serde(rename = "-profile")]
    ProfileBackward,
    Changed,
    #[serde(rename = "-changed")]
    ChangedBackward,
}

impl Sort {
    /// The order, and whether the last comes first.
    fn order(self) -> (Order, bool) {
        match self {
            Self::Phone => (Order::Address, false),
            Self::PhoneBackward => (Order::Address, true),
            Self::Description => (Order::Description, false),
            Self::DescriptionBackward => (Order::Description, true),
            Self::Model => (Order::Model, false),
            Self::ModelBackward => (Order::Model, true),
            Self::Site => (Order::Site, false),
            Self::SiteBackward => (Order::Site, true),
            Self::Profile => (Order::Profile, false),
            Self::ProfileBackward => (Order::Profile, true),
            Self::Changed => (Order::Changed, false),
            Self::ChangedBackward => (Order::Changed, true),
        }
    }
}

impl Filter {
    fn query(&self) -> Result<PhoneQuery, Problem> {
        let malformed = |text: String| Problem::new(Kind::Invalid, text);
        let model = self.model.as_deref().map(edit::model).transpose()?;
        let line = self.line.as_deref().map(str::parse::<Number>).transpose();
        let (order, backward) = self.sort.unwrap_or_default().order();
        Ok(PhoneQuery {
            order,
            backward,
            text: self.text.clone().filter(|text| !text.trim().is_empty()),
            model: model.map(|model| model.name.to_owned()),
            site: self.site.clone(),
            profile: self.profile.clone(),
            state: self.state.map(Into::into),
            line: line.map_err(|error| malformed(error.to_string()))?,
            ..PhoneQuery::default()
        })
    }

    /// The part that is asked for. In the order of addresses a list goes on behind a phone, whatever comes and goes before it;
    /// in others it goes on at a place.
    fn page(&self, query: &PhoneQuery) -> Result<Page<Mac>, Problem> {
        let limit = limit(self.limit)?;
        let wrong = || wrong_cursor();
        match self.cursor.as_deref() {
            None => Ok(Page::first(limit)),
            Some(cursor) if goes_on_behind(query) => {
                Ok(Page::after(cursor.parse().map_err(|_| wrong())?, limit))
            }
            Some(cursor) => {
                let place = cursor.strip_prefix('+').and_then(|place| place.parse::<u32>().ok());
                Ok(Page::at(place.ok_or_else(wrong)?.into(), limit))
            }
        }
    }
}

fn goes_on_behind(query: &PhoneQuery) -> bool {
    query.order == Order::Address && !query.backward
}

/// List phones, by address
#[utoipa::path(get, path = "/phones", tag = "phones", params(Filter),
    responses((status = 200, description = "Part of the list", body = Listing<PhoneItem>)),
    security(("token" = ["read"])))]
async fn list_phones(
    _: Viewer,
    State(app): State<App>,
    Query(filter): Query<Filter>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let query = filter.query()?;
    let page = filter.page(&query)?;
    let listed = store(&app)?.phones(&query, &page).await?;
    let full = listed.rows.len() == page.limit as usize;
    let next = listed.rows.last().filter(|_| full).map(|row| match goes_on_behind(&query) {
        true => row.mac.device_name(),
        false => format!("+{}", page.offset + u64::from(page.limit)),
    });
    let items = listed.rows.iter().map(PhoneItem::new).collect();
    Ok(Answer::read(&Listing { items, total: listed.total, next }, &conditions))
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

/// What a phone that is added or claimed shall be.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(super) struct PhoneDetails {
    /// What it is.
    #[schema(example = "8845")]
    model: Option<String>,
    /// What people call it.
    description: Option<String>,
    /// The profile it takes after.
    profile: Option<String>,
    /// The site it stands at.
    site: Option<String>,
    /// Whatever is to be remembered.
    notes: Option<String>,
    /// Settings by clear words; `/catalogue/settings` lists them.
    #[serde(default)]
    settings: BTreeMap<String, String>,
    /// Lines it has, on its first free keys. A new one without a password gets one that is made up and told once.
    #[serde(default)]
    lines: Vec<LineToPlace>,
}

/// A line for a new phone.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LineToPlace {
    /// Its number or name.
    #[schema(example = "1001")]
    number: String,
    /// Its password; of a line that is there, the one it has.
    #[schema(format = Password, write_only)]
    password: Option<Hidden>,
    /// What stands beside its key.
    label: Option<String>,
}

/// A text that is never printed.
#[derive(Clone, Deserialize, ToSchema)]
#[schema(value_type = String)]
pub(super) struct Hidden(pub(super) String);

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

impl PhoneDetails {
    pub(super) fn new_phone(self) -> Result<NewPhone, Problem> {
        let fields = [
            ("description", self.description),
            ("notes", self.notes),
            ("profile", self.profile),
            ("site", self.site),
        ];
        let fields = fields.into_iter().filter_map(|(key, value)| Some(Assignment::new(key, value?)));
        let settings = without_fields(assignments(self.settings))?;
        let mut lines = Vec::new();
        for (place, line) in self.lines.into_iter().enumerate() {
            let refused = |error: provision::inventory::NumberError| {
                Problem::field(&format!("lines/{place}/number"), error.to_string())
            };
            let number = line.number.parse().map_err(refused)?;
            lines.push(Wanted { number, password: line.password.map(|hidden| hidden.0), label: line.label });
        }
        Ok(NewPhone {
            model: self.model.as_deref().map(edit::model).transpose()?,
            assignments: fields.chain(settings).collect(),
            lines,
        })
    }
}

/// A field of a phone is no setting, even where the command line writes both alike.
fn without_fields(settings: Vec<Assignment>) -> Result<Vec<Assignment>, Problem> {
    match settings.iter().find(|one| edit::FIELDS.contains(&one.key.as_str())) {
        Some(one) => Err(not_a_setting(&one.key)),
        None => Ok(settings),
    }
}

fn not_a_setting(key: &str) -> Problem {
    Problem::field(&format!("settings/{key}"), format!("{key} is no setting: it stands beside settings"))
}

/// A phone that was added or claimed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PlacedPhone {
    #[serde(flatten)]
    phone: PhoneView,
    /// What became of the lines.
    placed: Vec<PlacedLine>,
}

/// What became of a line.
#[derive(Debug, Serialize, ToSchema)]
struct PlacedLine {
    /// The button it is on.
    button: u16,
    /// The line.
    line: String,
    /// Whether it is a new line.
    new: bool,
    /// Only when it was made up: nobody else knows it yet, and it is told only now.
    #[serde(skip_serializing_if = "Option::is_none")]
    made_up_password: Option<String>,
}

impl PlacedPhone {
    pub(super) fn new(placement: Placement) -> Self {
        let line = |Placed { button, line, new, made_up_password }| PlacedLine {
            button,
            line: line.to_string(),
            new,
            made_up_password,
        };
        let phone = PhoneView::new(&placement.phone);
        Self { phone, placed: placement.placed.into_iter().map(line).collect() }
    }
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
