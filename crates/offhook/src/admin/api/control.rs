//! `/phones/{phone}/restart` and `/phones/{phone}/execute`: what is done with a phone from afar.

use axum::extract::State;
use provision::objects::{Priority, Target};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::Answer;
use super::ask::{Json, Maybe, Path, mac};
use super::office::store;
use super::phones::PhonePath;
use super::problem::{Kind, Problem, failed};
use crate::admin::access::{Administrator, Operator};
use crate::asterisk::restart::Order;
use crate::control::{self, ControlError, Reach, Way};
use crate::listener::App;
use crate::push::{PushError, meaning, pushes};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(restart_phone)).routes(routes!(execute_on_phone))
}

async fn reach(app: &App, path: &PhonePath) -> Result<Reach, Problem> {
    let mac = mac(&path.phone)?;
    let found = Reach::find(store(app)?, mac).await?;
    found.ok_or_else(|| Problem::not_found(format!("there is no phone {}", mac.device_name())))
}

/// What stands between a phone and what was asked is nobody's mistake: it may be off.
fn refused(error: ControlError) -> Problem {
    match error {
        ControlError::Users(error) => failed(&error),
        ControlError::Where(phone) => Problem::new(
            Kind::Conflict,
            format!("nobody knows where {phone} is: it has not taken its configuration here"),
        ),
        other => Problem::new(Kind::Conflict, other.to_string()),
    }
}

fn unpushed(error: PushError) -> Problem {
    refused(error.into())
}

/// How a phone is restarted.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct ToRestart {
    /// Start from the beginning: it forgets more.
    reset: bool,
    /// Only this way; else the first that works.
    by: Option<WayWord>,
}

/// The ways to restart a phone.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum WayWord {
    /// By the PBX it is registered with.
    Sip,
    /// By its own keys: the 7900 series.
    Keys,
}

/// What became of a restart.
#[derive(Debug, Serialize, ToSchema)]
struct RestartView {
    /// The phone.
    phone: String,
    /// How it was done, in words.
    how: String,
}

/// Restart a phone, so that it takes what was changed for it
#[utoipa::path(post, path = "/phones/{phone}/restart", tag = "phones", params(PhonePath), request_body = Option<ToRestart>,
    responses((status = 200, description = "It was told to", body = RestartView)),
    security(("token" = ["operate"])))]
async fn restart_phone(
    Operator(who): Operator,
    State(app): State<App>,
    Path(path): Path<PhonePath>,
    Maybe(body): Maybe<ToRestart>,
) -> Result<Answer, Problem> {
    let reach = reach(&app, &path).await?;
    let order = if body.reset { Order::Reset } else { Order::Restart };
    let way = body.by.map(|by| match by {
        WayWord::Sip => Way::Sip,
        WayWord::Keys => Way::Keys,
    });
    let data_dir = app.config.load().data_dir.clone();
    let door = reach.door(None, false);
    let done = control::restart(&reach, order, way, &app.asterisk, &data_dir, door).await.map_err(refused)?;
    let (phone, how) = (reach.name(), done.words(order));
    let subject = format!("phone {phone}");
    store(&app)?.by(&who.name).note("restarted", &subject, &[("how", None, Some(&how))]).await?;
    Ok(Answer::done(&RestartView { phone, how }))
}

/// What a phone is to do.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ToExecute {
    /// Addresses of pages, or what phones know by themselves: `Key:Services`, `Play:Ring1.raw`, `Dial:100`. In order.
    #[schema(min_items = 1, max_items = 20, example = json!(["Display:Off:60"]))]
    uris: Vec<String>,
    /// When pages are shown.
    #[serde(default)]
    when: When,
    /// Over HTTPS.
    #[serde(default)]
    https: bool,
}

/// When a page is shown.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = WhenShown)]
enum When {
    /// Now.
    #[default]
    Now,
    /// As soon as the phone is idle.
    Idle,
    /// Only if the phone is idle.
    IfIdle,
}

/// More is a programme of its own.
const MOST_URIS: usize = 20;

/// What a phone did.
#[derive(Debug, Serialize, ToSchema)]
struct Executed {
    /// One for each, in order.
    items: Vec<ExecutedItem>,
}

/// What became of one thing a phone was to do.
#[derive(Debug, Serialize, ToSchema)]
struct ExecutedItem {
    /// What it was.
    uri: String,
    /// What the phone says; 0 is done.
    status: u32,
    /// What it adds.
    data: String,
    /// In words.
    meaning: String,
}

/// Make a phone do things, in order
///
/// The phone asks this server whether that is allowed; credentials are made up that are good for this phone and three minutes.
#[utoipa::path(post, path = "/phones/{phone}/execute", tag = "phones", params(PhonePath), request_body = ToExecute,
    responses((status = 200, description = "What the phone says", body = Executed)),
    security(("token" = ["administer"])))]
async fn execute_on_phone(
    Administrator(who): Administrator,
    State(app): State<App>,
    Path(path): Path<PhonePath>,
    Json(body): Json<ToExecute>,
) -> Result<Answer, Problem> {
    if body.uris.is_empty() || body.uris.len() > MOST_URIS {
        return Err(Problem::field("uris", format!("say 1 to {MOST_URIS} things")));
    }
    let reach = reach(&app, &path).await?;
    let one = |(place, uri): (usize, &String)| {
        Target::parse(uri).map_err(|error| Problem::field(&format!("uris/{place}"), error.to_string()))
    };
    let targets = body.uris.iter().enumerate().map(one).collect::<Result<Vec<_>, _>>()?;
    let priority = match body.when {
        When::Now => Priority::Now,
        When::Idle => Priority::WhenIdle,
        When::IfIdle => Priority::OnlyIfIdle,
    };
    // Whatever the model does not know is wrong before anything is done.
    let known = pushes(reach.phone(), &targets, priority);
    known.map_err(|error| Problem::field("uris", error.to_string()))?;
    let door = reach.door(None, body.https).map_err(refused)?;
    let data_dir = app.config.load().data_dir.clone();
    let loan =
        control::lend_aside(&data_dir, reach.bundle.phone.mac).await.map_err(|error| failed(&error))?;
    let done = control::execute(&door, loan.credentials(), reach.phone(), &targets, priority).await;
    control::give_back(loan).await;
    let done = done.map_err(unpushed)?;
    let (subject, uris) = (format!("phone {}", reach.name()), body.uris.join(" "));
    store(&app)?.by(&who.name).note("pushed", &subject, &[("uris", None, Some(&uris))]).await?;
    let item = |one: &provision::objects::Done| ExecutedItem {
        uri: one.url.clone(),
        status: one.status,
        data: one.data.clone(),
        meaning: meaning(one),
    };
    Ok(Answer::done(&Executed { items: done.iter().map(item).collect() }))
}
