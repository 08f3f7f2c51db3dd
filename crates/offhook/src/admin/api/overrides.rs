//! `/phones/{phone}/overrides` and `/groups/{kind}/{name}/overrides`: what stands in documents in spite of everything else.

use axum::extract::State;
use provision::inventory::{Layer, Override, Replacement};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Conditions};
use super::ask::{Json, Path, Query};
use super::groups::GroupPath;
use super::holder::Whose;
use super::office::editing;
use super::phones::PhonePath;
use super::problem::Problem;
use super::view::OverrideView;
use crate::admin::access::{Operator, Principal, Viewer};
use crate::edit::{self, Holder};
use crate::listener::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(overrides_of_phone, override_phone, drop_override_of_phone))
        .routes(routes!(overrides_of_group, override_group, drop_override_of_group))
}

/// The overrides of a layer.
#[derive(Debug, Serialize, ToSchema)]
struct Overrides {
    /// In the order they are applied.
    items: Vec<OverrideView>,
}

impl Overrides {
    fn of(layer: &Layer) -> Self {
        Self { items: layer.overrides.iter().map(OverrideView::new).collect() }
    }
}

/// What shall stand somewhere; one of text, fragment and remove.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OverrideToPut {
    /// Where, from `<device>` on.
    #[schema(example = "vendorConfig/webAccess")]
    path: String,
    /// This text.
    text: Option<String>,
    /// This element with all that is in it, as XML.
    fragment: Option<String>,
    /// Nothing: the element or attribute is left out.
    #[serde(default)]
    remove: bool,
}

impl OverrideToPut {
    fn read(self) -> Result<Override, Problem> {
        let replacement = match (self.text, self.fragment, self.remove) {
            (Some(text), None, false) => Replacement::Text(text),
            (None, Some(xml), false) => Replacement::Fragment(xml.trim().to_owned()),
            (None, None, true) => Replacement::Nothing,
            _ => return Err(Problem::field("", "say one of text, fragment and remove")),
        };
        Ok(Override { path: self.path, replacement })
    }
}

/// Which override.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct At {
    /// Its path.
    #[param(example = "vendorConfig/webAccess")]
    path: String,
}

/// What is done to the overrides of a layer.
enum Edit {
    Put(Override),
    Drop(String),
}

impl Edit {
    fn apply(&self, holder: &mut Holder) -> edit::Result<()> {
        let whose = holder.name();
        let overrides = &mut holder.layer_mut().overrides;
        match self {
            Self::Put(one) => edit::put_override(&whose, overrides, one.clone()),
            Self::Drop(path) => edit::drop_override(&whose, overrides, path),
        }
    }
}

async fn edit(
    app: &App,
    who: &Principal,
    whose: Whose,
    edit: Edit,
    conditions: &Conditions,
) -> Result<Answer, Problem> {
    let holder = editing!(app, who, |editor| {
        let mut holder = whose.holder(&editor).await?;
        conditions.hold_for(&Overrides::of(holder.layer()))?;
        edit.apply(&mut holder)?;
        editor.change(&[holder.clone().put()]).await?;
        Ok(holder)
    });
    Ok(Answer::changed(&Overrides::of(holder.layer())))
}

/// List the overrides of a phone
#[utoipa::path(get, path = "/phones/{phone}/overrides", tag = "overrides", params(PhonePath),
    responses((status = 200, description = "The overrides", body = Overrides)),
    security(("token" = ["read"])))]
async fn overrides_of_phone(
    _: Viewer,
    State(app): State<App>,
    Path(path): Path<PhonePath>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let holder = Whose::try_from(&path)?.look(&app).await?;
    Ok(Answer::read(&Overrides::of(holder.layer()), &conditions))
}

/// Write any element or attribute of a phone's configuration, whatever the catalogue says
#[utoipa::path(post, path = "/phones/{phone}/overrides", tag = "overrides", params(PhonePath), request_body = OverrideToPut,
    responses((status = 200, description = "The overrides as they are now", body = Overrides)),
    security(("token" = ["operate"])))]
async fn override_phone(
    Operator(who): Operator,
    State(app): State<App>,
    Path(path): Path<PhonePath>,
    conditions: Conditions,
    Json(body): Json<OverrideToPut>,
) -> Result<Answer, Problem> {
    edit(&app, &who, Whose::try_from(&path)?, Edit::Put(body.read()?), &conditions).await
}

/// Take an override of a phone away, so that the catalogue decides again
#[utoipa::path(delete, path = "/phones/{phone}/overrides", tag = "overrides", params(PhonePath, At),
    responses((status = 200, description = "The overrides as they are now", body = Overrides)),
    security(("token" = ["operate"])))]
async fn drop_override_of_phone(
    Operator(who): Operator,
    State(app): State<App>,
    Path(path): Path<PhonePath>,
    Query(query): Query<At>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    edit(&app, &who, Whose::try_from(&path)?, Edit::Drop(query.path), &conditions).await
}

/// List the overrides of a profile, site or series
#[utoipa::path(get, path = "/groups/{kind}/{name}/overrides", tag = "overrides", params(GroupPath),
    responses((status = 200, description = "The overrides", body = Overrides)),
    security(("token" = ["read"])))]
async fn overrides_of_group(
    _: Viewer,
    State(app): State<App>,
    Path(path): Path<GroupPath>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let holder = Whose::from(&path).look(&app).await?;
    Ok(Answer::read(&Overrides::of(holder.layer()), &conditions))
}

/// Write any element or attribute of the configurations of its phones
#[utoipa::path(post, path = "/groups/{kind}/{name}/overrides", tag = "overrides", params(GroupPath), request_body = OverrideToPut,
    responses((status = 200, description = "The overrides as they are now", body = Overrides)),
    security(("token" = ["operate"])))]
async fn override_group(
    Operator(who): Operator,
    State(app): State<App>,
    Path(path): Path<GroupPath>,
    conditions: Conditions,
    Json(body): Json<OverrideToPut>,
) -> Result<Answer, Problem> {
    edit(&app, &who, Whose::from(&path), Edit::Put(body.read()?), &conditions).await
}

/// Take an override of a profile, site or series away
#[utoipa::path(delete, path = "/groups/{kind}/{name}/overrides", tag = "overrides", params(GroupPath, At),
    responses((status = 200, description = "The overrides as they are now", body = Overrides)),
    security(("token" = ["operate"])))]
async fn drop_override_of_group(
    Operator(who): Operator,
    State(app): State<App>,
    Path(path): Path<GroupPath>,
    Query(query): Query<At>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    edit(&app, &who, Whose::from(&path), Edit::Drop(query.path), &conditions).await
}
