//! Trust: the list that phones get, what the next one would do, the certificates and when they end.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use http::StatusCode;
use provision::ledger::{Listed, Totals, Verdict};
use store::Published;

use super::answer::{Answer, Refused, sentence};
use super::form::Filled;
use super::frame::Frame;
use crate::admin::access::{Administrator, Viewer};
use crate::listener::App;
use crate::trust::{Current, Desk, Key, Kind, PublishError, Purpose, Reach, Request, Stored, Turn, calendar};

/// Phones of the list; a command shows all.
const MOST_ROWS: usize = 100;
/// Lists of before.
const MOST_LISTS: usize = 50;
const DAY: i64 = 86_400;

pub(super) fn router() -> Router<App> {
    Router::new().route("/trust", get(show)).route("/trust/publish", post(publish))
}

/// A certificate.
struct Certificate {
    name: String,
    purpose: &'static str,
    roles: String,
    key: &'static str,
    ends: String,
    left: String,
    tone: &'static str,
    subject: String,
}

/// A phone that would not surely take the next list.
struct Row {
    device: String,
    model: &'static str,
    description: String,
    refuses: bool,
    lost: bool,
    because: String,
}

/// What the next list would do.
struct Plan {
    last: Option<Published>,
    same: bool,
    added: Vec<String>,
    removed: Vec<String>,
    totals: Totals,
    rows: Vec<Row>,
    more: usize,
}

#[derive(Template)]
#[template(path = "trust.html")]
struct Page {
    frame: Frame,
    state: String,
    plan: Option<Plan>,
    problem: Option<String>,
    certificates: Vec<Certificate>,
    history: Vec<Published>,
    wrong: Option<String>,
}

impl Page {
    async fn of(frame: Frame, app: &App) -> Result<Self, Refused> {
        let store = frame.store()?;
        let trust = app.artifacts.trust();
        let current = match trust.current() {
            Ok(current) => current,
            Err(error) => {
                let problem = Some(sentence(&error.to_string()));
                let (state, history) = ("There is nothing to trust yet.".to_owned(), Vec::new());
                return Ok(Self {
                    frame,
                    state,
                    plan: None,
                    problem,
                    certificates: Vec::new(),
                    history,
                    wrong: None,
                });
            }
        };
        let resolved = app.config.load_full();
        let desk = Desk { store: &store, resolved: &resolved, trust };
        let (plan, problem) = match desk.outlook().await {
            Ok((draft, outlook)) => (Some(plan(&draft, &outlook)), None),
            Err(PublishError::Store(error)) => return Err(error.into()),
            Err(error) => (None, Some(sentence(&error.to_string()))),
        };
        let mut history = store.trust_lists().await?;
        history.sort_by_key(|list| std::cmp::Reverse(list.number));
        history.truncate(MOST_LISTS);
        let now = calendar::now();
        Ok(Self {
            state: state(&current),
            certificates: current
                .certificates
                .iter()
                .map(|stored| certificate(stored, &current, now))
                .collect(),
            plan,
            problem,
            history,
            wrong: None,
            frame,
        })
    }
}

fn state(current: &Current) -> String {
    let mut text = match &current.state.reach {
        Reach::Off => "Trust is off: no phone is given a list.".to_owned(),
        Reach::Everyone => {
            "Every phone is given a trust list, and then takes only what is signed here.".to_owned()
        }
        Reach::Phones(phones) => format!("{} phones are given a trust list.", phones.len()),
    };
    if current.state.rollover.is_some() {
        text.push_str(" A roll-over is under way.");
    }
    if current.state.released {
        text.push_str(" Lists let phones follow another call manager.");
    }
    text
}

fn plan(draft: &crate::trust::Draft, outlook: &crate::trust::Outlook) -> Plan {
    let named = |listed: &Listed| format!("{} {}", listed.name, listed.role);
    let unsure = outlook.phones.iter().filter(|row| !matches!(row.standing.verdict, Verdict::Accepts(_)));
    let mut rows: Vec<Row> = unsure
        .map(|row| Row {
            device: row.mac.device_name(),
            model: row.model.map_or("", |model| model.name),
            description: row.description.clone(),
            refuses: matches!(row.standing.verdict, Verdict::Refuses(_)),
            lost: row.standing.is_lost,
            because: row.standing.verdict.to_string(),
        })
        .collect();
    let more = rows.len().saturating_sub(MOST_ROWS);
    rows.truncate(MOST_ROWS);
    Plan {
        same: outlook.is_published(draft),
        added: outlook.difference.added.iter().map(named).collect(),
        removed: outlook.difference.removed.iter().map(named).collect(),
        totals: outlook.totals(),
        last: outlook.last.clone(),
        rows,
        more,
    }
}

