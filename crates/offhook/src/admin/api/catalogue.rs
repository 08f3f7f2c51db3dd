//! `/catalogue`: what is known of models, settings and keys.

use provision::catalogue::{self, Limits, Setting};
use provision::models::{self, Model};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Conditions};
use super::ask::Query;
use super::groups::as_address;
use super::problem::{Kind, Problem};
use crate::admin::access::Viewer;
use crate::edit;
use crate::listener::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_models))
        .routes(routes!(list_settings))
        .routes(routes!(list_key_features))
        .routes(routes!(list_zones))
}

/// For which phones.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct For {
    /// Only what this model has.
    #[param(example = "8845")]
    model: Option<String>,
    /// Only what this series has.
    #[param(example = "8800")]
    series: Option<String>,
}

impl For {
    fn models(&self) -> Result<(Vec<&'static Model>, Option<&'static str>), Problem> {
        let malformed = |error| Problem::new(Kind::Invalid, as_address(error).detail());
        if let Some(name) = &self.model {
            let model = edit::model(name).map_err(malformed)?;
            return Ok((vec![model], Some(model.series)));
        }
        let series = self.series.as_deref().map(edit::series).transpose().map_err(malformed)?;
        let of_it = |model: &&Model| series.is_none_or(|series| model.series == series);
        Ok((models::all().iter().filter(of_it).collect(), series))
    }
}

/// A list of something.
#[derive(Debug, Serialize, ToSchema)]
struct Items<T> {
    /// One by one.
    items: Vec<T>,
}

/// A model.
#[derive(Debug, Serialize, ToSchema)]
struct ModelView {
    /// Its name.
    model: &'static str,
    /// Its series.
    series: &'static str,
    /// Programmable keys beside the screen.
    keys: u16,
    /// The same with key modules.
    keys_with_modules: u16,
    /// Key modules that it takes.
    modules: Vec<&'static str>,
    /// Calls on one line.
    calls_a_line: Option<u16>,
}

/// List the models
#[utoipa::path(get, path = "/catalogue/models", tag = "catalogue", params(For),
    responses((status = 200, description = "The models", body = Items<ModelView>)),
    security(("token" = ["read"])))]
async fn list_models(_: Viewer, Query(query): Query<For>, conditions: Conditions) -> Result<Answer, Problem> {
    let view = |model: &&'static Model| ModelView {
        model: model.name,
        series: model.series,
        keys: model.keys,
        keys_with_modules: model.most_keys.value,
        modules: model.modules.iter().map(|module| module.value).collect(),
        calls_a_line: model.max_calls,
    };
    Ok(Answer::read(&Items { items: query.models()?.0.iter().map(view).collect() }, &conditions))
}

/// A setting.
#[derive(Debug, Serialize, ToSchema)]
struct SettingView {
    /// What people write.
    key: &'static str,
    /// Where it stands in a configuration.
    path: &'static str,
    /// `text`, `number`, `switch`, `choice` and more.
    kind: String,
    /// The words it takes; empty when any text or number will do.
    words: Vec<&'static str>,
    /// Characters or numbers allowed: the least.
    least: Option<u64>,
    /// The most.
    most: Option<u64>,
    /// What phones do when nobody says anything.
    usual: Option<&'static str>,
    /// The phones that know it.
    phones: String,
    /// Whether it is a password, which is never shown.
    secret: bool,
    /// Whether it is one of lines and keys.
    of_a_line: bool,
    /// What it does.
    doc: &'static str,
}

impl SettingView {
    fn new(setting: &'static Setting, key: &'static str, series: Option<&str>) -> Self {
        let (least, most) = match setting.limits {
            Limits::Length { least, most, .. } => (Some(u64::from(least)), Some(u64::from(most))),
            Limits::Range { least, most, .. } => (Some(u64::from(least)), Some(u64::from(most))),
            _ => (None, None),
        };
        Self {
            key,
            path: setting.path,
            kind: format!("{:?}", setting.kind).to_lowercase(),
            words: setting.words(series),
            least,
            most,
            usual: setting.default,
            phones: setting.applies.to_string(),
            secret: setting.is_secret(),
            of_a_line: setting.repeats(),
            doc: setting.doc,
        }
    }
}

/// List the settings
#[utoipa::path(get, path = "/catalogue/settings", tag = "catalogue", params(For),
    responses((status = 200, description = "The settings", body = Items<SettingView>)),
    security(("token" = ["read"])))]
async fn list_settings(
    _: Viewer,
    Query(query): Query<For>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let (models, series) = query.models()?;
    let all = catalogue::settings().iter().chain(catalogue::own_settings());
    let known = all.filter(|setting| models.iter().any(|model| setting.applies.to(model)));
    let items = known.filter_map(|setting| Some(SettingView::new(setting, setting.key?, series))).collect();
    Ok(Answer::read(&Items { items }, &conditions))
}

/// What a key can do.
#[derive(Debug, Serialize, ToSchema)]
struct KeyFeatureView {
    /// What people write.
    feature: &'static str,
    /// What the phone calls it.
    name: &'static str,
    /// The phones that know it.
    phones: String,
    /// What it does.
    doc: &'static str,
}

/// List what programmable keys can do
#[utoipa::path(get, path = "/catalogue/keys", tag = "catalogue", params(For),
    responses((status = 200, description = "The features", body = Items<KeyFeatureView>)),
    security(("token" = ["read"])))]
async fn list_key_features(
    _: Viewer,
    Query(query): Query<For>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let (models, _) = query.models()?;
    let known =
        catalogue::line_features().iter().filter(|key| models.iter().any(|model| key.applies.to(model)));
    let view = |key: &'static catalogue::LineFeature| KeyFeatureView {
        feature: key.key,
        name: key.name,
        phones: key.applies.to_string(),
        doc: key.doc,
    };
    Ok(Answer::read(&Items { items: known.map(view).collect() }, &conditions))
}

/// A time zone of phones.
#[derive(Debug, Serialize, ToSchema)]
struct ZoneView {
    /// What a configuration says.
    name: &'static str,
    /// Minutes east of Greenwich, without summer time.
    minutes: i32,
    /// Whether the phone changes to summer time by itself.
    daylight: bool,
    /// The places it fits.
    places: Vec<&'static str>,
    /// Of those, the places whose summer time is another.
    differs: Vec<&'static str>,
    /// What is to be known about it.
    note: Option<&'static str>,
}

/// List the time zones that phones know
#[utoipa::path(get, path = "/catalogue/zones", tag = "catalogue",
    responses((status = 200, description = "The time zones", body = Items<ZoneView>)),
    security(("token" = ["read"])))]
async fn list_zones(_: Viewer, conditions: Conditions) -> Answer {
    let view = |zone: &'static catalogue::Zone| ZoneView {
        name: zone.name,
        minutes: i32::from(zone.minutes),
        daylight: zone.daylight,
        places: zone.zones.to_vec(),
        differs: zone.zones.iter().copied().filter(|place| zone.differs(place)).collect(),
        note: zone.note,
    };
    Answer::read(&Items { items: catalogue::zones().iter().map(view).collect() }, &conditions)
}
