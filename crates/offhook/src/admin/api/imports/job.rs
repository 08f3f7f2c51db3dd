//! Jobs: one works at a time, some wait, and what came of the last ones is remembered.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use provision::exchange::{self, Difference, Faults, Format, Options, Plan, Planned, Verdict};
use provision::inventory::Change;
use provision::phonebook;
use serde::Serialize;
use store::Store;
use utoipa::ToSchema;

use super::super::office::TIMES;
use super::super::problem::{Kind, Problem};
use crate::edit::{Editor, bulk};
use crate::trust::calendar;

/// So many jobs are remembered; each holds at most a thousand faults and differences.
const REMEMBERED: usize = 50;
/// So many may wait: each holds the file it was given.
const MOST_WAITING: usize = 4;
/// More than this of a list nobody reads.
const TOLD: usize = 1000;

/// What is to be imported.
pub(super) enum Work {
    Phones { bytes: Bytes, format: Format, skip_unknown: bool },
    Contacts { bytes: Bytes, format: phonebook::Format, skip_unknown: bool, book: String, replace: bool },
}

/// An import.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Import)]
pub(super) struct JobView {
    /// Its number.
    id: u64,
    /// `phones` or `contacts`.
    what: &'static str,
    /// Whose it is.
    by: String,
    /// `waiting`, `working`, `done` or `failed`.
    state: &'static str,
    /// Whether it only tells what would change.
    dry_run: bool,
    /// Since when there is this job.
    begun: String,
    /// When it ended.
    ended: Option<String>,
    /// How far it is.
    progress: Progress,
    /// What came of it, when it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Outcome>,
    /// What is wrong with the file, when it failed; nothing was changed then.
    faults: Vec<FaultView>,
    /// How many more things are wrong.
    more_faults: usize,
    /// Why it failed, when it is not the file's fault.
    problem: Option<String>,
}

/// How far a job is.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub(super) struct Progress {
    /// What it is at: `waiting`, `reading the file`, `reading the inventory`, `comparing`, `keeping`, `ended`.
    step: &'static str,
    /// Phones or contacts that the file has, as soon as that is known.
    rows: Option<usize>,
}

/// What came of a job.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub(super) struct Outcome {
    added: usize,
    changed: usize,
    unchanged: usize,
    removed: usize,
    /// What should be known about how the file was read.
    remarks: Vec<String>,
    /// What changes, phone by phone; at most a thousand.
    phones: Vec<PlannedView>,
}

/// What becomes of one phone.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct PlannedView {
    /// The phone.
    phone: String,
    /// Its row in the file.
    row: u64,
    /// `added` or `changed`.
    verdict: String,
    /// Field by field; of passwords only that they change.
    differences: Vec<FieldChange>,
}

/// A field that changes.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct FieldChange {
    /// Which.
    field: String,
    /// What stands there now.
    from: Option<String>,
    /// What will stand there.
    to: Option<String>,
}

/// Something wrong in a file.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct FaultView {
    /// The row or object it is in.
    row: u64,
    /// The column.
    column: String,
    /// Where, for people.
    place: String,
    /// What is wrong, and what would be right.
    problem: String,
}

impl JobView {
    pub(super) fn id(&self) -> u64 {
        self.id
    }

    fn is_over(&self) -> bool {
        self.ended.is_some()
    }
}

/// A job, and by what its request is known again.
struct Job {
    view: JobView,
    key: Option<(String, [u8; 32])>,
}

/// All jobs of this run.
#[derive(Default)]
pub(super) struct Jobs {
    list: Mutex<Kept>,
    /// Whoever has it works.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Kept {
    last: u64,
    jobs: VecDeque<Job>,
}

