//! The keys of a phone: a row for each button, and the drawing beside it.

use askama::Template;
use http::StatusCode;
use provision::inventory::Change;

use super::drawing;
use super::here::Here;
use super::made::{Differs, Looked};
use crate::admin::access::{Operator, Viewer};
use crate::admin::page::answer::{Answer, Refused};
use crate::admin::page::form::Filled;
use crate::admin::page::frame::Frame;
use crate::admin::page::layer::keys::{Form, Row, apply, typed};
use crate::edit::{Editor, Holder, Scope, effective};

/// A phone of which nobody knows what it is gets so many rows.
const UNKNOWN: u16 = 12;
/// Behind the last key in use so many more are shown.
const SPARE: u16 = 2;

#[derive(Template)]
#[template(path = "phone_keys.html")]
struct Keys {
    frame: Frame,
    tab: &'static str,
    looked: Looked,
    drawing: Option<String>,
    form: Form,
    /// A preview: what the file would say otherwise.
    differences: Option<Vec<Differs>>,
    wrong: Vec<String>,
}

impl Keys {
    async fn of(frame: Frame, editor: &Editor, looked: Looked, rows: Vec<Row>) -> Result<Self, Refused> {
        let address = format!("/phones/{}/keys", looked.phone().mac.device_name());
        let mut form = Form::new(address, editor, &Scope::of(looked.phone().model), rows).await?;
        for row in &mut form.rows {
            row.findings = looked.about_key(row.button);
        }
        let drawing = drawing::draw(&looked, "#key-");
        Ok(Self { frame, tab: "/keys", looked, drawing, form, differences: None, wrong: Vec::new() })
    }
}

pub(super) async fn show(_: Viewer, Here { frame, looked, editor, .. }: Here) -> Answer {
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
    (1..=last).map(|button| Row::of(button, own, inherited(looked, button))).collect()
}

/// What the button would do if the phone said nothing.
fn inherited(looked: &Looked, button: u16) -> Option<(String, String)> {
    let groups = looked.made.bundle.groups.iter().rev();
    let found = groups.filter_map(|group| Some((group, group.layer.keys.get(&button)?))).next()?;
    Some((format!("{} {}", found.0.kind, found.0.name), effective::words(found.1.as_ref())))
}

pub(super) async fn save(_: Operator, here: Here, form: Filled) -> Answer {
    let before = &here.looked;
    let mut rows = typed(&form, &before.phone().layer.keys, |button| inherited(before, button));
    let mut holder = Holder::Phone(before.phone().clone());
    let new = apply(&here.editor, &mut holder, &mut rows, form.has("make_lines")).await?;
    let broken = rows.iter().any(|row| row.wrong.is_some());
    if !broken && form.text("do") != "preview" {
        let mut changes: Vec<Change> = new.iter().cloned().map(Change::PutLine).collect();
        changes.push(holder.put());
        let made = match new.len() {
            0 => String::new(),
            1 => format!(", and line {} made", new[0].number),
            many => format!(", and {many} lines made"),
        };
        return here.keep(&changes, "/keys", &format!("Keys saved{made}")).await;
    }
    let Holder::Phone(phone) = holder else {
        return Err(Refused::Broken("a phone became a group".to_owned()));
    };
    // Lines that would be made are looked at as if they were there.
    let mut bundle = here.editor.bundle(phone).await?;
    bundle.lines.extend(new.into_iter().map(|line| (line.number.clone(), line)));
    let after = here.with(bundle);
    let differences = (!broken).then(|| after.differences(before));
    let mut page = Keys::of(here.frame, &here.editor, after, rows).await?;
    page.differences = differences;
    page.frame.page_with(if broken { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }, &page)
}
