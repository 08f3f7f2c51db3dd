//! Profiles, sites and series: what phones share, layer by layer.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::routing::{get, post};
use http::StatusCode;
use provision::inventory::{Group, GroupKind};
use provision::models;

use super::answer::{Answer, Refused};
use super::form::Filled;
use super::frame::Frame;
use crate::admin::access::{Operator, Viewer};
use crate::edit::Editor;
use crate::listener::App;

mod here;
mod keys;
mod overrides;
mod settings;

pub(super) use here::TABS;
use here::address;
use settings::{one, set};

/// Where each kind is, in the order in which the later wins.
const LAYERS: [(&str, &str); 3] = [("/sites", "Sites"), ("/series", "Series"), ("/profiles", "Profiles")];

pub(super) fn router() -> Router<App> {
    let mut router = Router::new();
    for kind in GroupKind::ALL {
        let base = base(kind);
        let below = |part: &str| format!("{base}/{{name}}{part}");
        router = router
            .route(
                base,
                get(move |frame, who| list(frame, who, kind))
                    .post(move |frame, who, form| add(frame, who, kind, form)),
            )
            .route(&below(""), get(one))
            .route(&below("/settings"), post(set))
            .route(&below("/keys"), get(keys::show).post(keys::save))
            .route(&below("/overrides"), get(overrides::show).post(overrides::save))
            .route(
                &below("/remove"),
                post(move |frame, who, name, form| remove(frame, who, kind, name, form)),
            );
    }
    router
}

fn base(kind: GroupKind) -> &'static str {
    match kind {
        GroupKind::Site => "/sites",
        GroupKind::Series => "/series",
        GroupKind::Profile => "/profiles",
    }
}

fn title(kind: GroupKind) -> &'static str {
    match kind {
        GroupKind::Site => "Sites",
        GroupKind::Series => "Series",
        GroupKind::Profile => "Profiles",
    }
}

fn about(kind: GroupKind) -> &'static str {
    match kind {
        GroupKind::Site => "What phones of one place share: time zone, language, servers.",
        GroupKind::Series => "What all phones of a series share, because they are built alike.",
        GroupKind::Profile => "What phones of one purpose share: reception, conference room, hall.",
    }
}

/// A group in the list.
struct Row {
    name: String,
    description: String,
    phones: u64,
    says: String,
}

#[derive(Template)]
#[template(path = "groups.html")]
struct List {
    frame: Frame,
    title: &'static str,
    about: &'static str,
    base: &'static str,
    tabs: [(&'static str, &'static str); 3],
    rows: Vec<Row>,
    adds: bool,
    name: String,
    description: String,
    wrong: Option<String>,
}

impl List {
    async fn of(frame: Frame, kind: GroupKind) -> Result<Self, Refused> {
        let store = frame.store()?;
        let counts = store.phones_by_group(kind).await?;
        let mut groups = store.groups(kind).await?;
        if kind == GroupKind::Series {
            // A series is there whether or not anybody has said something about it.
            let mut all: Vec<&str> = models::all().iter().map(|model| model.series).collect();
            all.dedup();
            for series in all {
                if !groups.iter().any(|group| group.name == series) {
                    groups.push(Group::new(kind, series.to_owned()));
                }
            }
            groups.sort_by(|one, other| one.name.cmp(&other.name));
            groups.dedup_by(|one, other| one.name == other.name);
        }
        let row = |group: Group| Row {
            phones: counts.get(&group.name).copied().unwrap_or_default(),
            says: says(&group),
            name: group.name,
            description: group.description,
        };
        Ok(Self {
            title: title(kind),
            about: about(kind),
            base: base(kind),
            tabs: LAYERS,
            rows: groups.into_iter().map(row).collect(),
            adds: kind != GroupKind::Series,
            name: String::new(),
            description: String::new(),
            wrong: None,
            frame,
        })
    }
}

fn says(group: &Group) -> String {
    let counted = |count: usize, one: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        many => Some(format!("{many} {one}s")),
    };
    let layer = &group.layer;
    let parts = [
        counted(layer.settings.len(), "setting"),
        counted(layer.keys.len(), "key"),
        counted(layer.overrides.len(), "override"),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") }
}

async fn list(frame: Frame, _: Viewer, kind: GroupKind) -> Answer {
    let page = List::of(frame, kind).await?;
    page.frame.page(&page)
}

async fn add(frame: Frame, _: Operator, kind: GroupKind, form: Filled) -> Answer {
    let editor = Editor::begin(frame.store()?).await?;
    let (name, description) = (form.text("name"), form.text("description"));
    let added = match form.some("from") {
        None => editor.add_group(kind, name, description, &[]).await,
        Some(from) => editor.copy_group(kind, from, name).await,
    };
    match added.map_err(Refused::from) {
        Ok(group) => {
            frame.back_to(&address(&group), &format!("{} is there; say what its phones share", group.name))
        }
        Err(Refused::Wrong(problem) | Refused::Missing(problem)) => {
            let mut page = List::of(frame, kind).await?;
            (page.name, page.description, page.wrong) =
                (name.to_owned(), description.to_owned(), Some(problem));
            page.frame.page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(other) => Err(other),
    }
}

async fn remove(frame: Frame, _: Operator, kind: GroupKind, Path(name): Path<String>, _: Filled) -> Answer {
    let editor = Editor::begin(frame.store()?).await?;
    let group = editor.remove_group(kind, &name).await?;
    frame.back_to(base(kind), &format!("{} removed", group.name))
}
