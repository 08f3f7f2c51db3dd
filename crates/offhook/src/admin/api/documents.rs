//! `/documents`: what several phones share by name: soft keys, dial templates, dial rules, feature policies, rings, wallpapers.

use axum::extract::State;
use provision::inventory::{Content, Document};
use provision::render::document::dialled;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Conditions};
use super::ask::{Json, Path, Query};
use super::made::FindingView;
use super::office::{editing, reader, store};
use super::problem::{Kind, Problem};
use super::view::segment;
use crate::admin::access::{Operator, Viewer};
use crate::edit::{self, Editor, Whose};
use crate::listener::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_documents))
        .routes(routes!(show_document, put_document, remove_document))
        .routes(routes!(test_dial))
}

/// The document of an address.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct DocumentPath {
    /// The name that phones ask for; a slash in it is written %2F.
    #[param(example = "SoftKeys-reception.xml")]
    name: String,
}

/// Which documents.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
struct AlsoMade {
    /// Also those that offhook makes by itself.
    made: bool,
}

/// Documents.
#[derive(Debug, Serialize, ToSchema)]
struct Documents {
    /// By name.
    items: Vec<DocumentItem>,
}

/// A document as lists show it.
#[derive(Debug, Serialize, ToSchema)]
struct DocumentItem {
    /// The name that phones ask for.
    name: String,
    /// What it is.
    kind: &'static str,
    /// How many things are in it.
    entries: usize,
    /// Whether offhook makes it by itself.
    made: bool,
}

impl DocumentItem {
    fn new(document: &Document, made: bool) -> Self {
        let content = &document.content;
        Self { name: document.name.clone(), kind: content.word(), entries: content.len(), made }
    }
}

/// List documents
#[utoipa::path(get, path = "/documents", tag = "documents", params(AlsoMade),
    responses((status = 200, description = "All of them", body = Documents)),
    security(("token" = ["read"])))]
async fn list_documents(
    _: Viewer,
    State(app): State<App>,
    Query(query): Query<AlsoMade>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let kept = store(&app)?.documents().await?;
    let mut items: Vec<_> = kept.iter().map(|document| DocumentItem::new(document, false)).collect();
    if query.made {
        let own = |name: &&str| !kept.iter().any(|document| document.name.eq_ignore_ascii_case(name));
        let made = edit::made_names().filter(own).filter_map(edit::made_document);
        items.extend(made.map(|document| DocumentItem::new(&document, true)));
    }
    items.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(Answer::read(&Documents { items }, &conditions))
}

/// A document.
#[derive(Debug, Serialize, ToSchema)]
struct DocumentView {
    /// The name that phones ask for.
    name: String,
    /// What it is.
    kind: &'static str,
    /// What is in it; its form is that of its kind.
    #[schema(value_type = Value)]
    content: serde_json::Value,
    /// Whether offhook makes it by itself.
    made: bool,
    /// Profiles, sites and series that name it.
    named_by: Vec<String>,
    /// What only some phones stumble over.
    findings: Vec<FindingView>,
}

async fn view(editor: &Editor, document: &Document, whose: Whose) -> Result<DocumentView, Problem> {
    let value = serde_json::to_value(&document.content).map_err(|error| super::problem::failed(&error))?;
    Ok(DocumentView {
        name: document.name.clone(),
        kind: document.content.word(),
        content: value.get("content").cloned().unwrap_or_default(),
        made: whose == Whose::Made,
        named_by: editor.named_by(document).await?,
        findings: document.findings(None).iter().map(FindingView::new).collect(),
    })
}

/// Show a document; one that offhook makes by itself is shown, too
#[utoipa::path(get, path = "/documents/{name}", tag = "documents", params(DocumentPath),
    responses((status = 200, description = "The document", body = DocumentView)),
    security(("token" = ["read"])))]
async fn show_document(
    _: Viewer,
    State(app): State<App>,
    Path(path): Path<DocumentPath>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let editor = reader(&app).await?;
    let (document, whose) = editor.document(&path.name).await?;
    Ok(Answer::read(&view(&editor, &document, whose).await?, &conditions))
}

/// What shall be in a document.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DocumentToPut {
    /// What it is.
    kind: DocumentKind,
    /// What is in it, in the form of its kind.
    #[schema(value_type = Value)]
    content: serde_json::Value,
}

/// The kinds of documents.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum DocumentKind {
    SoftKeys,
    DialTemplate,
    DialRules,
    FeaturePolicy,
    Rings,
    Backgrounds,
}

impl DocumentToPut {
    fn read(self, name: String) -> Result<Document, Problem> {
        let both = serde_json::json!({ "kind": self.kind, "content": self.content });
        let content: Content = serde_json::from_value(both)
            .map_err(|error| Problem::field("content", format!("{name}: {error}")))?;
        Ok(Document { name, content })
    }
}

/// Add a document, or replace what is in it
#[utoipa::path(put, path = "/documents/{name}", tag = "documents", params(DocumentPath), request_body = DocumentToPut,
    responses(
        (status = 200, description = "The document as it is now", body = DocumentView),
        (status = 201, description = "It is added", body = DocumentView, headers(("Location" = String, description = "The document")))),
    security(("token" = ["operate"])))]