fn certificate(stored: &Stored, current: &Current, now: i64) -> Certificate {
    let ends = stored.certificate.not_after();
    let left = (ends - now) / DAY;
    let roles: Vec<String> = current.state.listed(stored).iter().map(ToString::to_string).collect();
    Certificate {
        name: stored.name.clone(),
        purpose: Kind::named(&stored.name).map_or("", |kind| kind.purpose),
        roles: if roles.is_empty() { "in no list".to_owned() } else { roles.join(", ") },
        key: match &stored.key {
            Key::Here(_) => "here",
            Key::Closed => "here, behind a passphrase",
            Key::Elsewhere => "elsewhere",
        },
        ends: calendar::day(ends),
        left: match left {
            ..0 => "over".to_owned(),
            0..60 => format!("in {left} days"),
            60..730 => format!("in {} months", left / 30),
            _ => format!("in {} years", left / 365),
        },
        tone: match left {
            ..14 => "bad",
            14..60 => "warn",
            _ => "plain",
        },
        subject: stored.certificate.subject().to_owned(),
    }
}

async fn show(frame: Frame, _: Viewer, State(app): State<App>) -> Answer {
    let page = Page::of(frame, &app).await?;
    page.frame.page(&page)
}

async fn publish(
    frame: Frame,
    Administrator(who): Administrator,
    State(app): State<App>,
    form: Filled,
) -> Answer {
    match published(&frame, &who.name, &app, &form).await {
        Ok(None) => frame.back_to("/trust", "Nothing to do: the list that phones get holds just this"),
        Ok(Some(list)) => frame.back_to(
            "/trust",
            &format!("List {} is published; phones get it when they start next", list.number),
        ),
        Err(Refused::Wrong(problem)) => {
            let mut page = Page::of(frame, &app).await?;
            page.wrong = Some(problem);
            page.frame.page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(other) => Err(other),
    }
}

async fn published(frame: &Frame, who: &str, app: &App, form: &Filled) -> Result<Option<Published>, Refused> {
    let lost = form.some("lost").map(|lost| lost.parse::<u64>()).transpose();
    let accept_loss =
        lost.map_err(|_| Refused::Wrong("How many phones may be lost is a number.".to_owned()))?.unwrap_or(0);
    let resolved = app.config.load_full();
    let data_dir = resolved.data_dir.clone();
    // Whoever publishes by a command at this moment goes first; waiting for a file is not for a thread that serves.
    let turn = tokio::task::spawn_blocking(move || Turn::take(&data_dir)).await;
    let _turn = turn
        .map_err(|failed| Refused::Broken(failed.to_string()))?
        .map_err(|error| Refused::Wrong(sentence(&error.to_string())))?;
    let store = frame.store()?;
    let desk = Desk { store: &store, resolved: &resolved, trust: app.artifacts.trust() };
    let refused = |error: PublishError| match error {
        PublishError::Store(error) => error.into(),
        PublishError::Loss { lost, named } => Refused::Wrong(format!(
            "{lost} phones would be lost by this list, or might be: {named}. Nothing was published."
        )),
        PublishError::Trust(error) => Refused::Wrong(sentence(&error.to_string())),
    };
    let (draft, outlook) = desk.outlook().await.map_err(refused)?;
    if outlook.is_published(&draft) {
        return Ok(None);
    }
    let request = Request {
        purpose: Purpose::Change,
        note: form.text("note"),
        by: who,
        now: calendar::now(),
        accept_loss,
    };
    let list = desk.publish(&draft, &outlook, &request).await.map_err(refused)?;
    let number = list.number.to_string();
    store.note("publishes", "trust list", &[("number", None, Some(&number))]).await?;
    Ok(Some(list))
}
