//! Adding a phone, and claiming one that waits.

use askama::Template;
use axum::extract::{Path, Query};
use http::StatusCode;
use provision::inventory::Phone;
use serde::Deserialize;

use super::{Choices, complaints, made};
use crate::admin::access::Operator;
use crate::admin::page::answer::{Answer, Refused};
use crate::admin::page::form::Filled;
use crate::admin::page::frame::Frame;
use crate::edit::{self, Assignment, Editor, NewPhone, Placement, Wanted};

/// Rows for lines in an empty form; whoever needs more adds them with the keys.
const LINES: usize = 3;

/// What somebody typed, to be shown again when something is wrong.
#[derive(Clone, Debug, Default)]
pub(super) struct Typed {
    pub(super) phone: String,
    pub(super) model: String,
    pub(super) description: String,
    pub(super) site: String,
    pub(super) profile: String,
    pub(super) lines: Vec<TypedLine>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct TypedLine {
    pub(super) number: String,
    pub(super) label: String,
}

impl Typed {
    fn read(form: &Filled) -> Self {
        let labels = form.all("label");
        let lines = form.all("number").zip(labels);
        let line = |(number, label): (&str, &str)| TypedLine {
            number: number.trim().into(),
            label: label.trim().into(),
        };
        Self {
            phone: form.text("phone").to_owned(),
            model: form.text("model").to_owned(),
            description: form.text("description").to_owned(),
            site: form.text("site").to_owned(),
            profile: form.text("profile").to_owned(),
            lines: lines.map(line).collect(),
        }
        .filled_up()
    }

    /// What a phone that waits has already.
    pub(super) fn of(phone: &Phone) -> Self {
        Self {
            phone: phone.mac.device_name(),
            model: phone.model.map_or_else(String::new, |model| model.name.to_owned()),
            description: phone.description.clone(),
            ..Self::default()
        }
        .filled_up()
    }

    fn filled_up(mut self) -> Self {
        self.lines.resize_with(self.lines.len().max(LINES), TypedLine::default);
        self
    }

    /// The same as the editor takes it; passwords come straight from the form.
    fn wanted(&self, form: &Filled) -> edit::Result<NewPhone> {
        let fields = [("description", &self.description), ("site", &self.site), ("profile", &self.profile)];
        let assigned = fields.into_iter().filter(|(_, value)| !value.is_empty());
        let mut lines = Vec::new();
        let passwords: Vec<&str> = form.all("password").collect();
        for (place, line) in self.lines.iter().enumerate().filter(|(_, line)| !line.number.is_empty()) {
            let number =
                line.number.parse().map_err(|error| edit::Error::wrong("number", format!("{error}")))?;
            let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
            let password = passwords.get(place).copied().and_then(some);
            lines.push(Wanted { number, password, label: some(&line.label) });
        }
        let model =
            Some(self.model.as_str()).filter(|model| !model.is_empty()).map(edit::model).transpose()?;
        Ok(NewPhone {
            model,
            assignments: assigned.map(|(key, value)| Assignment::new(key, value.as_str())).collect(),
            lines,
        })
    }
}

#[derive(Template)]
#[template(path = "phone_new.html")]
struct New {
    frame: Frame,
    claim: Typed,
    choices: Choices,
    wrong: Vec<String>,
}

/// What was added, with passwords that only this page shows.
#[derive(Template)]
#[template(path = "phone_added.html")]
struct Added {
    frame: Frame,
    placement: Placement,
}

#[derive(Deserialize)]
pub(super) struct Begun {
    #[serde(default)]
    phone: String,
}

pub(super) async fn ask(frame: Frame, _: Operator, Query(Begun { phone }): Query<Begun>) -> Answer {
    let claim = Typed { phone, ..Typed::default() }.filled_up();
    let page = New { choices: Choices::of(&frame).await?, frame, claim, wrong: Vec::new() };
    page.frame.page(&page)
}

pub(super) async fn add(frame: Frame, _: Operator, form: Filled) -> Answer {
    let typed = Typed::read(&form);
    match added(&frame, &typed, &form).await {
        Ok(placement) => shown(frame, placement),
        Err(error) => {
            let wrong = complaints(error)?;
            let page = New { choices: Choices::of(&frame).await?, frame, claim: typed, wrong };
            page.frame.page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

async fn added(frame: &Frame, typed: &Typed, form: &Filled) -> edit::Result<Placement> {
    let mac = typed.phone.parse().map_err(|error| edit::Error::wrong("phone", format!("{error}")))?;
    let new = typed.wanted(form)?;
    let store = frame.store().map_err(|_| edit::Error::Random)?;
    Editor::begin(store).await?.add_phone(mac, new).await
}

pub(super) async fn claim(frame: Frame, _: Operator, Path(name): Path<String>, form: Filled) -> Answer {
    let (phone, editor) = made::find(&frame, &name).await?;
    let waiting = editor.find_waiting(&phone.mac.device_name()).await?;
    let new = Typed::read(&form).wanted(&form)?;
    let placement = editor.claim(&waiting, new).await.map_err(Refused::from)?;
    shown(frame, placement)
}

/// On to the phone, unless there is a password to be told.
fn shown(frame: Frame, placement: Placement) -> Answer {
    let name = placement.phone.mac.device_name();
    if placement.placed.iter().all(|placed| placed.made_up_password.is_none()) {
        return frame.back_to(&format!("/phones/{name}"), &format!("{name} is here"));
    }
    let page = Added { frame, placement };
    page.frame.page(&page)
}
