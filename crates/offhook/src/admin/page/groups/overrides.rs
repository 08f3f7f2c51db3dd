//! What a group writes into the files of its phones in spite of everything else.

use askama::Template;
use axum::extract::State;
use http::StatusCode;

use super::here::{Head, Here, Preview};
use crate::admin::access::{Operator, Viewer};
use crate::admin::page::answer::Answer;
use crate::admin::page::form::Filled;
use crate::admin::page::frame::Frame;
use crate::admin::page::layer::overrides::{Form, apply};
use crate::admin::page::phone::complaints;
use crate::listener::App;

#[derive(Template)]
#[template(path = "group_overrides.html")]
struct Page {
    frame: Frame,
    tab: &'static str,
    head: Head,
    form: Form,
    preview: Option<Preview>,
    wrong: Vec<String>,
}

impl Page {
    fn of(frame: Frame, head: Head) -> Self {
        let form = Form::new(format!("{}/overrides", head.address), &head.group.layer.overrides);
        Self { frame, tab: "/overrides", head, form, preview: None, wrong: Vec::new() }
    }
}

pub(super) async fn show(_: Viewer, Here { frame, head }: Here) -> Answer {
    let page = Page::of(frame, head);
    page.frame.page(&page)
}

pub(super) async fn save(
    State(app): State<App>,
    _: Operator,
    Here { frame, head }: Here,
    form: Filled,
) -> Answer {
    let mut holder = head.holder();
    let wrong = apply(&form, &mut holder).map_or_else(complaints, |()| Ok(Vec::new()))?;
    if wrong.is_empty() && form.text("do") != "preview" {
        return head.keep(&frame, &[holder.put()], "/overrides", "Saved").await;
    }
    let mut page = Page::of(frame, head);
    page.form = page.form.typed(&form);
    if wrong.is_empty() {
        page.preview = Some(page.head.preview(&app, holder, Vec::new()).await?);
        return page.frame.page(&page);
    }
    page.wrong = wrong;
    page.frame.page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}
