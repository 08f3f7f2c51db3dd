//! One phone: how it looks and fares, its keys, its settings, its file, its history. Each part is a page of its own, so that
//! everything has an address and works without a script.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use http::StatusCode;
use provision::inventory::{Change, GroupKind, Phone, State as Standing};
use provision::models::{self, Model};
use provision::timeline::Verdict;
use store::{Call, Enrolment, Fetched, Page, Quality, QualityQuery, Report, ReportQuery, Waiting};

use super::answer::{Answer, Refused, sentence};
use super::fleet::colour;
use super::form::Filled;
use super::frame::Frame;
use crate::admin::access::{Operator, Viewer};
use crate::edit::Error;
use crate::edit::standing::OwnFiles;
use crate::listener::App;
use crate::services::quality::meaning;

mod act;
mod drawing;
mod file;
mod here;
mod history;
mod keys;
pub(super) mod made;
mod new;
mod reports;
pub(super) mod settings;

use made::Looked;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/phones/new", get(new::ask).post(new::add))
        .route("/phones/{phone}", get(overview).post(change))
        .route("/phones/{phone}/claim", post(new::claim))
        .route("/phones/{phone}/remove", post(remove))
        .route("/phones/{phone}/replace", post(replace))
        .route("/phones/{phone}/restart", post(act::restart))
        .route("/phones/{phone}/push", post(act::push))
        .route("/phones/{phone}/reports/{number}", get(reports::show))
        .route("/phones/{phone}/reports/{number}/file", get(reports::give))
        .route("/phones/{phone}/keys", get(keys::show).post(keys::save))
        .route("/phones/{phone}/settings", get(settings::show).post(settings::save))
        .route("/phones/{phone}/file", get(file::show))
        .route("/phones/{phone}/override", post(file::put))
        .route("/phones/{phone}/history", get(history::show))
}

/// The parts of a phone: what is behind its address, and the name of the part.
pub(super) const TABS: [(&str, &str); 5] = [
    ("", "Overview"),
    ("/keys", "Keys"),
    ("/settings", "Settings"),
    ("/file", "File"),
    ("/history", "History"),
];

/// What can be chosen for a phone.
pub(super) struct Choices {
    pub(super) models: &'static [Model],
    pub(super) sites: Vec<String>,
    pub(super) profiles: Vec<String>,
}

impl Choices {
    pub(super) async fn of(frame: &Frame) -> Result<Self, Refused> {
        let store = frame.store()?;
        let names =
            |groups: Vec<provision::inventory::Group>| groups.into_iter().map(|group| group.name).collect();
        Ok(Self {
            models: models::all(),
            sites: names(store.groups(GroupKind::Site).await?),
            profiles: names(store.groups(GroupKind::Profile).await?),
        })
    }
}

#[derive(Template)]
#[template(path = "phone.html")]
struct Overview {
    frame: Frame,
    tab: &'static str,
    looked: Looked,
    drawing: Option<String>,
    choices: Choices,
    states: [Standing; 3],
    verdict: Option<Verdict>,
    fetched: Option<Fetched>,
    waiting: Option<Waiting>,
    /// The document root, when a file of the administrator's lies there that the phone gets instead.
    own_file: Option<String>,
    enrolment: Option<Enrolment>,
    quality: Vec<Quality>,
    reports: Vec<Report>,
    claim: new::Typed,
    act: act::Typed,
    wrong: Vec<String>,
}

impl Overview {
    async fn of(frame: Frame, app: &App, name: &str) -> Result<Self, Refused> {
        let (looked, editor) = made::look(&frame, app, name).await?;
        let (store, mac) = (&editor.store, looked.phone().mac);
        let verdict = app.timeline.verdict(mac).await.ok().map(|(verdict, _)| verdict);
        let of_quality = QualityQuery { mac: Some(mac), ..QualityQuery::default() };
        let quality = store.quality_reports(&of_quality, &Page::first(5)).await?.rows;
        let of_reports = ReportQuery { mac: Some(mac), ..ReportQuery::default() };
        let reports = store.reports(&of_reports, &Page::first(5)).await?.rows;
        let (fetched, enrolment) = (store.fetched(mac).await?, store.enrolment(mac).await?);
        let waits = looked.phone().state == Standing::Waiting;
        let waiting = store.waiting(mac).await?.filter(|_| waits);
        let root = app.config.load().document_root.clone();
        let looked_in = root.clone();
        let own_file = tokio::task::spawn_blocking(move || OwnFiles::in_root(&looked_in).of(mac)).await;
        let own_file = own_file.unwrap_or(false).then(|| root.display().to_string());
        let drawing = drawing::draw(&looked, &format!("/phones/{}/keys#key-", mac.device_name()));
        let claim = new::Typed::of(looked.phone());
        Ok(Self {
            choices: Choices::of(&frame).await?,
            frame,
            tab: "",
            drawing,
            looked,
            states: Standing::ALL,
            verdict,
            fetched,
            waiting,
            own_file,
            enrolment,
            quality,
            reports,
            claim,
            act: act::Typed::default(),
            wrong: Vec::new(),
        })
    }

