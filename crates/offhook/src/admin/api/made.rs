//! `/phones/{phone}/configuration` and what is said of it: the document that offhook makes, where each value comes from,
//! what lint finds, how it differs from another.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use provision::lint::Finding;
use provision::mac::Mac;
use provision::render::{Explained, Note};
use provision::tree::Element;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::signed::Signed;

use super::answer::{Answer, Conditions};
use super::ask::{Path, body, mac};
use super::office::{reader, store, surroundings};
use super::phones::PhonePath;
use super::problem::{Kind, Problem};
use crate::admin::access::Viewer;
use crate::edit::{Made, difference};
use crate::listener::App;
use crate::trust::calendar;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(configuration_of_phone))
        .routes(routes!(explain_phone))
        .routes(routes!(lint_phone))
        .routes(routes!(compare_phone))
}

/// No phone reads more.
const MOST_BYTES: usize = 4 << 20;

async fn made(app: &App, mac: Mac) -> Result<Made, Problem> {
    let editor = reader(app).await?;
    let phone = editor.phone(mac).await?;
    Ok(Made::of(phone, &editor, &surroundings(app)).await?)
}

/// Show the configuration that offhook makes for a phone, without passwords
#[utoipa::path(get, path = "/phones/{phone}/configuration", tag = "configurations", params(PhonePath),
    responses((status = 200, description = "The document; a file in the document root would win over it", body = String, content_type = "application/xml")),
    security(("token" = ["read"])))]
async fn configuration_of_phone(
    _: Viewer,
    State(app): State<App>,
    Path(path): Path<PhonePath>,
) -> Result<Response, Problem> {
    let text = made(&app, mac(&path.phone)?).await?.without_passwords();
    let headers = [(CONTENT_TYPE, "application/xml; charset=utf-8"), (CACHE_CONTROL, "private, no-cache")];
    Ok((headers, text).into_response())
}

/// What stands in a configuration, and why.
#[derive(Debug, Serialize, ToSchema)]
struct Explanation {
    /// The phone.
    phone: String,
    /// The version stamp of the document.
    stamp: String,
    /// Each value of the document.
    values: Vec<ValueView>,
    /// What rendering left out, and why.
    notes: Vec<NoteView>,
    /// The configuration that it fetched last, if offhook knows.
    fetched: Option<FetchedView>,
    /// The code by which it can be claimed, while it waits.
    claim_code: Option<String>,
}

/// A value of a configuration.
#[derive(Debug, Serialize, ToSchema)]
struct ValueView {
    /// Where it stands.
    path: String,
    /// The setting it comes from, if there is one.
    name: Option<String>,
    /// By clear words; null for a password.
    value: Option<String>,
    /// As it stands there; null for a password.
    code: Option<String>,
    /// Who says so.
    from: String,
    /// Whether it is a password.
    secret: bool,
}

/// Something that rendering has to say.
#[derive(Debug, Serialize, ToSchema)]
struct NoteView {
    /// Whose value it is about.
    from: String,
    /// What is left out, and why.
    text: String,
}

/// What a phone fetched last.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FetchedView {
    /// When.
    at: String,
    /// Over what: `tftp`, `http`, `https`.
    transport: String,
    /// From which address.
    source: String,
    /// The version stamp of what it fetched.
    stamp: String,
    /// Whether that is what it would get now.
    current: bool,
}

impl ValueView {
    fn new(value: &Explained<'_>) -> Self {
        let shown = |text: &str| (!value.secret).then(|| text.to_owned());
        Self {
            path: value.path.to_string(),
            name: value.name.map(|name| name.to_string()),
            value: shown(value.value),
            code: shown(value.code),
            from: value.origin.to_string(),
            secret: value.secret,
        }
    }
}

impl NoteView {
    fn new(note: &Note) -> Self {
        Self { from: note.origin.to_string(), text: note.text.clone() }
    }
}

/// Explain a phone's configuration: each value with who says so
#[utoipa::path(get, path = "/phones/{phone}/explanation", tag = "configurations", params(PhonePath),
    responses((status = 200, description = "Each value", body = Explanation)),
    security(("token" = ["read"])))]
