//! Profiles, sites and series: what phones share, layer by layer.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::routing::{get, post};
use http::StatusCode;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use provision::catalogue::{self, Setting};
use provision::inventory::{Change, Group, GroupKind, Name};
use provision::models;

use super::answer::{Answer, Refused};
use super::form::Filled;
use super::frame::Frame;
use crate::admin::access::{Operator, Viewer};
use crate::edit::{Assignment, Editor, Holder, Scope, effective};
use crate::listener::App;

/// Where each kind is, in the order in which the later wins.
const TABS: [(&str, &str); 3] = [("/sites", "Sites"), ("/series", "Series"), ("/profiles", "Profiles")];

pub(super) fn router() -> Router<App> {
    let mut router = Router::new();
    for kind in GroupKind::ALL {
        let base = base(kind);
        router = router
            .route(
                base,
                get(move |frame, who| list(frame, who, kind))
                    .post(move |frame, who, form| add(frame, who, kind, form)),
            )
            .route(&format!("{base}/{{name}}"), get(move |frame, who, name| one(frame, who, kind, name)))
            .route(
                &format!("{base}/{{name}}/settings"),
                post(move |frame, who, name, form| set(frame, who, kind, name, form)),
            )
            .route(
                &format!("{base}/{{name}}/remove"),
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
            tabs: TABS,
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

fn address(group: &Group) -> String {
    format!("{}/{}", base(group.kind), utf8_percent_encode(&group.name, NON_ALPHANUMERIC))
}

/// A setting the group says.
struct Said {
    name: String,
    value: String,
    secret: bool,
    doc: &'static str,
    /// What may be chosen; nothing where anything may be written.
    words: Vec<String>,
    /// Models that do not take this value.
    refusing: String,
}

#[derive(Template)]
#[template(path = "group.html")]
struct One {
    frame: Frame,
    title: &'static str,
    base: &'static str,
    address: String,
    group: Group,
    phones: u64,
    settings: Vec<Said>,
    keys: Vec<(u16, String)>,
    overrides: Vec<String>,
    known: Vec<(&'static str, &'static str)>,
    removable: bool,
    key: String,
    value: String,
    wrong: Option<String>,
}

impl One {
    async fn of(frame: Frame, kind: GroupKind, name: &str) -> Result<Self, Refused> {
        let store = frame.store()?;
        let there = store.group(kind, name).await?;
        let removable = there.is_some() && kind != GroupKind::Series;
        let of_catalogue =
            kind == GroupKind::Series && models::all().iter().any(|model| model.series == name);
        let group = there.or_else(|| of_catalogue.then(|| Group::new(kind, name.to_owned())));
        let group = group.ok_or(Refused::NothingThere)?;
        let scope = Holder::Group(group.clone()).scope();
        let phones = store.phones_in(kind, &group.name).await?;
        let own = effective::own(&group.layer, "");
        Ok(Self {
            title: title(kind),
            base: base(kind),
            address: address(&group),
            phones,
            settings: group.layer.settings.iter().map(|(name, value)| said(name, value, &scope)).collect(),
            keys: own.iter().map(|button| (button.number, effective::words(button.key))).collect(),
            overrides: group.layer.overrides.iter().map(|one| format!("{one:?}")).collect(),
            known: known(&scope),
            removable,
            key: String::new(),
            value: String::new(),
            wrong: None,
            group,
            frame,
        })
    }
}

fn said(name: Name, value: &str, scope: &Scope) -> Said {
    let setting = name.setting();
    let secret = setting.is_secret();
    let refusing: Vec<&str> = scope.refusing(name, value).iter().map(|model| model.name).collect();
    let mut words: Vec<String> =
        setting.values_in(None).flat_map(|values| &values.words).map(|word| word.word.to_owned()).collect();
    if !words.is_empty() && !words.iter().any(|word| word == value) {
        words.insert(0, value.to_owned());
    }
    Said {
        name: name.to_string(),
        value: if secret { String::new() } else { value.to_owned() },
        secret,
        doc: setting.doc,
        words,
        refusing: refusing.join(", "),
    }
}

/// What may be said of these phones, in the order of the catalogue.
fn known(scope: &Scope) -> Vec<(&'static str, &'static str)> {
    let models = match scope {
        Scope::Model(model) => vec![*model],
        Scope::AnyOf(models) => models.clone(),
    };
    let fits = |setting: &&Setting| models.iter().any(|model| setting.applies.to(model));
    let all = catalogue::settings().iter().chain(catalogue::own_settings()).filter(fits);
    all.filter_map(|setting| Some((setting.key?, setting.doc))).collect()
}

async fn one(frame: Frame, _: Viewer, kind: GroupKind, Path(name): Path<String>) -> Answer {
    let page = One::of(frame, kind, &name).await?;
    page.frame.page(&page)
}

async fn set(frame: Frame, _: Operator, kind: GroupKind, Path(name): Path<String>, form: Filled) -> Answer {
    let page = One::of(frame.clone(), kind, &name).await?;
    match changed(&frame, page.group.clone(), &form).await {
        Ok(0) => frame.back_to(&page.address, "Nothing was different"),
        Ok(_) => frame.back_to(&page.address, "Kept; phones get it when they ask next"),
        Err(Refused::Wrong(problem)) => {
            let mut page = page;
            for one in page.settings.iter_mut().filter(|one| !one.secret) {
                let field = format!("set.{}", one.name);
                if form.has(&field) {
                    form.text(&field).clone_into(&mut one.value);
                }
            }
            (page.key, page.value) = (form.text("key").to_owned(), form.text("value").to_owned());
            page.wrong = Some(problem);
            page.frame.page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(other) => Err(other),
    }
}

/// Writes what the form says; gives how many things became different.
async fn changed(frame: &Frame, mut group: Group, form: &Filled) -> Result<usize, Refused> {
    let editor = Editor::begin(frame.store()?).await?;
    let before = group.clone();
    let unset: Vec<&str> = form.all("unset").collect();
    let mut written: Vec<Assignment> = Vec::new();
    for (field, value) in form.fields() {
        let Some(key) = field.strip_prefix("set.") else { continue };
        let secret = key.parse::<Name>().is_ok_and(|name| name.setting().is_secret());
        // A password that nobody typed stays as it is.
        let kept = secret && value.is_empty();
        let same = key.parse::<Name>().is_ok_and(|name| group.layer.settings.get(name) == Some(value.trim()));
        if !kept && !same && !unset.contains(&key) {
            written.push(Assignment::new(key, if secret { value } else { value.trim() }));
        }
    }
    if let Some(key) = form.some("key") {
        written.push(Assignment::new(key, form.text("value")));
    }
    if form.has("description") {
        written.push(Assignment::new("description", form.text("description")));
    }
    editor.set_group(&mut group, &written)?;
    editor.unset_group(&mut group, &unset)?;
    if group == before {
        return Ok(0);
    }
    editor.change(&[Change::PutGroup(group)]).await?;
    Ok(written.len() + unset.len())
}

async fn remove(frame: Frame, _: Operator, kind: GroupKind, Path(name): Path<String>, _: Filled) -> Answer {
    let editor = Editor::begin(frame.store()?).await?;
    let group = editor.remove_group(kind, &name).await?;
    frame.back_to(base(kind), &format!("{} removed", group.name))
}