impl Jobs {
    /// Begins a job, or gives the one that the same request began.
    pub(super) fn begin(
        self: &Arc<Self>,
        store: Store,
        by: &str,
        key: Option<String>,
        work: Work,
        dry_run: bool,
    ) -> Result<JobView, Problem> {
        let asked = key.map(|key| (format!("{by} {key}"), digest(&work, dry_run)));
        let mut kept = self.kept();
        if let Some((key, digest)) = &asked {
            let same = |job: &&Job| job.key.as_ref().is_some_and(|known| known.0 == *key);
            if let Some(job) = kept.jobs.iter().find(same) {
                if job.key.as_ref().is_some_and(|known| known.1 == *digest) {
                    return Ok(job.view.clone());
                }
                let text = "that Idempotency-Key was used for something else: take another one";
                return Err(Problem::new(Kind::Invalid, text));
            }
        }
        if kept.jobs.iter().filter(|job| !job.view.is_over()).count() > MOST_WAITING {
            let text = format!("{MOST_WAITING} imports wait already");
            return Err(Problem::new(Kind::Unavailable, text).retry_after(10));
        }
        kept.last += 1;
        let view = JobView {
            id: kept.last,
            what: if matches!(work, Work::Phones { .. }) { "phones" } else { "contacts" },
            by: by.to_owned(),
            state: "waiting",
            dry_run,
            begun: calendar::utc(calendar::now()),
            ended: None,
            progress: Progress { step: "waiting", rows: None },
            result: None,
            faults: Vec::new(),
            more_faults: 0,
            problem: None,
        };
        kept.jobs.push_front(Job { view: view.clone(), key: asked });
        while kept.jobs.len() > REMEMBERED && kept.jobs.back().is_some_and(|job| job.view.is_over()) {
            kept.jobs.pop_back();
        }
        drop(kept);
        let (jobs, id) = (self.clone(), view.id);
        tokio::spawn(async move { jobs.work(id, store, work, dry_run).await });
        Ok(view)
    }

    /// All jobs, the newest first, without their long lists.
    pub(super) fn all(&self) -> Vec<JobView> {
        let short = |job: &Job| {
            let mut view = job.view.clone();
            view.more_faults += view.faults.len();
            view.faults.clear();
            view.result.iter_mut().for_each(|outcome| outcome.phones.clear());
            view
        };
        self.kept().jobs.iter().map(short).collect()
    }

    /// One job.
    pub(super) fn one(&self, id: u64) -> Option<JobView> {
        self.kept().jobs.iter().find(|job| job.view.id == id).map(|job| job.view.clone())
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, id: u64, change: impl FnOnce(&mut JobView)) {
        if let Some(job) = self.kept().jobs.iter_mut().find(|job| job.view.id == id) {
            change(&mut job.view);
        }
    }

    async fn work(&self, id: u64, store: Store, work: Work, dry_run: bool) {
        let _turn = self.turn.lock().await;
        self.note(id, |view| view.state = "working");
        let work = Arc::new(work);
        let step = |step, rows: Option<usize>| {
            self.note(id, |view| {
                view.progress.step = step;
                view.progress.rows = rows.or(view.progress.rows);
            });
        };
        let mut ended = Err(Failed::Overtaken);
        for _ in 0..TIMES {
            ended = once(&store, &work, dry_run, &step).await;
            if !matches!(ended, Err(Failed::Overtaken)) {
                break;
            }
        }
        self.note(id, |view| {
            view.ended = Some(calendar::utc(calendar::now()));
            view.progress.step = "ended";
            view.state = if ended.is_ok() { "done" } else { "failed" };
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
        });
    }
}

/// What makes two requests the same.
fn digest(work: &Work, dry_run: bool) -> [u8; 32] {
    let (bytes, rest) = match work {
        Work::Phones { bytes, format, skip_unknown } => {
            (bytes, format!("phones {format} {skip_unknown} {dry_run}\n"))
        }
        Work::Contacts { bytes, format, skip_unknown, book, replace } => {
            (bytes, format!("contacts {format:?} {skip_unknown} {book:?} {replace} {dry_run}\n"))
        }
    };
    let mut all = rest.into_bytes();
    all.extend_from_slice(&pki::digest::sha256(bytes));
    pki::digest::sha256(&all)
}

/// Why a job came to nothing.
enum Failed {
    Faults(Faults),
    Overtaken,
    Problem(String),
}

impl From<Faults> for Failed {
    fn from(faults: Faults) -> Self {
        Self::Faults(faults)
    }
}

impl From<crate::edit::Error> for Failed {
    fn from(error: crate::edit::Error) -> Self {
        if error.is_overtaken() {
            return Self::Overtaken;
        }
        // What the database says of itself is the log's business.
        let problem = Problem::from(error);
        Self::Problem(problem.detail().to_owned())
    }
}

