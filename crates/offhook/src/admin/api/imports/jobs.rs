//! Jobs: one works at a time, some wait. What is told of each is kept in the database, so that any server can tell it, and
//! so that a request that is sent again is known after a restart, too.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use store::{Begun, Job, Store};

use super::super::office::TIMES;
use super::super::problem::{Kind, Problem};
use super::view::{FaultView, JobView, Outcome, Progress, TOLD};
use super::work::{Failed, Work, digest, once};
use crate::trust::calendar;

/// So many may wait: each holds the file it was given.
const MOST_WAITING: usize = 4;
/// So often a server says that it is still there.
const BEAT: Duration = Duration::from_secs(5);
/// Whoever said nothing for so many seconds is not there any more.
const SILENT: i64 = 30;

/// The jobs that this server works on.
#[derive(Default)]
pub(super) struct Jobs {
    /// How many are not over.
    going_on: AtomicUsize,
    /// Whoever has it works.
    turn: tokio::sync::Mutex<()>,
}

impl Jobs {
    /// Begins a job, or gives the one that the same request began, in whatever server.
    pub(super) async fn begin(
        self: &Arc<Self>,
        store: Store,
        by: &str,
        key: Option<String>,
        work: Work,
        dry_run: bool,
    ) -> Result<JobView, Problem> {
        let place = Place::take(self.clone());
        let mut view = JobView {
            id: 0,
            what: if matches!(work, Work::Phones { .. }) { "phones" } else { "contacts" }.to_owned(),
            by: by.to_owned(),
            state: "waiting".to_owned(),
            dry_run,
            begun: calendar::utc(calendar::now()),
            ended: None,
            progress: Progress { step: "waiting".to_owned(), rows: None },
            result: None,
            faults: Vec::new(),
            more_faults: 0,
            problem: None,
        };
        let digest = digest(&work, dry_run).to_vec();
        let key = key.map(|key| format!("{by} {key}"));
        if place.is_none() && !is_known(&store, key.as_deref()).await? {
            let text = format!("{MOST_WAITING} imports wait already");
            return Err(Problem::new(Kind::Unavailable, text).retry_after(10));
        }
        let job = Job { id: 0, key, digest, beat: calendar::now(), ended: None, told: text(&view) };
        match (store.begin_job(&job).await?, place) {
            (Begun::Known(known), _) if known.digest == job.digest => told(&known),
            (Begun::Known(_), _) => {
                let text = "that Idempotency-Key was used for something else: take another one";
                Err(Problem::new(Kind::Invalid, text))
            }
            (Begun::New(id), place) => {
                view.id = id;
                let telling = Telling { store, view: Mutex::new(view.clone()) };
                let jobs = self.clone();
                tokio::spawn(async move {
                    jobs.work(telling, work, dry_run).await;
                    drop(place);
                });
                Ok(view)
            }
        }
    }

    async fn work(&self, telling: Telling, work: Work, dry_run: bool) {
        let alive = async {
            loop {
                tokio::time::sleep(BEAT).await;
                // Whether it can be told or not, the work goes on.
                let _ = telling.store.job_goes_on(telling.id(), calendar::now()).await;
            }
        };
        let whole = async {
            let _turn = self.turn.lock().await;
            telling.tell(|view| view.state = "working".to_owned()).await;
            let work = Arc::new(work);
            let mut ended = Err(Failed::Overtaken);
            for _ in 0..TIMES {
                ended = once(&telling.store, &work, dry_run, &telling).await;
                if !matches!(ended, Err(Failed::Overtaken)) {
                    break;
                }
            }
            telling.end(ended).await;
        };
        tokio::select! {
            () = whole => {}
            () = alive => {}
        }
    }
}

/// Whether a key is that of a job; a request that is sent again needs no place.
async fn is_known(store: &Store, key: Option<&str>) -> Result<bool, Problem> {
    let Some(key) = key else { return Ok(false) };
    Ok(store.jobs().await?.iter().any(|job| job.key.as_deref() == Some(key)))
}

/// One of the places for jobs that are not over.
struct Place(Arc<Jobs>);

