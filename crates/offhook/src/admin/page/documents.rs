//! Documents that phones share: soft keys and dial plans, each with an editor of its own.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use http::StatusCode;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use provision::inventory::{Content, Document};
use provision::lint::FileKind;

use super::answer::{Answer, Refused, sentence};
use super::form::Filled;
use super::frame::Frame;
use crate::admin::access::{Operator, Viewer};
use crate::edit::{Editor, Whose, made_document, made_names, setting_of};
use crate::listener::App;

mod dial;
mod soft_keys;

/// Which of the two.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    SoftKeys,
    Dial,
}

pub(super) fn router() -> Router<App> {
    let mut router = Router::new();
    for kind in [Kind::SoftKeys, Kind::Dial] {
        let base = kind.base();
        router = router
            .route(
                base,
                get(move |frame, who, app| list(frame, who, app, kind))
                    .post(move |frame, who, app, form| make(frame, who, app, kind, form)),
            )
            .route(
                &format!("{base}/{{name}}/remove"),
                post(move |frame, who, name, form| remove(frame, who, kind, name, form)),
            );
    }
    router.merge(soft_keys::router()).merge(dial::router())
}

impl Kind {
    fn base(self) -> &'static str {
        match self {
            Self::SoftKeys => "/softkeys",
            Self::Dial => "/dial",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::SoftKeys => "Soft keys",
            Self::Dial => "Dial plans",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::SoftKeys => "Which keys stand below the screen, for each state of a call.",
            Self::Dial => "When typed digits are a number, and what is dialled for them.",
        }
    }

    fn example(self) -> &'static str {
        match self {
            Self::SoftKeys => "SoftKeys-reception.xml",
            Self::Dial => "DialTemplate-reception.xml",
        }
    }

    fn file(self) -> FileKind {
        match self {
            Self::SoftKeys => FileKind::SoftKeys,
            Self::Dial => FileKind::DialTemplate,
        }
    }

    fn is_of(self, document: &Document) -> bool {
        document.content.kind() == self.file()
    }
}

/// A document in the list.
struct Row {
    name: String,
    kept: bool,
    shadowed: bool,
    holds: String,
    named_by: String,
}

#[derive(Template)]
#[template(path = "documents.html")]
struct List {
    frame: Frame,
    title: &'static str,
    about: &'static str,
    base: &'static str,
    setting: &'static str,
    example: &'static str,
    rows: Vec<Row>,
    name: String,
    wrong: Option<String>,
}

impl List {
    async fn of(frame: Frame, app: &App, kind: Kind) -> Result<Self, Refused> {
        let editor = Editor::begin(frame.store()?).await?;
        let kept = editor.store.documents().await?;
        let made = made_names().filter(|name| !kept.iter().any(|own| own.name.eq_ignore_ascii_case(name)));
        let made: Vec<Document> = made.filter_map(made_document).collect();
        let root = app.config.load().document_root.clone();
        let mut rows = Vec::new();
        let all = kept.iter().map(|own| (own, true)).chain(made.iter().map(|own| (own, false)));
        for (document, kept) in all.filter(|(document, _)| kind.is_of(document)) {
            let named_by = editor.named_by(document).await?;
            rows.push(Row {
                name: document.name.clone(),
                kept,
                shadowed: root.join(&document.name).is_file(),
                holds: holds(&document.content),
                named_by: named_by.join(", "),
            });
        }
        let setting = made.iter().chain(&kept).find(|document| kind.is_of(document)).and_then(setting_of);
        Ok(Self {
            title: kind.title(),
            about: kind.about(),
            base: kind.base(),
            setting: setting.unwrap_or_default(),
            example: kind.example(),
            rows,
            name: String::new(),
            wrong: None,
            frame,
        })
    }
}

fn holds(content: &Content) -> String {
    let count = content.len();
    let what = match content {
        Content::SoftKeys(_) => "states",
        _ => "rules",
    };
    format!("{count} {what}")
}

async fn list(frame: Frame, _: Viewer, State(app): State<App>, kind: Kind) -> Answer {
    let page = List::of(frame, &app, kind).await?;
    page.frame.page(&page)
}

async fn make(frame: Frame, _: Operator, State(app): State<App>, kind: Kind, form: Filled) -> Answer {
    let name = form.text("name").to_owned();
    match made(&frame, kind, &name, form.text("from")).await {
        Ok(()) => frame.back_to(&address(kind, &name), "It is there; change what it says"),
        Err(Refused::Wrong(problem) | Refused::Missing(problem)) => {
            let mut page = List::of(frame, &app, kind).await?;
            (page.name, page.wrong) = (name, Some(problem));
            page.frame.page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(other) => Err(other),
    }
}

async fn made(frame: &Frame, kind: Kind, name: &str, from: &str) -> Result<(), Refused> {
    let editor = Editor::begin(frame.store()?).await?;
    editor.is_new_document(name).await?;
    let (from, _) = editor.document(from).await?;
    if !kind.is_of(&from) {
        return Err(Refused::Wrong(sentence(&format!("{} is a document of another kind", from.name))));
    }
    editor.put_document(&Document { name: name.to_owned(), content: from.content }).await?;
    Ok(())
}

fn address(kind: Kind, name: &str) -> String {
    format!("{}/{}", kind.base(), utf8_percent_encode(name, NON_ALPHANUMERIC))
}

async fn remove(frame: Frame, _: Operator, kind: Kind, Path(name): Path<String>, _: Filled) -> Answer {
    let editor = Editor::begin(frame.store()?).await?;
    let removed = editor.remove_documents(&[&name], false).await?;
    frame.back_to(kind.base(), &format!("{} removed", removed.join(", ")))
}

/// What an editor needs to know of a document.
struct Opened {
    document: Document,
    kept: bool,
    named_by: String,
    hints: Vec<String>,
}

async fn opened(frame: &Frame, kind: Kind, name: &str) -> Result<Opened, Refused> {
    let editor = Editor::begin(frame.store()?).await?;
    let (document, whose) = editor.document(name).await?;
    if !kind.is_of(&document) {
        return Err(Refused::NothingThere);
    }
    let named_by = editor.named_by(&document).await?.join(", ");
    let hints = hints(&document);
    Ok(Opened { kept: whose == Whose::Kept, named_by, hints, document })
}

/// What only some phones stumble over.
fn hints(document: &Document) -> Vec<String> {
    document
        .findings(None)
        .into_iter()
        .map(|found| format!("{}. {}", sentence(&found.message).trim_end_matches('.'), found.fix))
        .collect()
}
