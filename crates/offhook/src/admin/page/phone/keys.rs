//! The keys of a phone: a row for each button, and the drawing beside it.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, State};
use http::StatusCode;
use provision::catalogue::{LineFeature, line_features};
use provision::inventory::{Change, Key, Line, Number, Phone};

use super::made::{Differs, Looked};
use super::{complaints, drawing, made};
use crate::admin::access::{Operator, Viewer};
use crate::admin::page::answer::{Answer, Refused};
use crate::admin::page::form::Filled;
use crate::admin::page::frame::Frame;
use crate::edit::{self, Aim, Assignment, Editor, Error, Holder, Scope, aim, effective};
use crate::inventory::surroundings;
use crate::listener::App;

/// The word for a button that stays empty in spite of earlier layers.
const EMPTY: &str = "(empty)";
/// A phone of which nobody knows what it is gets so many rows.
const UNKNOWN: u16 = 12;
/// Behind the last key in use so many more are shown.
const SPARE: u16 = 2;

/// A button as the form has it.
#[derive(Clone, Debug, Default)]
struct Row {
    button: u16,
    feature: String,
    target: String,
    label: String,
    /// What earlier layers put there: who, and what.
    inherited: Option<(String, String)>,
    /// Settings that the row has no field for.
    more: String,
    wrong: Option<String>,
}

#[derive(Template)]
#[template(path = "phone_keys.html")]
struct Keys {
    frame: Frame,
    tab: &'static str,
    looked: Looked,
    drawing: Option<String>,
    rows: Vec<Row>,
    features: Vec<&'static LineFeature>,
    lines: Vec<Line>,
    /// A preview: what the file would say otherwise.
    differences: Option<Vec<Differs>>,
    wrong: Vec<String>,
}

impl Keys {
    async fn of(frame: Frame, editor: &Editor, looked: Looked, rows: Vec<Row>) -> Result<Self, Refused> {
        let model = looked.phone().model;
        let knows = |feature: &&LineFeature| model.is_none_or(|model| feature.applies.to(model));
        let lines = editor.store.lines(None, &store::Page::first(500)).await?.rows;
        let drawing = drawing::draw(&looked, "#key-");
        let features = line_features().iter().filter(knows).collect();
        Ok(Self {
            frame,
            tab: "/keys",
            looked,
            drawing,
            rows,
            features,
            lines,
            differences: None,
            wrong: Vec::new(),
        })
    }
}

pub(super) async fn show(
    frame: Frame,
    _: Viewer,
    State(app): State<App>,
    Path(name): Path<String>,
) -> Answer {
    let (looked, editor) = made::look(&frame, &app, &name).await?;
    let rows = rows(&looked);
    let page = Keys::of(frame, &editor, looked, rows).await?;
    page.frame.page(&page)
}

/// A row for each button that the phone has now, and for each that is used.
fn rows(looked: &Looked) -> Vec<Row> {
    let own = &looked.phone().layer.keys;
    let all = effective::keys(&looked.made.bundle);
    let modules: u16 = looked.modules().iter().map(|module| module.keys).sum();
    let now = if looked.phone().model.is_some() { looked.own_keys() + modules } else { UNKNOWN };
    let used = all.iter().map(|button| button.number).max().unwrap_or(0);
    let most = looked.phone().model.map_or(u16::MAX, |model| model.most_keys.value.max(now));
    let last = if used > now { (used + SPARE).min(most.max(used)) } else { now };
    (1..=last).map(|button| row(button, own.get(&button), inherited(looked, button))).collect()
}

fn row(button: u16, key: Option<&Option<Key>>, inherited: Option<(String, String)>) -> Row {
    let mut row = Row { button, inherited, ..Row::default() };
    match key {
        None => {}
        Some(None) => row.feature = EMPTY.to_owned(),
        Some(Some(key)) => {
            row.feature = key.feature.key.to_owned();
            row.target = effective::target(key).to_owned();
            row.label = key.settings.of("label").unwrap_or_default().to_owned();
            row.more = effective::more(key);
        }
    }
    row
}

/// What the button would do if the phone said nothing.
fn inherited(looked: &Looked, button: u16) -> Option<(String, String)> {
    let groups = looked.made.bundle.groups.iter().rev();
    let found = groups.filter_map(|group| Some((group, group.layer.keys.get(&button)?))).next()?;
    Some((format!("{} {}", found.0.kind, found.0.name), effective::words(found.1.as_ref())))
}

