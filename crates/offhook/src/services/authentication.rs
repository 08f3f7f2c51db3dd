//! `/authentication`: a phone that somebody wants to push something to asks here whether they may. It compares the
//! answer letter by letter.

use std::time::Instant;

use provision::objects::{Answer, Parameters};

use super::{Ask, Page, Route};
use crate::push::{Attempt, Verdict};
use crate::record;

pub(super) const ROUTE: Route =
    Route { path: "/authentication", methods: "GET, POST", answer: |ask| Box::pin(judge(ask)) };

async fn judge(mut ask: Ask) -> Page {
    let form = if ask.is_post { ask.form().await? } else { Parameters::default() };
    let said = |name: &str| form.get(name).or_else(|| ask.parameter(name)).unwrap_or_default().to_owned();
    let device = said("devicename").parse().ok();
    let attempt = Attempt { user: said("UserID"), password: said("Password"), device, from: ask.peer.ip() };
    let user = attempt.user.clone();
    let data_dir = ask.app.config.load().data_dir.clone();
    let verdict = ask.app.services.guard().judge(&data_dir, attempt, Instant::now()).await;
    if verdict != Verdict::Authorized {
        let user = record::Printable(user.as_bytes());
        tracing::warn!(%user, peer = %ask.peer.ip(), phone = ?device, ?verdict, "a push was refused");
        return Ok(Answer::word("UNAUTHORIZED"));
    }
    Ok(Answer::word("AUTHORIZED"))
}