impl From<store::Error> for Failed {
    fn from(error: store::Error) -> Self {
        crate::edit::Error::from(error).into()
    }
}

async fn once(
    store: &Store,
    work: &Arc<Work>,
    dry_run: bool,
    step: &impl Fn(&'static str, Option<usize>),
) -> Result<Outcome, Failed> {
    let editor = Editor::begin(store.clone()).await?;
    let (changes, outcome) = match &**work {
        Work::Phones { .. } => phones(&editor, work, step).await?,
        Work::Contacts { .. } => contacts(&editor, work, step).await?,
    };
    if !dry_run && !changes.is_empty() {
        step("keeping", None);
        editor.change(&changes).await?;
    }
    Ok(outcome)
}

/// Does what takes long without holding up anybody.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failed> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Failed::Problem(format!("the import broke off: {error}")))
}

async fn phones(
    editor: &Editor,
    work: &Arc<Work>,
    step: &impl Fn(&'static str, Option<usize>),
) -> Result<(Vec<Change>, Outcome), Failed> {
    step("reading the file", None);
    let own = work.clone();
    let sheet = aside(move || match &*own {
        Work::Phones { bytes, format, skip_unknown } => {
            exchange::read(bytes, *format, Options { skip_unknown: *skip_unknown })
        }
        Work::Contacts { .. } => Ok(exchange::Sheet::default()),
    });
    let sheet = sheet.await??;
    step("reading the inventory", Some(sheet.rows.len()));
    let known = bulk::phones(&editor.store, |_| ()).await?;
    step("comparing", None);
    let remarks = sheet.remarks.clone();
    let plan = aside(move || exchange::plan(&sheet, &known)).await??;
    let outcome = Outcome { remarks, ..Outcome::of(&plan) };
    Ok((plan.changes, outcome))
}

async fn contacts(
    editor: &Editor,
    work: &Arc<Work>,
    step: &impl Fn(&'static str, Option<usize>),
) -> Result<(Vec<Change>, Outcome), Failed> {
    step("reading the file", None);
    let own = work.clone();
    let sheet = aside(move || match &*own {
        Work::Contacts { bytes, format, skip_unknown, book, .. } => {
            phonebook::read(bytes, *format, phonebook::Options { book, skip_unknown: *skip_unknown })
        }
        Work::Phones { .. } => Ok(phonebook::Sheet::default()),
    });
    let sheet = sheet.await??;
    step("reading the inventory", Some(sheet.contacts.len()));
    let known = bulk::contacts(&editor.store).await?;
    step("comparing", None);
    let replace = matches!(&**work, Work::Contacts { replace: true, .. });
    let remarks = sheet.remarks.clone();
    let plan = aside(move || phonebook::plan(&sheet, &known, replace)).await??;
    let outcome = Outcome {
        added: plan.added,
        changed: plan.changed,
        unchanged: plan.same,
        removed: plan.removed,
        remarks,
        phones: Vec::new(),
    };
    Ok((plan.changes, outcome))
}

impl Outcome {
    fn of(plan: &Plan) -> Self {
        let count = |verdict| plan.phones.iter().filter(|planned| planned.verdict == verdict).count();
        let told = plan.phones.iter().filter(|planned| planned.verdict != Verdict::Unchanged);
        Self {
            added: count(Verdict::Added),
            changed: count(Verdict::Changed),
            unchanged: count(Verdict::Unchanged),
            removed: 0,
            remarks: Vec::new(),
            phones: told.take(TOLD).map(PlannedView::new).collect(),
        }
    }
}

impl PlannedView {
    fn new(planned: &Planned) -> Self {
        let change = |one: &Difference| FieldChange {
            field: one.field.to_string(),
            from: one.from.clone(),
            to: one.to.clone(),
        };
        Self {
            phone: planned.mac.device_name(),
            row: planned.place.number,
            verdict: planned.verdict.to_string(),
            differences: planned.differences.iter().map(change).collect(),
        }
    }
}

impl FaultView {
    fn new(fault: &exchange::Fault) -> Self {
        Self {
            row: fault.place.number,
            column: fault.place.column.clone(),
            place: fault.place.to_string(),
            problem: fault.problem.clone(),
        }
    }
}