pub(super) async fn save(
    frame: Frame,
    _: Operator,
    State(app): State<App>,
    Path(name): Path<String>,
    form: Filled,
) -> Answer {
    let (before, editor) = made::look(&frame, &app, &name).await?;
    let mut rows = typed(&form, &before);
    let (phone, new, wrong) =
        apply(&editor, before.phone().clone(), &mut rows, form.has("make_lines")).await?;
    let around = surroundings(&app.config.load());
    let broken = !wrong.is_empty() || rows.iter().any(|row| row.wrong.is_some());
    if !broken && form.text("do") != "preview" {
        let mut changes: Vec<Change> = new.iter().cloned().map(Change::PutLine).collect();
        changes.push(Change::PutPhone(phone));
        editor.change(&changes).await?;
        let made = match new.len() {
            0 => String::new(),
            1 => format!(", and line {} made", new[0].number),
            many => format!(", and {many} lines made"),
        };
        return frame.back_to(&format!("/phones/{name}/keys"), &format!("Keys saved{made}"));
    }
    // Lines that would be made are looked at as if they were there.
    let mut bundle = editor.bundle(phone).await?;
    bundle.lines.extend(new.into_iter().map(|line| (line.number.clone(), line)));
    let after = Looked::of(bundle, &around);
    let differences = after.differences(&before);
    let mut page = Keys::of(frame, &editor, after, rows).await?;
    page.wrong = wrong;
    page.differences = (!broken).then_some(differences);
    page.frame.page_with(if broken { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }, &page)
}

/// The rows as somebody filled them in.
fn typed(form: &Filled, before: &Looked) -> Vec<Row> {
    let own = &before.phone().layer.keys;
    let buttons = form.all("button").filter_map(|button| button.parse::<u16>().ok());
    let row = |button: u16| {
        let field = |part: &str| form.text(&format!("{part}.{button}")).to_owned();
        let (feature, target, label) = (field("feature"), field("target"), field("label"));
        let kept = row(button, own.get(&button), inherited(before, button));
        Row { feature, target, label, wrong: None, ..kept }
    };
    buttons.map(row).collect()
}

/// The phone with those keys, lines that have to be made for it, and what is wrong.
async fn apply(
    editor: &Editor,
    phone: Phone,
    rows: &mut [Row],
    make_lines: bool,
) -> Result<(Phone, Vec<Line>, Vec<String>), Refused> {
    let mut holder = Holder::Phone(phone);
    let scope = holder.scope();
    let mut new: BTreeMap<Number, Line> = BTreeMap::new();
    // A key that was dragged elsewhere keeps what the row has no field for.
    let known: Vec<Key> = holder.layer().keys.values().flatten().cloned().collect();
    for row in rows.iter_mut() {
        let done = match row.feature.as_str() {
            "" => {
                holder.layer_mut().keys.remove(&row.button);
                Ok(())
            }
            EMPTY => {
                holder.layer_mut().keys.insert(row.button, None);
                Ok(())
            }
            _ => one(editor, &mut holder, row, &scope, &known, make_lines, &mut new).await,
        };
        if let Err(error) = done {
            row.wrong = Some(complaints(error)?.join(" "));
        }
    }
    let Holder::Phone(phone) = holder else {
        return Err(Refused::Broken("a phone became a group".to_owned()));
    };
    Ok((phone, new.into_values().collect(), Vec::new()))
}

async fn one(
    editor: &Editor,
    holder: &mut Holder,
    row: &Row,
    scope: &Scope,
    known: &[Key],
    make_lines: bool,
    new: &mut BTreeMap<Number, Line>,
) -> edit::Result<()> {
    let whose = format!("key {}", row.button);
    let feature = edit::feature(&whose, &row.feature)?;
    let mut written = Vec::new();
    let mut line = None;
    match aim(feature) {
        Some(Aim::Line) => {
            line = Some(
                row.target.parse::<Number>().map_err(|error| Error::wrong("target", format!("{error}")))?,
            )
        }
        Some(Aim::Setting(name)) => written.push(Assignment::new(name, row.target.as_str())),
        None => {}
    }
    if !row.label.is_empty() {
        written.push(Assignment::new("label", row.label.as_str()));
    }
    let mut key = edit::new_key(&whose, feature, line, &written, scope)?;
    let same =
        |old: &&Key| old.feature == feature && old.line == key.line && effective::target(old) == row.target;
    let own = holder.layer().keys.get(&row.button).and_then(Option::as_ref).filter(same);
    if let Some(old) = own.or_else(|| known.iter().find(same)) {
        let shown = ["label", "number", "service_url", "secure_service_url"];
        let kept: Vec<_> = old.settings.iter().filter(|(name, _)| !shown.contains(&name.key())).collect();
        key.settings.extend(kept.into_iter().map(|(name, value)| (name, value.to_owned())));
    }
    scope.check_key(row.button, &key).map_err(|error| Error::wrong("", error.to_string()))?;
    if let Some(number) = &key.line
        && editor.store.line(number).await?.is_none()
    {
        if !make_lines {
            return editor.line(number).await.map(drop);
        }
        if !new.contains_key(number) {
            let mut made = Line::new(number.clone());
            editor.make_up_password(&mut made)?;
            new.insert(number.clone(), made);
        }
    }
    holder.layer_mut().keys.insert(row.button, Some(key));
    Ok(())
}
