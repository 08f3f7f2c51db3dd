//! What the chosen phones would get since they fetched last, and which of them have to be restarted for it.

use askama::Template;
use provision::inventory::{Bundle, State};
use provision::mac::Mac;
use provision::render;

use crate::admin::page::answer::{Answer, Refused};
use crate::admin::page::frame::Frame;
use crate::inventory::fingerprint::{Difference, differences};
use crate::inventory::restart::need;
use crate::inventory::{Documents, surroundings};
use crate::listener::App;

/// What is to be done about a phone.
struct Row {
    mac: Mac,
    description: String,
    standing: &'static str,
    colour: &'static str,
    why: &'static str,
    differences: Vec<String>,
}

#[derive(Template)]
#[template(path = "fleet_plan.html")]
struct Plan {
    frame: Frame,
    rows: Vec<Row>,
}

impl Plan {
    fn restarts(&self) -> usize {
        self.rows.iter().filter(|row| row.standing == "restart").count()
    }
}

pub(super) async fn show(frame: Frame, app: &App, macs: &[Mac]) -> Answer {
    let store = frame.store()?;
    let documents = Documents::new(store.generation(), store.documents().await?);
    let around = surroundings(&app.config.load());
    let mut rows = Vec::new();
    for mac in macs {
        let bundle = store.bundle(*mac).await?;
        let bundle =
            bundle.ok_or_else(|| Refused::Missing(format!("There is no phone {}.", mac.device_name())))?;
        let fetched = store.fetched(*mac).await?;
        rows.push(row(&bundle, fetched.as_ref(), &around, &documents));
    }
    rows.sort_by_key(|row| (row.standing != "restart", row.mac));
    let page = Plan { frame, rows };
    page.frame.page(&page)
}

fn row(
    bundle: &Bundle,
    fetched: Option<&store::Fetched>,
    around: &render::Surroundings,
    documents: &Documents,
) -> Row {
    let phone = &bundle.phone;
    let plain = |standing, colour, why| Row {
        mac: phone.mac,
        description: phone.description.clone(),
        standing,
        colour,
        why,
        differences: Vec::new(),
    };
    let fetched = match (phone.state, fetched) {
        (State::Waiting, _) => return plain("waits", "info", "it waits to be claimed"),
        (State::Retired, _) => return plain("retired", "", "it is given nothing"),
        (State::Active, None) => {
            return plain("never fetched", "warn", "it has not fetched its configuration yet");
        }
        (State::Active, Some(fetched)) => fetched,
    };
    let rendered = render::configuration(bundle, around);
    let found = differences(&fetched.fingerprint, phone.model, &rendered, documents);
    if found.is_empty() {
        return plain("up to date", "good", "it has what it would get");
    }
    let need = need(&found, documents);
    let (standing, colour) = if need.restart { ("restart", "warn") } else { ("by itself", "good") };
    Row { differences: found.iter().map(said).collect(), ..plain(standing, colour, need.why) }
}

fn said(difference: &Difference) -> String {
    match difference {
        Difference::Value(path, _) => path.clone(),
        Difference::Gone(count) => format!("{count} values are gone"),
        Difference::Document(name) => format!("file {name}"),
    }
}
