//! `/lines`: the numbers that phones register with the PBX.

use std::collections::BTreeMap;

use axum::extract::State;
use provision::inventory::{Change, Line, Number};
use serde::{Deserialize, Serialize};
use store::Page;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Conditions};
use super::ask::{Json, Path, Query, number};
use super::office::{editing, reader, store};
use super::paging::{self, Listing};
use super::phones::Hidden;
use super::problem::Problem;
use super::view::{LineView, assignments, divided, segment};
use crate::admin::access::{Operator, Viewer};
use crate::edit::{Assignment, Editor};
use crate::listener::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_lines, add_line)).routes(routes!(
        show_line,
        change_line,
        remove_line
    ))
}

/// The line of an address.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct LinePath {
    /// Its number or name.
    #[param(example = "1001")]
    number: String,
}

/// Which lines.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Filter {
    /// Only with this text in number, name or label.
    text: Option<String>,
    /// How many at most: 50 if nothing is said.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// What the part before gave as `next`.
    cursor: Option<String>,
}

async fn view(editor: &Editor, line: &Line) -> Result<LineView, Problem> {
    Ok(LineView::new(line, &editor.store.phones_with_line(&line.number).await?))
}

/// List lines, by number
#[utoipa::path(get, path = "/lines", tag = "lines", params(Filter),
    responses((status = 200, description = "Part of the list", body = Listing<LineView>)),
    security(("token" = ["read"])))]
async fn list_lines(
    _: Viewer,
    State(app): State<App>,
    Query(filter): Query<Filter>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let page: Page<Number> = paging::page(filter.limit, filter.cursor.as_deref())?;
    let text = filter.text.as_deref().filter(|text| !text.trim().is_empty());
    let listed = store(&app)?.lines(text, &page).await?;
    let numbers: Vec<Number> = listed.rows.iter().map(|line| line.number.clone()).collect();
    let phones = store(&app)?.phones_with_lines(&numbers).await?;
    let of = |number: &Number| phones.get(number).map(Vec::as_slice).unwrap_or_default();
    let view = |line: &Line| LineView::new(line, of(&line.number));
    Ok(Answer::read(&Listing::of(&listed, &page, |line| line.number.to_string(), view), &conditions))
}

/// A line to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LineToAdd {
    /// The number or name it registers with.
    #[schema(example = "1001")]
    number: String,
    /// Its password. Without one, one is made up and told once.
    #[schema(format = Password, write_only)]
    password: Option<Hidden>,
    /// It has none.
    #[serde(default)]
    no_password: bool,
    /// Settings by clear words: `label`, `display_name`, `messages_number`.
    #[serde(default)]
    settings: BTreeMap<String, String>,
}

/// A line, and a password that is told once.
#[derive(Debug, Serialize, ToSchema)]
struct LineAndPassword {
    #[serde(flatten)]
    line: LineView,
    /// Only when it was made up: nobody else knows it yet, and it is told only now.
    #[serde(skip_serializing_if = "Option::is_none")]
    made_up_password: Option<String>,
    /// What some of its phones are not told, because their model lacks it.
    left_out: Vec<String>,
}

/// Add a line
#[utoipa::path(post, path = "/lines", tag = "lines", request_body = LineToAdd,
    responses((status = 201, description = "It is added", body = LineAndPassword, headers(("Location" = String, description = "The line")))),
    security(("token" = ["operate"])))]
async fn add_line(
    Operator(who): Operator,
    State(app): State<App>,
    Json(body): Json<LineToAdd>,
) -> Result<Answer, Problem> {
    let refused = |error: provision::inventory::NumberError| Problem::field("number", error.to_string());
    let number: Number = body.number.parse().map_err(refused)?;
    if body.no_password && body.password.is_some() {
        return Err(Problem::field("no_password", "password and no_password exclude each other"));
    }
    let mut written = assignments(body.settings);
    written.extend(body.password.map(|password| Assignment::new("auth_password", password.0)));
    let made = editing!(&app, &who, |editor| {
        editor.is_new_line(&number).await?;
        let mut line = Line::new(number.clone());
        let left_out = editor.set_line(&mut line, &written).await?;
        let none = !body.no_password && line.settings.of("auth_password").is_none();
        let made_up_password = none.then(|| editor.make_up_password(&mut line)).transpose()?;
        editor.change(&[Change::PutLine(line.clone())]).await?;
        let left_out = left_out.iter().map(ToString::to_string).collect();
        Ok(LineAndPassword { line: view(&editor, &line).await?, made_up_password, left_out })
    });
    Ok(Answer::created(&made, format!("{}/lines/{}", super::BASE, segment(number.as_str()))))
}