impl Place {
    fn take(jobs: Arc<Jobs>) -> Option<Self> {
        let more = |count| (count <= MOST_WAITING).then_some(count + 1);
        let taken = jobs.going_on.fetch_update(Ordering::AcqRel, Ordering::Acquire, more);
        taken.is_ok().then_some(Self(jobs))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.going_on.fetch_sub(1, Ordering::AcqRel);
    }
}

/// What is told of a job, and where that is kept.
pub(super) struct Telling {
    store: Store,
    view: Mutex<JobView>,
}

impl Telling {
    fn id(&self) -> i64 {
        self.view.lock().unwrap_or_else(PoisonError::into_inner).id
    }

    /// What it is at now, and how many things the file has, once that is known.
    pub(super) async fn step(&self, step: &'static str, rows: Option<usize>) {
        self.tell(|view| {
            view.progress.step = step.to_owned();
            view.progress.rows = rows.or(view.progress.rows);
        })
        .await;
    }

    async fn tell(&self, change: impl FnOnce(&mut JobView)) {
        let (id, told, ended) = {
            let mut view = self.view.lock().unwrap_or_else(PoisonError::into_inner);
            change(&mut view);
            (view.id, text(&view), view.ended.is_some().then(calendar::now))
        };
        if let Err(error) = self.store.job_is(id, &told, ended, calendar::now()).await {
            tracing::warn!(job = id, %error, "how far an import is could not be written down");
        }
    }

    async fn end(&self, ended: Result<Outcome, Failed>) {
        self.tell(|view| {
            view.ended = Some(calendar::utc(calendar::now()));
            view.progress.step = "ended".to_owned();
            view.state = if ended.is_ok() { "done" } else { "failed" }.to_owned();
            match ended {
                Ok(outcome) => view.result = Some(outcome),
                Err(Failed::Faults(faults)) => {
                    view.more_faults = faults.more + faults.list.len().saturating_sub(TOLD);
                    view.faults = faults.list.iter().take(TOLD).map(FaultView::new).collect();
                }
                Err(Failed::Overtaken) => {
                    view.problem = Some("others kept changing the inventory; try again".to_owned());
                }
                Err(Failed::Problem(problem)) => view.problem = Some(problem),
            }
        })
        .await;
    }
}

fn text(view: &JobView) -> String {
    serde_json::to_string(view).expect("a job is texts and numbers")
}

/// A job as it is told now. That of a server that is gone came to an end with it.
pub(super) fn told(job: &Job) -> Result<JobView, Problem> {
    let unreadable = |error: serde_json::Error| super::super::problem::failed(&error);
    let mut view = JobView { id: job.id, ..serde_json::from_str(&job.told).map_err(unreadable)? };
    if job.ended.is_none() && job.beat + SILENT < calendar::now() {
        view.problem = Some(match view.progress.step.as_str() {
            "keeping" => {
                "the server that worked on it is gone; whether it was kept, the inventory and the audit tell"
                    .to_owned()
            }
            _ => "the server that worked on it is gone; nothing was changed".to_owned(),
        });
        view.state = "failed".to_owned();
        view.ended = Some(calendar::utc(job.beat));
        view.progress.step = "ended".to_owned();
    }
    Ok(view)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn job(step: &str, beat: i64) -> Job {
        let progress = Progress { step: step.to_owned(), rows: Some(2) };
        let view = JobView {
            id: 0,
            what: "phones".to_owned(),
            by: "token billing".to_owned(),
            state: "working".to_owned(),
            dry_run: false,
            begun: "2026-01-31 13:45:00 UTC".to_owned(),
            ended: None,
            progress,
            result: None,
            faults: Vec::new(),
            more_faults: 0,
            problem: None,
        };
        Job { id: 7, key: None, digest: Vec::new(), beat, ended: None, told: text(&view) }
    }

    #[test]
    fn a_job_ends_with_its_server() {
        let now = calendar::now();
        let (goes_on, gone) =
            (told(&job("comparing", now)).unwrap(), told(&job("comparing", now - 60)).unwrap());
        assert_eq!((goes_on.id, goes_on.state.as_str(), goes_on.ended), (7, "working", None));
        assert_eq!((gone.state.as_str(), gone.progress.step.as_str()), ("failed", "ended"));
        assert!(gone.problem.unwrap().contains("nothing was changed"));
        let unsure = told(&job("keeping", now - 60)).unwrap();
        assert!(unsure.problem.unwrap().contains("the audit"));
    }
}
