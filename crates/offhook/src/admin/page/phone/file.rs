//! The file that a phone gets: the document, where each value comes from, what lint says, and what stands there in spite of all.

use askama::Template;
use axum::extract::{Path, State};
use http::StatusCode;
use provision::inventory::{Change, Override, Replacement};
use provision::lint::Severity;

use super::made::{Differs, Looked};
use super::{complaints, made};
use crate::admin::access::{Operator, Viewer};
use crate::admin::page::answer::Answer;
use crate::admin::page::form::Filled;
use crate::admin::page::frame::Frame;
use crate::edit::{drop_override, put_override};
use crate::inventory::surroundings;
use crate::listener::App;

/// A value of the document, for people.
struct Value {
    path: String,
    name: String,
    word: String,
    code: String,
    origin: String,
}

/// An override as the page shows it.
struct Replaced {
    path: String,
    text: String,
}

#[derive(Template)]
#[template(path = "phone_file.html")]
struct File {
    frame: Frame,
    tab: &'static str,
    looked: Looked,
    xml: String,
    values: Vec<Value>,
    overrides: Vec<Replaced>,
    path: String,
    text: String,
    kind: String,
    differences: Option<Vec<Differs>>,
    wrong: Vec<String>,
}

impl File {
    fn of(frame: Frame, looked: Looked) -> Self {
        let hidden = |secret: bool, text: &str| {
            if secret && !text.is_empty() { "(hidden)".to_owned() } else { text.to_owned() }
        };
        let value = |value: provision::render::Explained<'_>| Value {
            path: value.path.to_owned(),
            name: value.name.map(|name| name.to_string()).unwrap_or_default(),
            word: hidden(value.secret, value.value),
            code: hidden(value.secret, value.code),
            origin: value.origin.to_string(),
        };
        let values = looked.made.rendered.values.iter().map(value).collect();
        let replaced = |one: &Override| {
            let text = match &one.replacement {
                Replacement::Nothing => "(nothing)",
                Replacement::Text(text) | Replacement::Fragment(text) => text,
            };
            Replaced { path: one.path.clone(), text: hidden(one.is_secret(), text) }
        };
        let overrides = looked.phone().layer.overrides.iter().map(replaced).collect();
        let xml = looked.made.without_passwords();
        Self {
            frame,
            tab: "/file",
            looked,
            xml,
            values,
            overrides,
            path: String::new(),
            text: String::new(),
            kind: "text".to_owned(),
            differences: None,
            wrong: Vec::new(),
        }
    }
}

/// The colour of a finding.
fn shade(severity: Severity) -> &'static str {
    match severity {
        Severity::Hint => "info",
        Severity::Warning => "warn",
        Severity::Error => "bad",
    }
}

pub(super) async fn show(
    frame: Frame,
    _: Viewer,
    State(app): State<App>,
    Path(name): Path<String>,
) -> Answer {
    let (looked, _) = made::look(&frame, &app, &name).await?;
    let page = File::of(frame, looked);
    page.frame.page(&page)
}

/// Puts an override, takes one away, or shows what it would do.
pub(super) async fn put(
    frame: Frame,
    _: Operator,
    State(app): State<App>,
    Path(name): Path<String>,
    form: Filled,
) -> Answer {
    let (before, editor) = made::look(&frame, &app, &name).await?;
    let mut phone = before.phone().clone();
    let (path, text, kind) =
        (form.text("path").to_owned(), form.text("text").to_owned(), form.text("kind").to_owned());
    let overrides = &mut phone.layer.overrides;
    let done = if form.text("do") == "drop" {
        drop_override(&name, overrides, &path)
    } else {
        let replacement = match kind.as_str() {
            "fragment" => Replacement::Fragment(text.clone()),
            "nothing" => Replacement::Nothing,
            _ => Replacement::Text(text.clone()),
        };
        put_override(&name, overrides, Override { path: path.clone(), replacement })
    };
    let wrong = done.map_or_else(complaints, |()| Ok(Vec::new()))?;
    if wrong.is_empty() && form.text("do") != "preview" {
        editor.change(&[Change::PutPhone(phone)]).await?;
        return frame.back_to(&format!("/phones/{name}/file"), "Saved");
    }
    let after = Looked::at(phone, &editor, &surroundings(&app.config.load())).await?;
    let differences = wrong.is_empty().then(|| after.differences(&before));
    let status = if wrong.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    // What is only looked at is not in the list yet.
    let mut page = File::of(frame, before);
    (page.path, page.text, page.kind, page.differences, page.wrong) = (path, text, kind, differences, wrong);
    page.frame.page_with(status, &page)
}
