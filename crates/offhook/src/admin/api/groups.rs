//! `/groups/{kind}`: profiles, sites and series, what several phones share.

use std::collections::BTreeMap;

use axum::extract::State;
use provision::inventory::{Change, Group, GroupKind};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Conditions};
use super::ask::{Json, Path};
use super::office::{editing, reader, store};
use super::problem::Problem;
use super::view::{GroupView, Kind, assignments, divided, segment};
use crate::admin::access::{Operator, Viewer};
use crate::edit::{Assignment, Editor};
use crate::listener::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_groups, add_group))
        .routes(routes!(show_group, change_group, remove_group))
        .routes(routes!(copy_group))
}

/// The kind of an address.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct KindPath {
    /// Which layer.
    #[param(inline)]
    kind: Kind,
}

/// The group of an address.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct GroupPath {
    /// Which layer.
    #[param(inline)]
    pub(super) kind: Kind,
    /// Its name; of a series, the series.
    pub(super) name: String,
}

/// All groups of a kind.
#[derive(Debug, Serialize, ToSchema)]
struct Groups {
    /// By name.
    items: Vec<GroupView>,
}

async fn view(editor: &Editor, group: &Group) -> Result<GroupView, Problem> {
    Ok(GroupView::new(group, editor.store.phones_in(group.kind, &group.name).await?))
}

/// List profiles, sites or series, with the number of phones in each
#[utoipa::path(get, path = "/groups/{kind}", tag = "groups", params(KindPath),
    responses((status = 200, description = "All of them", body = Groups)),
    security(("token" = ["read"])))]
async fn list_groups(
    _: Viewer,
    State(app): State<App>,
    Path(path): Path<KindPath>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let (kind, store) = (path.kind.into(), store(&app)?);
    let counts = store.phones_by_group(kind).await?;
    let mut groups = store.groups(kind).await?;
    // Series are there by themselves; those of our phones are worth showing.
    if kind == GroupKind::Series {
        for name in counts.keys().filter(|name| counts[*name] > 0) {
            if !groups.iter().any(|group| group.name == *name) {
                groups.push(Group::new(kind, name.clone()));
            }
        }
        groups.sort_by(|one, other| one.name.cmp(&other.name));
    }
    let phones = |group: &Group| counts.get(&group.name).copied().unwrap_or_default();
    let items = groups.iter().map(|group| GroupView::new(group, phones(group))).collect();
    Ok(Answer::read(&Groups { items }, &conditions))
}

/// A group to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GroupToAdd {
    /// Its name.
    #[schema(example = "reception")]
    name: String,
    /// What it is for.
    #[serde(default)]
    description: String,
    /// Settings by clear words; `/catalogue/settings` lists them.
    #[serde(default)]
    settings: BTreeMap<String, String>,
}

fn location(group: &Group) -> String {
    format!("{}/groups/{}/{}", super::BASE, group.kind, segment(&group.name))
}

fn without_fields(settings: Vec<Assignment>) -> Result<Vec<Assignment>, Problem> {
    if settings.iter().any(|one| one.key == "description") {
        let text = "description is no setting: it stands beside settings";
        return Err(Problem::field("settings/description", text));
    }
    Ok(settings)
}

/// Add a profile or a site, or say something for a series
#[utoipa::path(post, path = "/groups/{kind}", tag = "groups", params(KindPath), request_body = GroupToAdd,
    responses((status = 201, description = "It is added", body = GroupView, headers(("Location" = String, description = "The group")))),
    security(("token" = ["operate"])))]
async fn add_group(
    Operator(who): Operator,
    State(app): State<App>,
    Path(path): Path<KindPath>,
    Json(body): Json<GroupToAdd>,
) -> Result<Answer, Problem> {
    let settings = without_fields(assignments(body.settings))?;
    let kind = path.kind.into();
    let view = editing!(&app, &who, |editor| {
        let group = editor.add_group(kind, &body.name, &body.description, &settings).await?;
        Ok((location(&group), view(&editor, &group).await?))
    });
    Ok(Answer::created(&view.1, view.0))
}