async fn put_document(
    Operator(who): Operator,
    State(app): State<App>,
    Path(path): Path<DocumentPath>,
    conditions: Conditions,
    Json(body): Json<DocumentToPut>,
) -> Result<Answer, Problem> {
    let wanted = body.read(path.name)?;
    let (view, new) = editing!(&app, &who, |editor| {
        let there = match editor.document(&wanted.name).await {
            Ok((there, Whose::Kept)) => {
                let shown = view(&editor, &there, Whose::Kept).await?;
                // Whoever sends the same again replaces nothing.
                if there.content == wanted.content {
                    conditions.hold_for(&shown)?;
                } else {
                    conditions.hold_to_replace(Some(&shown))?;
                }
                Some(there)
            }
            // What offhook makes by itself is nobody's work.
            Ok((there, whose)) => {
                conditions.hold_for(&view(&editor, &there, whose).await?)?;
                None
            }
            Err(edit::Error::NoSuch(_)) => None,
            Err(error) => return Err(error.into()),
        };
        let mut document = wanted.clone();
        if let Some(there) = &there {
            if there.content.word() != document.content.word() {
                let (is, was) = (document.content.word(), there.content.word());
                return Err(Problem::field("kind", format!("{} is {was}, and this is {is}", there.name)));
            }
            document.name.clone_from(&there.name);
        }
        if there.as_ref() != Some(&document) {
            editor.put_document(&document).await?;
        }
        Ok((view(&editor, &document, Whose::Kept).await?, there.is_none()))
    });
    if new {
        let location = format!("{}/documents/{}", super::BASE, segment(&view.name));
        return Ok(Answer::created(&view, location));
    }
    Ok(Answer::changed(&view))
}

/// How a document is removed.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
struct Force {
    /// Even while it is named: phones then ask for a file that is not there.
    force: bool,
}

/// Remove a document; refused while a profile, site or series names it
#[utoipa::path(delete, path = "/documents/{name}", tag = "documents", params(DocumentPath, Force),
    responses((status = 200, description = "What it was", body = DocumentView)),
    security(("token" = ["operate"])))]
async fn remove_document(
    Operator(who): Operator,
    State(app): State<App>,
    Path(path): Path<DocumentPath>,
    Query(query): Query<Force>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let gone = editing!(&app, &who, |editor| {
        let (document, whose) = editor.document(&path.name).await?;
        let before = view(&editor, &document, whose).await?;
        conditions.hold_for(&before)?;
        editor.remove_documents(&[&path.name], query.force).await?;
        Ok(before)
    });
    Ok(Answer::done(&gone))
}

/// Numbers to try.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Digits {
    /// What is typed, each by itself.
    #[schema(min_items = 1, max_items = 100, example = json!(["0211123", "110"]))]
    digits: Vec<String>,
    /// On this line of the phone; rules for other lines do not count.
    line: Option<u16>,
}

/// What a phone does with typed digits.
#[derive(Debug, Serialize, ToSchema)]
struct DialledAll {
    /// One by one.
    items: Vec<DialledView>,
}

/// What a phone does with some digits.
#[derive(Debug, Serialize, ToSchema)]
struct DialledView {
    /// What was typed.
    typed: String,
    /// The number of the rule that it takes, from 1 on; null if none.
    rule: Option<usize>,
    /// The pattern of that rule.
    pattern: Option<String>,
    /// How many seconds it waits for more; null where nobody has said.
    waits: Option<u16>,
    /// What it dials.
    number: String,
}

/// Tell what a phone does with typed digits, by a dial template
#[utoipa::path(post, path = "/documents/{name}/dial", tag = "documents", params(DocumentPath), request_body = Digits,
    responses((status = 200, description = "What it does", body = DialledAll)),
    security(("token" = ["read"])))]
async fn test_dial(
    _: Viewer,
    State(app): State<App>,
    Path(path): Path<DocumentPath>,
    Json(body): Json<Digits>,
) -> Result<Answer, Problem> {
    if body.digits.is_empty() || body.digits.len() > 100 {
        return Err(Problem::field("digits", "give 1 to 100 numbers"));
    }
    if let Some(place) = body.digits.iter().position(|digits| digits.chars().count() > 64) {
        return Err(Problem::field(&format!("digits/{place}"), "nobody types more than 64 digits"));
    }
    let (document, _) = reader(&app).await?.document(&path.name).await?;
    let Content::DialTemplate(rules) = &document.content else {
        let kind = document.content.kind().name();
        return Err(Problem::new(Kind::Conflict, format!("{} is no dial template: {kind}", document.name)));
    };
    let one = |typed: &String| {
        let result = dialled(rules, typed, body.line);
        DialledView {
            typed: typed.clone(),
            rule: result.rule.map(|(place, _)| place + 1),
            pattern: result.rule.map(|(_, rule)| rule.pattern.clone()),
            waits: result.pause.seconds(),
            number: result.number.clone(),
        }
    };
    Ok(Answer::done(&DialledAll { items: body.digits.iter().map(one).collect() }))
}
