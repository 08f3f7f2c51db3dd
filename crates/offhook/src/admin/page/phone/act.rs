//! Doing something with a phone from its page: restarting it, pushing to it. What it answers is told.

use axum::extract::State;
use http::StatusCode;
use provision::objects::{Priority, Target};

use super::Overview;
use super::here::Here;
use crate::admin::access::Operator;
use crate::admin::page::answer::{Answer, Refused, sentence};
use crate::admin::page::form::Filled;
use crate::asterisk::restart::Order;
use crate::control::{self, ControlError, Reach, Way};
use crate::listener::App;
use crate::push::meaning;

/// A phone may answer with a page of text; a notice is a line.
const LONGEST_ANSWER: usize = 300;
/// More at once no phone takes in a minute.
const MOST_TARGETS: usize = 12;

/// What was to be done, to be shown again when it was not.
#[derive(Clone, Debug, Default)]
pub(super) struct Typed {
    pub(super) how: String,
    pub(super) by: String,
    pub(super) what: String,
    pub(super) when: String,
}

impl Typed {
    fn read(form: &Filled) -> Self {
        let [how, by, what, when] =
            ["how", "by", "what", "when"].map(|field| form.text(field).replace("\r\n", "\n"));
        Self { how, by, what, when }
    }
}

pub(super) async fn restart(_: Operator, State(app): State<App>, here: Here, form: Filled) -> Answer {
    let typed = Typed::read(&form);
    let order = if typed.how == "reset" { Order::Reset } else { Order::Restart };
    let way = match typed.by.as_str() {
        "sip" => Some(Way::Sip),
        "keys" => Some(Way::Keys),
        _ => None,
    };
    let reach = reach(&here).await?;
    let (settings, door) = (app.config.load_full(), reach.door(None, false));
    let done = control::restart(&reach, order, way, &app.asterisk, &settings.data_dir, door).await;
    match done {
        Ok(done) => told(&here, "restarted", "how", &done.words(order)).await,
        Err(error) => not_done(here, &app, typed, &error.to_string()).await,
    }
}

pub(super) async fn push(_: Operator, State(app): State<App>, here: Here, form: Filled) -> Answer {
    let typed = Typed::read(&form);
    let targets = match targets(&typed.what) {
        Ok(targets) => targets,
        Err(problem) => return refused(here, &app, typed, &problem, StatusCode::UNPROCESSABLE_ENTITY).await,
    };
    let priority = match typed.when.as_str() {
        "idle" => Priority::WhenIdle,
        "if-idle" => Priority::OnlyIfIdle,
        _ => Priority::Now,
    };
    match pushed(&here, &app, &targets, priority).await {
        Ok(answers) => told(&here, "pushed to", "what", &answers).await,
        Err(Failed::Told(problem)) => not_done(here, &app, typed, &problem).await,
        Err(Failed::Refused(refused)) => Err(refused),
    }
}

/// Why nothing was pushed.
enum Failed {
    /// For whoever pushed.
    Told(String),
    Refused(Refused),
}

async fn pushed(here: &Here, app: &App, targets: &[Target], priority: Priority) -> Result<String, Failed> {
    let told = |error: ControlError| {
        Failed::Told(match error {
            // The command takes an address instead; a page that does would push to anybody.
            ControlError::Where(name) => {
                format!("nobody knows where {name} is: it has not taken its configuration here")
            }
            other => other.to_string(),
        })
    };
    let reach = reach(here).await.map_err(Failed::Refused)?;
    let door = reach.door(None, false).map_err(told)?;
    let data_dir = app.config.load().data_dir.clone();
    let lent = control::lend_aside(&data_dir, door.phone).await;
    let loan = lent.map_err(|error| Failed::Told(error.to_string()))?;
    let done = control::execute(&door, loan.credentials(), reach.phone(), targets, priority).await;
    control::give_back(loan).await;
    let done = done.map_err(|error| Failed::Told(error.to_string()))?;
    let answers: Vec<String> = done.iter().map(|one| format!("{}: {}", one.url, meaning(one))).collect();
    Ok(answers.join("; ").chars().take(LONGEST_ANSWER).collect())
}

/// What stands in the field, a thing a line.
fn targets(what: &str) -> Result<Vec<Target>, String> {
    let lines: Vec<&str> = what.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    match lines.len() {
        0 => return Err("Say what it is to do: a line for each thing.".to_owned()),
        1..=MOST_TARGETS => {}
        many => return Err(format!("That are {many} things; {MOST_TARGETS} at once are the most.")),
    }
    lines.into_iter().map(Target::parse).collect::<Result<_, _>>().map_err(|error| error.to_string())
}

async fn reach(here: &Here) -> Result<Reach, Refused> {
    let found = Reach::find(&here.editor.store, here.looked.phone().mac).await?;
    found.ok_or(Refused::NothingThere)
}

async fn told(here: &Here, action: &'static str, field: &str, answer: &str) -> Answer {
    let name = here.looked.phone().mac.device_name();
    let store = here.frame.store()?;
    store.note(action, &format!("phone {name}"), &[(field, None, Some(answer))]).await?;
    here.frame.back_to(&here.address(""), &sentence(answer))
}

/// The phone, or what stands between, did not do it.
async fn not_done(here: Here, app: &App, typed: Typed, problem: &str) -> Answer {
    refused(here, app, typed, problem, StatusCode::CONFLICT).await
}

async fn refused(here: Here, app: &App, typed: Typed, problem: &str, status: StatusCode) -> Answer {
    let name = here.looked.phone().mac.device_name();
    let page = Overview {
        wrong: vec![sentence(problem)],
        act: typed,
        ..Overview::of(here.frame, app, &name).await?
    };
    page.frame.page_with(status, &page)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn each_line_is_a_thing_to_do() {
        assert_eq!(targets(" Key:Services \n\nPlay:Ring1.raw\n").unwrap().len(), 2);
        assert!(targets(" \n").unwrap_err().contains("Say what"));
        assert!(targets(&"Key:Services\n".repeat(13)).unwrap_err().contains("13 things"));
        assert!(targets("\u{1}").is_err());
    }
}