/// Show what a profile, site or series says
#[utoipa::path(get, path = "/groups/{kind}/{name}", tag = "groups", params(GroupPath),
    responses((status = 200, description = "The group", body = GroupView)),
    security(("token" = ["read"])))]
async fn show_group(
    _: Viewer,
    State(app): State<App>,
    Path(path): Path<GroupPath>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let editor = reader(&app).await?;
    let group = editor.group(path.kind.into(), &path.name).await.map_err(as_address)?;
    Ok(Answer::read(&view(&editor, &group).await?, &conditions))
}

/// A series that nobody knows is wrong in a body, but in an address it is not there.
pub(super) fn as_address(error: crate::edit::Error) -> Problem {
    match error {
        crate::edit::Error::Wrong(problems) => {
            Problem::not_found(problems.first().map(|problem| problem.text.clone()).unwrap_or_default())
        }
        other => other.into(),
    }
}

/// What shall be different about a group. What is not named stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct GroupChange {
    /// What it is for.
    description: Option<String>,
    /// Settings by clear words; null takes one away, so that earlier layers decide.
    settings: BTreeMap<String, Option<String>>,
}

/// Change a profile, site or series
#[utoipa::path(patch, path = "/groups/{kind}/{name}", tag = "groups", params(GroupPath), request_body = GroupChange,
    responses((status = 200, description = "The group as it is now", body = GroupView)),
    security(("token" = ["operate"])))]
async fn change_group(
    Operator(who): Operator,
    State(app): State<App>,
    Path(path): Path<GroupPath>,
    conditions: Conditions,
    Json(body): Json<GroupChange>,
) -> Result<Answer, Problem> {
    let (set, unset) = divided(body.settings);
    let mut set = without_fields(set)?;
    set.extend(body.description.map(|text| Assignment::new("description", text)));
    let kind = path.kind.into();
    let view = editing!(&app, &who, |editor| {
        let before = editor.group(kind, &path.name).await.map_err(as_address)?;
        conditions.hold_for(&view(&editor, &before).await?)?;
        let mut group = before.clone();
        editor.set_group(&mut group, &set)?;
        editor.unset_group(&mut group, &unset)?;
        if group != before {
            editor.change(&[Change::PutGroup(group.clone())]).await?;
        }
        view(&editor, &group).await
    });
    Ok(Answer::changed(&view))
}

/// Remove a profile or a site that no phone is in, or all that a series says
#[utoipa::path(delete, path = "/groups/{kind}/{name}", tag = "groups", params(GroupPath),
    responses((status = 200, description = "What it was", body = GroupView)),
    security(("token" = ["operate"])))]
async fn remove_group(
    Operator(who): Operator,
    State(app): State<App>,
    Path(path): Path<GroupPath>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let kind = path.kind.into();
    let gone = editing!(&app, &who, |editor| {
        let group = editor.group(kind, &path.name).await.map_err(as_address)?;
        let before = view(&editor, &group).await?;
        conditions.hold_for(&before)?;
        editor.remove_group(kind, &path.name).await?;
        Ok(before)
    });
    Ok(Answer::done(&gone))
}

/// The name of a copy.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CopyTo {
    /// The name of the new one.
    name: String,
}

/// Add a profile or a site that says what another says
#[utoipa::path(post, path = "/groups/{kind}/{name}/copy", tag = "groups", params(GroupPath), request_body = CopyTo,
    responses((status = 201, description = "It is added", body = GroupView, headers(("Location" = String, description = "The group")))),
    security(("token" = ["operate"])))]
async fn copy_group(
    Operator(who): Operator,
    State(app): State<App>,
    Path(path): Path<GroupPath>,
    Json(body): Json<CopyTo>,
) -> Result<Answer, Problem> {
    let group = editing!(&app, &who, |editor| {
        Ok(editor.copy_group(path.kind.into(), &path.name, &body.name).await?)
    });
    Ok(Answer::created(&GroupView::new(&group, 0), location(&group)))
}