/// Show a line
#[utoipa::path(get, path = "/lines/{number}", tag = "lines", params(LinePath),
    responses((status = 200, description = "The line", body = LineView)),
    security(("token" = ["read"])))]
async fn show_line(
    _: Viewer,
    State(app): State<App>,
    Path(path): Path<LinePath>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let editor = reader(&app).await?;
    let line = editor.line(&number(&path.number)?).await?;
    Ok(Answer::read(&view(&editor, &line).await?, &conditions))
}

/// What shall be different about a line. What is not named stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LineChange {
    /// Another password.
    #[schema(format = Password, write_only)]
    password: Option<Hidden>,
    /// Make up a password and tell it once.
    #[serde(default)]
    new_password: bool,
    /// Settings by clear words; null takes one away, so that phone, profile and site decide.
    #[serde(default)]
    settings: BTreeMap<String, Option<String>>,
}

/// Change a line
#[utoipa::path(patch, path = "/lines/{number}", tag = "lines", params(LinePath), request_body = LineChange,
    responses((status = 200, description = "The line as it is now", body = LineAndPassword)),
    security(("token" = ["operate"])))]
async fn change_line(
    Operator(who): Operator,
    State(app): State<App>,
    Path(path): Path<LinePath>,
    conditions: Conditions,
    Json(body): Json<LineChange>,
) -> Result<Answer, Problem> {
    let number = number(&path.number)?;
    if body.new_password && body.password.is_some() {
        return Err(Problem::field("new_password", "password and new_password exclude each other"));
    }
    let (mut set, unset) = divided(body.settings);
    set.extend(body.password.map(|password| Assignment::new("auth_password", password.0)));
    let unset = crate::edit::names(&unset)?;
    let made = editing!(&app, &who, |editor| {
        let before = editor.line(&number).await?;
        conditions.hold_for(&view(&editor, &before).await?)?;
        let mut line = before.clone();
        let left_out = editor.set_line(&mut line, &set).await?;
        unset.iter().for_each(|name| drop(line.settings.unset(*name)));
        let made_up_password = body.new_password.then(|| editor.make_up_password(&mut line)).transpose()?;
        if line != before {
            editor.change(&[Change::PutLine(line.clone())]).await?;
        }
        let left_out = left_out.iter().map(ToString::to_string).collect();
        Ok(LineAndPassword { line: view(&editor, &line).await?, made_up_password, left_out })
    });
    Ok(Answer::done(&made))
}

/// What else goes.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
struct WithKeys {
    /// Also clear the keys that have it, on phones and in profiles, sites and series.
    with_keys: bool,
}

/// What was removed.
#[derive(Debug, Serialize, ToSchema)]
struct RemovedLine {
    /// The line.
    number: String,
    /// Phones, profiles, sites and series whose keys were cleared.
    cleared: Vec<String>,
}

/// Remove a line; refused while a key has it, unless the key goes, too
#[utoipa::path(delete, path = "/lines/{number}", tag = "lines", params(LinePath, WithKeys),
    responses((status = 200, description = "It is removed", body = RemovedLine)),
    security(("token" = ["operate"])))]
async fn remove_line(
    Operator(who): Operator,
    State(app): State<App>,
    Path(path): Path<LinePath>,
    Query(query): Query<WithKeys>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let number = number(&path.number)?;
    let cleared = editing!(&app, &who, |editor| {
        let line = editor.line(&number).await?;
        conditions.hold_for(&view(&editor, &line).await?)?;
        Ok(editor.remove_lines(std::slice::from_ref(&number), query.with_keys).await?)
    });
    Ok(Answer::done(&RemovedLine { number: number.to_string(), cleared }))
}
