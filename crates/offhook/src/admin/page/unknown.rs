//! Phones that nobody knows: those that wait, and claiming them.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::routing::{get, post};
use http::StatusCode;
use provision::inventory::{Change, Group, GroupKind, State as Served};
use provision::mac::Mac;
use provision::models::{self, Model};
use serde::{Deserialize, Serialize};
use store::{PhoneQuery, Waiting};

use super::answer::{Answer, Refused, sentence};
use super::form::Filled;
use super::frame::Frame;
use super::paging::{Pager, ROWS};
use crate::admin::access::{Operator, Viewer};
use crate::config::Onboarding;
use crate::edit::{self, Assignment, Editor, NewPhone, Placed, Wanted};
use crate::listener::App;

pub(super) fn router() -> Router<App> {
    Router::new().route("/unknown", get(show).post(claim)).route("/unknown/{device}/remove", post(remove))
}

#[derive(Debug, Default, Deserialize, Serialize)]
struct Asked {
    #[serde(default)]
    code: String,
    #[serde(default, skip_serializing)]
    page: u64,
}

/// What stands in the form.
#[derive(Default)]
struct Typed {
    code: String,
    model: String,
    lines: String,
    description: String,
    profile: String,
    site: String,
}

/// A phone that was just claimed.
struct Done {
    device: String,
    placed: Vec<Placed>,
}

#[derive(Template)]
#[template(path = "unknown.html")]
struct Page {
    frame: Frame,
    waiting: Vec<Waiting>,
    pager: Pager,
    models: &'static [Model],
    profiles: Vec<Group>,
    sites: Vec<Group>,
    onboarding: &'static str,
    typed: Typed,
    wrong: Option<String>,
    done: Option<Done>,
}

impl Page {
    async fn of(frame: Frame, app: &App, asked: &Asked) -> Result<Self, Refused> {
        let store = frame.store()?;
        let query = PhoneQuery { state: Some(Served::Waiting), ..PhoneQuery::default() };
        let part = store::Page { after: None, offset: Pager::offset(asked.page), limit: ROWS };
        let listed = store.phones(&query, &part).await?;
        let macs: Vec<Mac> = listed.rows.iter().map(|row| row.mac).collect();
        let mut waiting = store.waiting_of(&macs).await?;
        // Whoever came last is in front of somebody now.
        waiting.sort_by_key(|one| std::cmp::Reverse(one.seen));
        let onboarding = match app.config.load().provisioning.onboarding {
            Onboarding::Reject => "reject",
            Onboarding::Park => "park",
            Onboarding::Register => "register",
        };
        Ok(Self {
            waiting,
            pager: Pager::new(asked.page, listed.total, "/unknown", &()),
            models: models::all(),
            profiles: store.groups(GroupKind::Profile).await?,
            sites: store.groups(GroupKind::Site).await?,
            onboarding,
            typed: Typed::default(),
            wrong: None,
            done: None,
            frame,
        })
    }
}

async fn show(frame: Frame, _: Viewer, State(app): State<App>, Query(asked): Query<Asked>) -> Answer {
    let mut page = Page::of(frame, &app, &asked).await?;
    page.typed.code = asked.code;
    page.frame.page(&page)
}

async fn claim(frame: Frame, _: Operator, State(app): State<App>, form: Filled) -> Answer {
    let claimed = claimed(&frame, &form).await;
    let mut page = Page::of(frame, &app, &Asked::default()).await?;
    match claimed {
        Ok(done) => {
            page.done = Some(done);
            page.frame.page(&page)
        }
        Err(Refused::Wrong(problem) | Refused::Missing(problem)) => {
            let text = |name: &str| form.text(name).to_owned();
            page.typed = Typed {
                code: text("code"),
                model: text("model"),
                lines: text("lines"),
                description: text("description"),
                profile: text("profile"),
                site: text("site"),
            };
            page.wrong = Some(problem);
            page.frame.page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(other) => Err(other),
    }
}

async fn claimed(frame: &Frame, form: &Filled) -> Result<Done, Refused> {
    let editor = Editor::begin(frame.store()?).await?;
    let waiting = editor.find_waiting(form.text("code")).await?;
    let fields = ["description", "profile", "site"];
    let assignments = fields.into_iter().filter_map(|key| Some(Assignment::new(key, form.some(key)?)));
    let words = form.text("lines").split([' ', ',', ';']).filter(|word| !word.is_empty());
    let lines: Result<Vec<Wanted>, _> = words.map(str::parse).collect();
    let new = NewPhone {
        model: form.some("model").map(edit::model).transpose()?,
        assignments: assignments.collect(),
        lines: lines.map_err(|error| Refused::Wrong(sentence(&error.to_string())))?,
    };
    let placement = editor.claim(&waiting, new).await?;
    Ok(Done { device: placement.phone.mac.device_name(), placed: placement.placed })
}

async fn remove(frame: Frame, _: Operator, Path(device): Path<String>, _: Filled) -> Answer {
    let mac: Mac = device.parse().map_err(|_| Refused::NothingThere)?;
    let store = frame.store()?;
    let phone = store.phone(mac).await?.filter(|phone| phone.state == Served::Waiting);
    let name = phone.ok_or(Refused::NothingThere)?.mac.device_name();
    store.change(&[Change::RemovePhone(mac)]).await?;
    frame.back_to("/unknown", &format!("{name} is forgotten; it comes again when it asks again"))
}