async fn explain_phone(
    _: Viewer,
    State(app): State<App>,
    Path(path): Path<PhonePath>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let mac = mac(&path.phone)?;
    let made = made(&app, mac).await?;
    let store = store(&app)?;
    let stamp = made.rendered.stamp.to_string();
    let fetched = store.fetched(mac).await?.map(|fetched| FetchedView {
        at: calendar::utc(fetched.at),
        current: fetched.stamp == stamp,
        transport: fetched.transport,
        source: fetched.source,
        stamp: fetched.stamp,
    });
    let explanation = Explanation {
        phone: mac.device_name(),
        stamp,
        values: made.rendered.values.iter().map(|value| ValueView::new(&value)).collect(),
        notes: made.rendered.notes.iter().map(NoteView::new).collect(),
        fetched,
        claim_code: store.waiting(mac).await?.map(|waiting| waiting.code),
    };
    Ok(Answer::read(&explanation, &conditions))
}

/// What lint finds in a configuration.
#[derive(Debug, Serialize, ToSchema)]
struct Findings {
    /// One by one.
    items: Vec<FindingView>,
}

/// Something that phones could stumble over.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FindingView {
    /// Which rule found it.
    rule: &'static str,
    /// `error`, `warning` or `hint`.
    severity: String,
    /// Where: the line of the document.
    line: usize,
    /// What is wrong.
    message: String,
    /// What to do.
    fix: String,
}

impl FindingView {
    pub(super) fn new(finding: &Finding) -> Self {
        Self {
            rule: finding.rule.id,
            severity: finding.severity.to_string(),
            line: finding.place.line,
            message: finding.message.clone(),
            fix: finding.fix.clone(),
        }
    }
}

/// Look for what is wrong with a phone's configuration
#[utoipa::path(get, path = "/phones/{phone}/findings", tag = "configurations", params(PhonePath),
    responses((status = 200, description = "What was found", body = Findings)),
    security(("token" = ["read"])))]
async fn lint_phone(
    _: Viewer,
    State(app): State<App>,
    Path(path): Path<PhonePath>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let made = made(&app, mac(&path.phone)?).await?;
    let items = made.findings().iter().map(FindingView::new).collect();
    Ok(Answer::read(&Findings { items }, &conditions))
}

/// How two documents differ.
#[derive(Debug, Serialize, ToSchema)]
struct Comparison {
    /// Whether they say the same.
    same: bool,
    /// Where they differ.
    differences: Vec<DifferenceView>,
}

/// One place at which documents differ.
#[derive(Debug, Serialize, ToSchema)]
struct DifferenceView {
    /// Where.
    path: String,
    /// What offhook makes; null where there is nothing, or a password.
    made: Option<String>,
    /// What the other says; null where there is nothing, or a password.
    other: Option<String>,
    /// Whether it is a password.
    secret: bool,
}

/// Compare what offhook makes for a phone with a document; a signature around it is taken off
#[utoipa::path(post, path = "/phones/{phone}/diff", tag = "configurations", params(PhonePath),
    request_body(content = String, content_type = "application/xml", description = "The other document"),
    responses((status = 200, description = "The differences", body = Comparison)),
    security(("token" = ["read"])))]
async fn compare_phone(
    _: Viewer,
    State(app): State<App>,
    Path(path): Path<PhonePath>,
    request: Request<Body>,
) -> Result<Answer, Problem> {
    let made = made(&app, mac(&path.phone)?).await?;
    let bytes = body(request.into_body(), MOST_BYTES).await?;
    let signed = Signed::parse(&bytes);
    let payload = signed.as_ref().map_or(&bytes[..], |signed| signed.payload);
    let malformed = |text: String| Problem::new(Kind::Malformed, text);
    let other =
        Element::parse(payload).map_err(|error| malformed(format!("that is no document: {error}")))?;
    let own = Element::parse(made.rendered.xml.as_bytes()).map_err(|error| super::problem::failed(&error))?;
    if own.name != other.name {
        return Err(Problem::new(
            Kind::Invalid,
            format!("that begins with <{}>, not <{}>", other.name, own.name),
        ));
    }
    let view = |one: difference::Difference| {
        let secret = one.is_secret();
        let side = |text: Option<String>| text.filter(|_| !secret);
        DifferenceView { made: side(one.made), other: side(one.other), path: one.path, secret }
    };
    let differences: Vec<_> = difference::compare(&own, &other).into_iter().map(view).collect();
    Ok(Answer::done(&Comparison { same: differences.is_empty(), differences }))
}
