//! The settings of a phone: only those that its model knows, with what holds now, who says so, and what lint thinks of it.

use askama::Template;
use http::StatusCode;
use provision::inventory::{Change, Name, Phone};

use super::complaints;
use super::here::Here;
use super::made::{Differs, Looked, Placed};
use crate::admin::access::{Operator, Viewer};
use crate::admin::page::answer::{Answer, Refused};
use crate::admin::page::form::Filled;
use crate::admin::page::frame::Frame;
use crate::edit::{Assignment, Scope, take};

mod fields;
mod titles;

pub(in crate::admin::page) use fields::Field;
use fields::{Group, groups};

#[derive(Template)]
#[template(path = "phone_settings.html")]
struct Page {
    frame: Frame,
    tab: &'static str,
    looked: Looked,
    groups: Vec<Group>,
    /// What lint says of settings that this model has no field for.
    elsewhere: Vec<String>,
    differences: Option<Vec<Differs>>,
    wrong: Vec<String>,
}

impl Page {
    fn of(frame: Frame, looked: Looked) -> Self {
        let groups = groups(&looked);
        let has_field = |placed: &&Placed| {
            let mut names = groups.iter().flat_map(|group| &group.fields).map(|field| field.name.key());
            names.any(|name| placed.name == Some(name))
        };
        let of_phone =
            looked.findings.iter().filter(|placed| placed.name.is_some() && placed.button.is_none());
        let elsewhere = of_phone.filter(|placed| !has_field(placed)).map(Placed::words).collect();
        Self { frame, tab: "/settings", looked, groups, elsewhere, differences: None, wrong: Vec::new() }
    }
}

pub(super) async fn show(_: Viewer, Here { frame, looked, .. }: Here) -> Answer {
    let page = Page::of(frame, looked);
    page.frame.page(&page)
}

pub(super) async fn save(_: Operator, here: Here, form: Filled) -> Answer {
    let mut phone = here.looked.phone().clone();
    let mut wrong = Vec::new();
    let typed = form.fields().filter_map(|(field, value)| Some((field.strip_prefix("s.")?, value)));
    for (key, value) in typed {
        let problem = set(&mut phone, key, value, form.has(&format!("clear.{key}")))?;
        wrong.extend(problem.map(|text| (key.to_owned(), text)));
    }
    if wrong.is_empty() && form.text("do") != "preview" {
        return here.keep(&[Change::PutPhone(phone)], "/settings", "Settings saved").await;
    }
    let after = here.if_it_were(phone).await?;
    let differences = wrong.is_empty().then(|| after.differences(&here.looked));
    let mut page = Page { differences, ..Page::of(here.frame, after) };
    for field in page.groups.iter_mut().flat_map(|group| &mut group.fields) {
        let key = field.name.to_string();
        if let Some((_, text)) = wrong.iter().find(|(wrong, _)| *wrong == key) {
            field.own = form.text(&format!("s.{key}")).to_owned();
            field.wrong = Some(text.clone());
        }
    }
    let status = if wrong.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    page.wrong = wrong.into_iter().map(|(_, text)| text).collect();
    page.frame.page_with(status, &page)
}

/// Writes one setting, or takes it away when nothing stands there. A password that nobody typed stays as it is.
fn set(phone: &mut Phone, key: &str, value: &str, clear: bool) -> Result<Option<String>, Refused> {
    let name: Name = key.parse().map_err(|error| Refused::Wrong(format!("{error}")))?;
    let secret = name.setting().is_secret();
    let value = if secret { value } else { value.trim() };
    if value.is_empty() {
        if !secret || clear {
            phone.layer.settings.unset(name);
        }
        return Ok(None);
    }
    if phone.layer.settings.get(name) == Some(value) {
        return Ok(None);
    }
    let scope = Scope::of(phone.model);
    let whose = phone.mac.device_name();
    match take(&whose, &mut phone.layer.settings, &scope, &[Assignment::new(key, value)]) {
        Ok(()) => Ok(None),
        Err(error) => Ok(Some(complaints(error)?.join(" ").replace(&format!("{whose}: "), ""))),
    }
}
