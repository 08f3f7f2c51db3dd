//! The keys that a group gives its phones.

use askama::Template;
use axum::extract::{Query, State};
use http::StatusCode;
use provision::inventory::Change;
use serde::Deserialize;

use super::here::{Head, Here, Preview};
use crate::admin::access::{Operator, Viewer};
use crate::admin::page::answer::{Answer, Refused};
use crate::admin::page::form::Filled;
use crate::admin::page::frame::Frame;
use crate::admin::page::layer::{self, keys};
use crate::listener::App;

/// So many rows there are at least: most phones have no more keys.
const LEAST: u16 = 8;
/// Behind the last key in use so many more are shown.
const SPARE: u16 = 4;

#[derive(Template)]
#[template(path = "group_keys.html")]
struct Page {
    frame: Frame,
    tab: &'static str,
    head: Head,
    form: keys::Form,
    /// The highest button that any of these phones may have.
    most: u16,
    preview: Option<Preview>,
    wrong: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    /// The last row to be shown.
    to: Option<String>,
}

impl Page {
    async fn of(frame: Frame, head: Head, rows: Vec<keys::Row>) -> Result<Self, Refused> {
        let (address, scope) = (format!("{}/keys", head.address), head.holder().scope());
        let form = keys::Form::new(address, &head.editor, &scope, rows).await?;
        let most = most(&head);
        Ok(Self { frame, tab: "/keys", head, form, most, preview: None, wrong: Vec::new() })
    }
}

fn most(head: &Head) -> u16 {
    let models = layer::models(&head.holder().scope());
    models.iter().map(|model| model.most_keys.value.max(model.keys)).max().unwrap_or(LEAST)
}

pub(super) async fn show(_: Viewer, Query(asked): Query<Asked>, Here { frame, head }: Here) -> Answer {
    let own = &head.group.layer.keys;
    let used = own.keys().max().copied().unwrap_or(0);
    let most = most(&head).max(used);
    let to = asked.to.and_then(|to| to.trim().parse::<u16>().ok()).unwrap_or(0);
    let last = to.max(used.saturating_add(SPARE)).max(LEAST).min(most);
    let rows = (1..=last).map(|button| keys::Row::of(button, own, None)).collect();
    let page = Page::of(frame, head, rows).await?;
    page.frame.page(&page)
}

pub(super) async fn save(
    State(app): State<App>,
    _: Operator,
    Here { frame, head }: Here,
    form: Filled,
) -> Answer {
    let mut rows = keys::typed(&form, &head.group.layer.keys, |_| None);
    let mut holder = head.holder();
    let new = keys::apply(&head.editor, &mut holder, &mut rows, form.has("make_lines")).await?;
    let mut page = Page::of(frame, head, rows).await?;
    if page.form.is_wrong() {
        return page.frame.page_with(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    if form.text("do") == "preview" {
        page.preview = Some(page.head.preview(&app, holder, new).await?);
        return page.frame.page(&page);
    }
    let mut changes: Vec<Change> = new.into_iter().map(Change::PutLine).collect();
    changes.push(holder.put());
    page.head.keep(&page.frame, &changes, "/keys", "Keys saved; phones get them when they ask next").await
}
