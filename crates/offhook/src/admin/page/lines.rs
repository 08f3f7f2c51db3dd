//! Lines: all of them, and one with its settings and the phones that have it.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query};
use axum::routing::{get, post};
use http::StatusCode;
use provision::catalogue::{line_feature, settings};
use provision::inventory::{Change, Line, Name, Number};
use provision::mac::Mac;
use serde::{Deserialize, Serialize};
use store::Page;

use super::answer::{Answer, Refused};
use super::form::Filled;
use super::frame::Frame;
use super::paging::{Pager, ROWS};
use super::phone::complaints;
use super::phone::settings::Field;
use crate::admin::access::{Operator, Viewer};
use crate::edit::{Assignment, Editor};
use crate::listener::App;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/lines", get(list).post(add))
        .route("/lines/{number}", get(show).post(save))
        .route("/lines/{number}/remove", post(remove))
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Asked {
    q: String,
    page: u64,
}

#[derive(Template)]
#[template(path = "lines.html")]
struct List {
    frame: Frame,
    asked: Asked,
    lines: Vec<Line>,
    pager: Pager,
    number: String,
    wrong: Vec<String>,
}

impl List {
    async fn of(frame: Frame, asked: Asked) -> Result<Self, Refused> {
        let text = Some(asked.q.trim()).filter(|text| !text.is_empty());
        let listed = frame.store()?.lines(text, &Page::at(Pager::offset(asked.page), ROWS)).await?;
        let pager = Pager::new(asked.page, listed.total, "/lines", &asked);
        Ok(Self { frame, asked, lines: listed.rows, pager, number: String::new(), wrong: Vec::new() })
    }
}

async fn list(frame: Frame, _: Viewer, Query(asked): Query<Asked>) -> Answer {
    let page = List::of(frame, asked).await?;
    page.frame.page(&page)
}

async fn add(frame: Frame, _: Operator, form: Filled) -> Answer {
    let editor = Editor::begin(frame.store()?).await?;
    let typed = form.text("number").to_owned();
    let added = async {
        let number: Number =
            typed.parse().map_err(|error| crate::edit::Error::wrong("number", format!("{error}")))?;
        editor.is_new_line(&number).await?;
        let mut line = Line::new(number);
        editor.make_up_password(&mut line)?;
        editor.change(&[Change::PutLine(line)]).await
    };
    match added.await {
        Ok(_) => {
            frame.back_to(&format!("/lines/{typed}"), "Line added, with a password that nobody knows yet")
        }
        Err(error) => {
            let wrong = complaints(error)?;
            let page = List { number: typed, wrong, ..List::of(frame, Asked::default()).await? };
            page.frame.page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

#[derive(Template)]
#[template(path = "line.html")]
struct One {
    frame: Frame,
    line: Line,
    fields: Vec<Field>,
    phones: Vec<Mac>,
    wrong: Vec<String>,
}

/// Settings that follow from the key and the number.
const FOLLOWING: [&str; 5] = ["button", "feature", "line_index", "line_name", "number"];

/// What can be said of a line: what keys of kind `line` have, as far as it is not said by the key.
fn fields(line: &Line) -> Vec<Field> {
    let Some(feature) = line_feature("line") else { return Vec::new() };
    let has = |place: &str| {
        let top = place.split('/').next().unwrap_or(place);
        let all = feature.required.iter().chain(&feature.first_line).chain(&feature.optional);
        all.into_iter().any(|own| *own == place || *own == top)
    };
    let mut fields = Vec::new();
    for setting in settings() {
        let place = setting.path.strip_prefix("sipProfile/sipLines/line[]/");
        let name = setting.key.filter(|key| !FOLLOWING.contains(key)).and_then(|key| Name::new(key).ok());
        if let (Some(place), Some(name)) = (place, name)
            && has(place)
        {
            fields.push(Field::of_line(name, line.settings.get(name).unwrap_or_default()));
        }
    }
    fields
}

async fn found(frame: &Frame, number: &str) -> Result<(Line, Editor), Refused> {
    let number: Number = number.parse().map_err(|_| Refused::NothingThere)?;
    let editor = Editor::begin(frame.store()?).await?;
    Ok((editor.line(&number).await?, editor))
}

async fn show(frame: Frame, _: Viewer, Path(number): Path<String>) -> Answer {
    let (line, editor) = found(&frame, &number).await?;
    let phones = editor.store.phones_with_line(&line.number).await?;
    let page = One { frame, fields: fields(&line), line, phones, wrong: Vec::new() };
    page.frame.page(&page)
}

async fn save(frame: Frame, _: Operator, Path(number): Path<String>, form: Filled) -> Answer {
    let (mut line, editor) = found(&frame, &number).await?;
    let (mut wrong, mut written) = (Vec::new(), Vec::new());
    for (key, value) in form.fields().filter_map(|(field, value)| Some((field.strip_prefix("s.")?, value))) {
        let name: Name = key.parse().map_err(|error| Refused::Wrong(format!("{error}")))?;
        let secret = name.setting().is_secret();
        let value = if secret { value } else { value.trim() };
        if value.is_empty() {
            if !secret || form.has(&format!("clear.{key}")) {
                line.settings.unset(name);
            }
        } else if line.settings.get(name) != Some(value) {
            written.push(Assignment::new(key, value));
        }
    }
    match editor.set_line(&mut line, &written).await {
        Ok(left_out) => {
            editor.change(&[Change::PutLine(line)]).await?;
            let told: Vec<_> = left_out.iter().map(ToString::to_string).collect();
            let said =
                if told.is_empty() { "Saved".to_owned() } else { format!("Saved; {}", told.join("; ")) };
            return frame.back_to(&format!("/lines/{number}"), &said);
        }
        Err(error) => wrong.extend(complaints(error)?),
    }
    let phones = editor.store.phones_with_line(&line.number).await?;
    let mut fields = fields(&line);
    for field in &mut fields {
        let name = format!("s.{}", field.name);
        if form.has(&name) && !field.setting.is_secret() {
            field.own = form.text(&name).to_owned();
        }
    }
    let page = One { frame, fields, line, phones, wrong };
    page.frame.page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

async fn remove(frame: Frame, _: Operator, Path(number): Path<String>, form: Filled) -> Answer {
    let (line, editor) = found(&frame, &number).await?;
    let cleared = editor.remove_lines(&[line.number], form.has("with_keys")).await?;
    let with =
        if cleared.is_empty() { String::new() } else { format!(", and its keys of {}", cleared.join(", ")) };
    frame.back_to("/lines", &format!("Line {number} removed{with}"))
}
