//! A trust list of the history: what is in it, and what phones would do if they were given it once more.

use askama::Template;
use axum::extract::{Path, State};
use store::Published;

use super::outlook::Plan;
use super::steps::refused;
use crate::admin::access::Viewer;
use crate::admin::page::answer::{Answer, Refused};
use crate::admin::page::files::size;
use crate::admin::page::frame::Frame;
use crate::admin::seat::Seat;
use crate::listener::App;

#[derive(Template)]
#[template(path = "trust_list.html")]
struct Page {
    frame: Frame,
    list: Published,
    /// Whether phones get it now.
    is_last: bool,
    plan: Option<Plan>,
    problem: Option<String>,
}

impl Page {
    /// How long the list is.
    fn size(&self) -> String {
        size(self.list.bytes.len() as u64)
    }
}

pub(super) async fn show(frame: Frame, _: Viewer, State(app): State<App>, Path(number): Path<i64>) -> Answer {
    let store = frame.store()?;
    let list = store.trust_list(number).await?.ok_or(Refused::NothingThere)?;
    let is_last = store.last_trust_list().await?.is_none_or(|last| last.number == number);
    let (mut plan, mut problem) = (None, None);
    if !is_last {
        let seat = Seat::looking(&app, store);
        match seat.desk().once_more(number).await.map_err(refused) {
            Ok((_, draft, outlook)) => plan = Some(Plan::of(&draft, &outlook)),
            Err(Refused::Wrong(text)) => problem = Some(text),
            Err(other) => return Err(other),
        }
    }
    let page = Page { frame, list, is_last, plan, problem };
    page.frame.page(&page)
}
