//! The editor of soft keys: for each state of a call the keys in the order of the screen.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use http::StatusCode;
use provision::catalogue::call_states;
use provision::inventory::{Content, Document, SoftKeySet};

use super::super::answer::{Answer, Refused};
use super::super::form::Filled;
use super::super::frame::Frame;
use super::{Kind, Opened, address, opened};
use crate::admin::access::{Operator, Viewer};
use crate::edit::Editor;
use crate::listener::App;

pub(super) fn router() -> Router<App> {
    Router::new().route("/softkeys/{name}", get(show).post(keep))
}

/// A state of a call, as the form has it.
struct Shown {
    id: &'static str,
    title: String,
    keys: String,
    offered: String,
    mandatory: String,
    valid: String,
}

#[derive(Template)]
#[template(path = "softkeys.html")]
struct Page {
    frame: Frame,
    name: String,
    kept: bool,
    named_by: String,
    hints: Vec<String>,
    states: Vec<Shown>,
    wrong: Option<String>,
}

impl Page {
    fn of(frame: Frame, opened: Opened, keys: impl Fn(&str) -> String) -> Self {
        let shown = |state: &'static provision::catalogue::CallState| Shown {
            id: state.id,
            title: words(state.id),
            keys: keys(state.id),
            offered: state.offered.join(" "),
            mandatory: state.mandatory.join(", "),
            valid: state.valid.join(" "),
        };
        Self {
            states: call_states().iter().map(shown).collect(),
            name: opened.document.name,
            kept: opened.kept,
            named_by: opened.named_by,
            hints: opened.hints,
            wrong: None,
            frame,
        }
    }
}

/// `Ring Out` of `RingOut`.
fn words(id: &str) -> String {
    let mut text = String::new();
    for letter in id.chars() {
        if letter.is_uppercase() && !text.is_empty() && !text.ends_with(' ') {
            text.push(' ');
        }
        text.push(letter);
    }
    text
}

async fn show(frame: Frame, _: Viewer, Path(name): Path<String>) -> Answer {
    let opened = opened(&frame, Kind::SoftKeys, &name).await?;
    let Content::SoftKeys(sets) = opened.document.content.clone() else { return Err(Refused::NothingThere) };
    let page =
        Page::of(frame, opened, |state| sets.get(state).map(|keys| keys.join(" ")).unwrap_or_default());
    page.frame.page(&page)
}

async fn keep(frame: Frame, _: Operator, Path(name): Path<String>, form: Filled) -> Answer {
    let opened = opened(&frame, Kind::SoftKeys, &name).await?;
    let typed = |state: &str| form.text(&format!("state.{state}")).to_owned();
    let mut sets = SoftKeySet::new();
    for state in call_states() {
        let keys: Vec<String> = typed(state.id)
            .split([' ', ',', '\n', '\r', '\t'])
            .filter(|key| !key.is_empty())
            .map(known)
            .collect();
        if !keys.is_empty() {
            sets.insert(state.id.to_owned(), keys);
        }
    }
    let document = Document { name: opened.document.name.clone(), content: Content::SoftKeys(sets) };
    let editor = Editor::begin(frame.store()?).await?;
    match editor.put_document(&document).await.map_err(Refused::from) {
        Ok(_) => frame
            .back_to(&address(Kind::SoftKeys, &document.name), "Kept; phones get it when they start next"),
        Err(Refused::Wrong(problem)) => {
            let mut page = Page::of(frame, opened, typed);
            page.wrong = Some(problem);
            page.frame.page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(other) => Err(other),
    }
}

/// The key as files write it, whatever the case of its letters.
fn known(typed: &str) -> String {
    let keys = provision::catalogue::soft_keys();
    keys.iter()
        .find(|key| key.id.eq_ignore_ascii_case(typed))
        .map_or_else(|| typed.to_owned(), |key| key.id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_states_are_read_as_words() {
        assert_eq!(words("On Hook"), "On Hook");
        assert_eq!(words("RingOut"), "Ring Out");
        assert_eq!(words("Connected"), "Connected");
        assert_eq!(known("endcall"), known("EndCall"));
        assert_eq!(known("Nonsense"), "Nonsense");
    }
}