    /// Whether it knows a sequence of keys that restarts it.
    fn has_keys_to_restart(&self) -> bool {
        self.looked.phone().model.is_some_and(|model| model.series == "7900")
    }

    /// The phone's certificate in a sentence.
    fn certificate(&self) -> Option<String> {
        let enrolment = self.enrolment.as_ref()?;
        if let Some(held) = &enrolment.held {
            let day = crate::trust::calendar::day(held.ends);
            let encrypted =
                if enrolment.encrypt { ", and its configuration is encrypted for it" } else { "" };
            return Some(format!(
                "It has a certificate of its own ({}) until {day}{encrypted}.",
                held.origin
            ));
        }
        let scheduled = enrolment.scheduled.as_ref()?;
        Some(format!("To {} a certificate is scheduled.", scheduled.operation))
    }
}

/// What is known of a call, in a few words.
fn heard(call: &Call) -> String {
    let counted = |lost: Option<i64>, all: Option<i64>, what: &str| {
        Some(format!("{} of {} packets {what} lost", lost?, all?.saturating_add(lost?)))
    };
    let time = |micros: Option<i64>, what: &str| Some(format!("{what} {} ms", micros? / 1000));
    let parts = [
        call.codec.clone(),
        counted(call.lost, call.packets, "to it"),
        counted(call.sent_lost, call.sent, "from it"),
        time(call.jitter, "jitter"),
        time(call.round_trip, "there and back"),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

async fn overview(frame: Frame, _: Viewer, State(app): State<App>, Path(name): Path<String>) -> Answer {
    let page = Overview::of(frame, &app, &name).await?;
    page.frame.page(&page)
}

/// Whether the phone is of that model.
fn is_model(phone: &Phone, model: &Model) -> bool {
    phone.model.is_some_and(|own| own.name == model.name)
}

/// What a refusal of the editor says, each thing for itself; anything else is passed on.
pub(super) fn complaints(error: Error) -> Result<Vec<String>, Refused> {
    match error {
        Error::Wrong(problems) => Ok(problems.iter().map(|problem| sentence(&problem.text)).collect()),
        Error::NoSuch(one) | Error::Exists(one) | Error::Conflict(one) => Ok(vec![sentence(&one.text)]),
        Error::Store(refusal) if refusal.is_refusal() => Ok(vec![sentence(&refusal.to_string())]),
        other => Err(other.into()),
    }
}

async fn change(
    frame: Frame,
    _: Operator,
    State(app): State<App>,
    Path(name): Path<String>,
    form: Filled,
) -> Answer {
    let (mut phone, editor) = made::find(&frame, &name).await?;
    let mut wrong = Vec::new();
    for field in ["model", "description", "site", "profile", "state", "notes"] {
        let value = form.text(field).replace("\r\n", "\n");
        let empty = value.is_empty() && matches!(field, "model" | "state");
        if form.has(field)
            && !empty
            && let Err(error) = editor.set_field(&mut phone, field, &value).await
        {
            wrong.extend(complaints(error)?);
        }
    }
    if wrong.is_empty() {
        match editor.change(&[Change::PutPhone(phone)]).await {
            Ok(_) => return frame.back_to(&format!("/phones/{name}"), "Saved"),
            Err(error) => wrong = complaints(error)?,
        }
    }
    let page = Overview { wrong, ..Overview::of(frame, &app, &name).await? };
    page.frame.page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

async fn remove(frame: Frame, _: Operator, Path(name): Path<String>, form: Filled) -> Answer {
    let (phone, editor) = made::find(&frame, &name).await?;
    let lines = editor.remove_phones(&[phone.mac], form.has("with_lines")).await?;
    let with = match lines.len() {
        0 => String::new(),
        1 => ", with its line".to_owned(),
        many => format!(", with {many} lines"),
    };
    frame.back_to("/phones", &format!("{} removed{with}", phone.mac.device_name()))
}

async fn replace(frame: Frame, _: Operator, Path(name): Path<String>, form: Filled) -> Answer {
    let (phone, editor) = made::find(&frame, &name).await?;
    let by = form.text("by");
    let by = by.parse().map_err(|_| Refused::Wrong(format!("{by:?} is no address of a phone.")))?;
    let phone = editor.replace_phone(phone.mac, by, None).await?;
    let name = phone.mac.device_name();
    frame.back_to(&format!("/phones/{name}"), &format!("{name} has taken over"))
}
