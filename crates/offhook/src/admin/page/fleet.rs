//! The fleet: all phones, those that fit a question, and what is done to many at once.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::routing::{get, post};
use axum::{Extension, Router};
use provision::inventory::State as Standing;
use provision::mac::Mac;
use provision::timeline::{Rule, Severity};
use serde::{Deserialize, Serialize};
use store::{Facets, Order, Page, PhoneQuery, PhoneRow};

use super::answer::{Answer, Refused};
use super::frame::Frame;
use super::paging::{Pager, ROWS};
use crate::admin::access::Viewer;
use crate::listener::App;
use crate::timeline::Timeline;

mod bulk;
mod export;
mod facets;
mod plan;

use facets::{Counted, OFFERED};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/phones", get(list))
        .route("/phones/bulk", post(bulk::bulk))
        .route("/phones/export", get(export::export))
        .layer(Extension(Counted::default()))
}

/// A question about the fleet, as it stands in the address.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Asked {
    q: String,
    state: String,
    model: String,
    site: String,
    profile: String,
    firmware: String,
    verdict: String,
    order: String,
    page: u64,
}

/// Columns that the list can be put in the order of: their name in the address, and their title.
const ORDERS: [(&str, Order); 6] = [
    ("phone", Order::Address),
    ("description", Order::Description),
    ("model", Order::Model),
    ("site", Order::Site),
    ("profile", Order::Profile),
    ("changed", Order::Changed),
];

impl Asked {
    /// What is asked of the database.
    fn query(&self, timeline: &Timeline) -> PhoneQuery {
        let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let (name, backward) = match self.order.strip_prefix('-') {
            Some(name) => (name, true),
            None => (self.order.as_str(), false),
        };
        let order =
            ORDERS.iter().find(|(known, _)| *known == name).map_or(Order::Address, |(_, order)| *order);
        PhoneQuery {
            text: some(&self.q),
            model: some(&self.model),
            site: some(&self.site),
            profile: some(&self.profile),
            firmware: some(&self.firmware),
            state: self.state.parse().ok(),
            line: None,
            among: some(&self.verdict).map(|verdict| phones_with(timeline, &verdict)),
            order,
            backward,
        }
    }

    /// Whether anything narrows the list.
    fn narrows(&self) -> bool {
        let all =
            [&self.q, &self.state, &self.model, &self.site, &self.profile, &self.firmware, &self.verdict];
        all.iter().any(|text| !text.trim().is_empty())
    }

    /// The address of this question with one thing otherwise.
    fn with(&self, name: &str, value: &str) -> String {
        let mut pairs: Vec<(&str, &str)> = [
            ("q", self.q.as_str()),
            ("state", &self.state),
            ("model", &self.model),
            ("site", &self.site),
            ("profile", &self.profile),
            ("firmware", &self.firmware),
            ("verdict", &self.verdict),
            ("order", &self.order),
        ]
        .into_iter()
        .filter(|(known, value)| *known != name && !value.is_empty())
        .collect();
        if !value.is_empty() {
            pairs.push((name, value));
        }
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        if query.is_empty() { "/phones".to_owned() } else { format!("/phones?{query}") }
    }

    /// Where the head of a column leads: to that order, or the other way round.
    fn by(&self, name: &str) -> String {
        let now = if self.order.is_empty() { "phone" } else { &self.order };
        let next = if now == name { format!("-{name}") } else { name.to_owned() };
        self.with("order", &next)
    }

    /// How the list is put by that column, for screen readers.
    fn sorted(&self, name: &str) -> &'static str {
        let now = if self.order.is_empty() { "phone" } else { &self.order };
        match now.strip_prefix('-') {
            Some(column) if column == name => "descending",
            None if now == name => "ascending",
            _ => "none",
        }
    }
}

/// The phones of a verdict, or of all verdicts of that severity.
fn phones_with(timeline: &Timeline, verdict: &str) -> Vec<Mac> {
    let fits = |rule: &Rule| rule.id == verdict || rule.severity.word() == verdict;
    let rules = timeline.counts().into_iter().map(|(rule, _)| rule).filter(|rule| fits(rule));
    rules.flat_map(|rule| timeline.phones_with(rule.id)).collect()
}

/// A phone of the list.
struct Row {
    phone: PhoneRow,
    verdict: Option<&'static Rule>,
}

impl Row {
    /// As many lines as a cell takes.
    fn first_lines(&self) -> &[provision::inventory::Number] {
        &self.phone.lines[..self.phone.lines.len().min(4)]
    }
}

#[derive(Template)]
#[template(path = "fleet.html")]
struct Fleet {
    frame: Frame,
    asked: Asked,
    rows: Vec<Row>,
    pager: Pager,
    facets: Arc<Facets>,
    verdicts: Vec<(&'static Rule, usize)>,
    booting: Vec<Mac>,
}

impl Fleet {
    /// Whether there are more names than a list to choose from takes.
    fn are_many(counts: &BTreeMap<String, u64>) -> bool {
        counts.len() > OFFERED
    }

    /// The names that most phones have, by name.
    fn most(counts: &BTreeMap<String, u64>) -> Vec<&str> {
        let mut all: Vec<(&str, u64)> = counts.iter().map(|(name, count)| (name.as_str(), *count)).collect();
        all.sort_by_key(|(_, count)| Reverse(*count));
        let mut most: Vec<&str> = all.into_iter().take(OFFERED).map(|(name, _)| name).collect();
        most.sort_unstable();
        most
    }

    fn count_of(&self, severity: &str) -> usize {
        let of = self.verdicts.iter().filter(|(rule, _)| rule.severity.word() == severity);
        of.map(|(_, count)| count).sum()
    }
}

async fn list(
    frame: Frame,
    _: Viewer,
    State(app): State<App>,
    Extension(counted): Extension<Counted>,
    Query(asked): Query<Asked>,
) -> Answer {
    let store = frame.store()?;
    let query = asked.query(&app.timeline);
    let listed = store.phones(&query, &Page::at(Pager::offset(asked.page), ROWS)).await?;
    let facets = counted.facets(&store).await?;
    let row = |phone: PhoneRow| Row { verdict: app.timeline.state(phone.mac), phone };
    let rows = listed.rows.into_iter().map(row).collect();
    let pager = Pager::new(asked.page, listed.total, "/phones", &asked);
    let verdicts: Vec<_> = app.timeline.counts().into_iter().filter(|(_, count)| *count > 0).collect();
    let booting = app.timeline.phones_with("booting").into_iter().take(24).collect();
    let page = Fleet { frame, asked, rows, pager, facets, verdicts, booting };
    page.frame.page(&page)
}

/// A verdict in a word or two.
pub(super) fn short(rule: &Rule) -> String {
    rule.id.replace('-', " ")
}

/// The colour of a verdict.
pub(super) fn colour(rule: &Rule) -> &'static str {
    match rule.severity {
        Severity::Fine => "good",
        Severity::Note => "info",
        Severity::Warning => "warn",
        Severity::Problem => "bad",
    }
}

/// The colour of a state.
pub(super) fn colour_of(state: &Standing) -> &'static str {
    match state {
        Standing::Active => "good",
        Standing::Waiting => "info",
        Standing::Retired => "",
    }
}

/// The phones that a form names.
fn named<'a>(names: impl Iterator<Item = &'a str>) -> Result<Vec<Mac>, Refused> {
    let read = |name: &str| name.parse().map_err(|_| Refused::Wrong(format!("{name:?} is no phone.")));
    names.map(read).collect()
}
