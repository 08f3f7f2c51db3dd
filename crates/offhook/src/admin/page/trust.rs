//! Trust: who is given a list, the list that phones get, what the next one would do, roll-overs, certificates and when they end.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use store::Published;
use wire::trust_list::Role;

use super::answer::{Answer, Refused, sentence};
use super::frame::Frame;
use crate::admin::access::Viewer;
use crate::admin::seat::Seat;
use crate::listener::App;
use crate::trust::{Changed, Current, Key, Kind, Progress, PublishError, Reach, Rollover, Stored, calendar};

mod list;
mod outlook;
mod steps;

use outlook::Plan;

/// Lists of before.
const MOST_LISTS: usize = 50;
const DAY: i64 = 86_400;
/// What remains when this machine is lost signs nothing meanwhile.
const RECOVERY: &str = "sast-2";

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/trust", get(show))
        .route("/trust/lists/{number}", get(list::show))
        .route("/trust/{step}", post(steps::step))
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

/// A roll-over that is under way, and what finishing it would do.
struct Turning {
    rollover: Rollover,
    is_published: bool,
    is_ready: bool,
    finish: Plan,
}

#[derive(Template)]
#[template(path = "trust.html")]
struct Page {
    frame: Frame,
    state: String,
    /// Who is given a list: nothing is to be decided as long as there are no certificates.
    reach: Option<Reach>,
    released: bool,
    plan: Option<Plan>,
    signer: Option<String>,
    /// Names of certificates that a roll-over may lead to.
    spare: Vec<String>,
    turning: Option<Turning>,
    recovery: Option<Changed>,
    problem: Option<String>,
    certificates: Vec<Certificate>,
    history: Vec<Published>,
    wrong: Option<String>,
}

impl Page {
    async fn of(frame: Frame, app: &App) -> Result<Self, Refused> {
        let store = frame.store()?;
        let seat = Seat::looking(app, store.clone());
        let desk = seat.desk();
        let current = match desk.trust.current() {
            Ok(current) => current,
            Err(error) => return Ok(Self::without(frame, sentence(&error.to_string()))),
        };
        let (plan, mut problem) = match desk.outlook().await {
            Ok((draft, outlook)) => (Some(Plan::of(&draft, &outlook)), None),
            Err(PublishError::Store(error)) => return Err(error.into()),
            Err(error) => (None, Some(sentence(&error.to_string()))),
        };
        let turning = match desk.rollover().await.map_err(steps::refused) {
            Ok(progress) => progress.map(Turning::of),
            Err(Refused::Wrong(text)) => {
                problem = problem.or(Some(text));
                None
            }
            Err(other) => return Err(other),
        };
        let mut history = store.trust_lists().await?;
        history.sort_by_key(|list| std::cmp::Reverse(list.number));
        history.truncate(MOST_LISTS);
        let now = calendar::now();
        let signer = desk.list_signer().ok();
        Ok(Self {
            state: state(&current),
            reach: Some(current.state.reach.clone()),
            released: current.state.released,
            spare: spare(&current, signer.as_deref()),
            recovery: current.state.recovery.clone(),
            certificates: current
                .certificates
                .iter()
                .map(|stored| certificate(stored, &current, now))
                .collect(),
            plan,
            signer,
            turning,
            problem,
            history,
            wrong: None,
            frame,
        })
    }

    /// Nothing is there to be trusted.
    fn without(frame: Frame, problem: String) -> Self {
        Self {
            frame,
            state: "There is nothing to trust yet.".to_owned(),
            reach: None,
            released: false,
            plan: None,
            signer: None,
            spare: Vec::new(),
            turning: None,
            recovery: None,
            problem: Some(problem),
            certificates: Vec::new(),
            history: Vec::new(),
            wrong: None,
        }
    }

    /// How many phones the next list would lose.
    fn lost(&self) -> u64 {
        self.plan.as_ref().map_or(0, |plan| plan.totals.lost)
    }
}

impl Turning {
    fn of(progress: Progress) -> Self {
        Self {
            is_ready: progress.is_ready(),
            finish: Plan::of(&progress.draft, &progress.outlook),
            is_published: progress.is_published,
            rollover: progress.rollover,
        }
    }
}

/// Those that are SASTs and nothing else, with a key here, and not the one who signs.
fn spare(current: &Current, signer: Option<&str>) -> Vec<String> {
    let fits = |stored: &&Stored| {
        let is_sast = current.state.listed(stored).iter().all(|role| *role == Role::Sast);
        is_sast
            && stored.name.starts_with("sast-")
            && stored.name != RECOVERY
            && stored.identity().is_some()
            && Some(&*stored.name) != signer
    };
    current.certificates.iter().filter(fits).map(|stored| stored.name.clone()).collect()
}

fn state(current: &Current) -> String {
    let mut text = match &current.state.reach {
        Reach::Off => "Trust is off: no phone is given a list.".to_owned(),
        Reach::Everyone => {
            "Every phone is given a trust list, and then takes only what is signed here.".to_owned()
        }
        Reach::Phones(phones) if phones.len() == 1 => "One phone is given a trust list.".to_owned(),
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
