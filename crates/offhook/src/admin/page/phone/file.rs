//! The file that a phone gets: the document, where each value comes from, what lint says, and what stands there in spite of all.

use askama::Template;
use http::StatusCode;
use provision::lint::Severity;
use provision::render::Explained;

use super::complaints;
use super::here::Here;
use super::made::{Differs, Looked};
use crate::admin::access::{Operator, Viewer};
use crate::admin::page::answer::{Answer, Refused};
use crate::admin::page::form::Filled;
use crate::admin::page::frame::Frame;
use crate::admin::page::layer::overrides::{Form, apply};
use crate::edit::Holder;

/// A value of the document, for people.
struct Value {
    path: String,
    name: String,
    word: String,
    code: String,
    origin: String,
}

impl Value {
    fn of(value: Explained<'_>) -> Self {
        let hidden = |text: &str| {
            if value.secret && !text.is_empty() { "(hidden)".to_owned() } else { text.to_owned() }
        };
        Self {
            path: value.path.to_owned(),
            name: value.name.map(|name| name.to_string()).unwrap_or_default(),
            word: hidden(value.value),
            code: hidden(value.code),
            origin: value.origin.to_string(),
        }
    }
}

#[derive(Template)]
#[template(path = "phone_file.html")]
struct File {
    frame: Frame,
    tab: &'static str,
    looked: Looked,
    xml: String,
    values: Vec<Value>,
    form: Form,
    differences: Option<Vec<Differs>>,
    wrong: Vec<String>,
}

impl File {
    fn of(frame: Frame, looked: Looked) -> Self {
        let address = format!("/phones/{}/override", looked.phone().mac.device_name());
        let mut form = Form::new(address, &looked.phone().layer.overrides);
        for one in &mut form.there {
            one.findings = looked.about_path(&one.path);
        }
        let values = looked.made.rendered.values.iter().map(Value::of).collect();
        let xml = looked.made.without_passwords();
        Self { frame, tab: "/file", looked, xml, values, form, differences: None, wrong: Vec::new() }
    }
}

/// The colour of a finding.
fn shade(severity: Severity) -> &'static str {
    match severity {
        Severity::Hint => "info",
        Severity::Warning => "warn",
        Severity::Error => "bad",
    }
}

pub(super) async fn show(_: Viewer, Here { frame, looked, .. }: Here) -> Answer {
    let page = File::of(frame, looked);
    page.frame.page(&page)
}

/// Puts an override, takes one away, or shows what it would do.
pub(super) async fn put(_: Operator, here: Here, form: Filled) -> Answer {
    let mut holder = Holder::Phone(here.looked.phone().clone());
    let wrong = apply(&form, &mut holder).map_or_else(complaints, |()| Ok(Vec::new()))?;
    if wrong.is_empty() && form.text("do") != "preview" {
        return here.keep(&[holder.put()], "/file", "Saved").await;
    }
    let Holder::Phone(phone) = holder else {
        return Err(Refused::Broken("a phone became a group".to_owned()));
    };
    let after = here.if_it_were(phone).await?;
    let differences = wrong.is_empty().then(|| after.differences(&here.looked));
    let status = if wrong.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    // What is only looked at is not in the list yet.
    let mut page = File::of(here.frame, here.looked);
    page.form = page.form.typed(&form);
    (page.differences, page.wrong) = (differences, wrong);
    page.frame.page_with(status, &page)
}
