//! An import as it is told, and as it is kept.

use provision::exchange::{self, Difference, Plan, Planned, Verdict};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// More than this of a list nobody reads.
pub(super) const TOLD: usize = 1000;

/// An import.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = Import)]
pub(super) struct JobView {
    /// Its number.
    pub(super) id: i64,
    /// `phones` or `contacts`.
    pub(super) what: String,
    /// Whose it is.
    pub(super) by: String,
    /// `waiting`, `working`, `done` or `failed`.
    pub(super) state: String,
    /// Whether it only tells what would change.
    pub(super) dry_run: bool,
    /// Since when there is this job.
    pub(super) begun: String,
    /// When it ended.
    pub(super) ended: Option<String>,
    /// How far it is.
    pub(super) progress: Progress,
    /// What came of it, when it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) result: Option<Outcome>,
    /// What is wrong with the file, when it failed; nothing was changed then.
    pub(super) faults: Vec<FaultView>,
    /// How many more things are wrong.
    pub(super) more_faults: usize,
    /// Why it failed, when it is not the file's fault.
    pub(super) problem: Option<String>,
}

/// How far a job is.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
pub(super) struct Progress {
    /// What it is at: `waiting`, `reading the file`, `reading the inventory`, `comparing`, `keeping`, `ended`.
    pub(super) step: String,
    /// Phones or contacts that the file has, as soon as that is known.
    pub(super) rows: Option<usize>,
}

/// What came of a job.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
pub(super) struct Outcome {
    pub(super) added: usize,
    pub(super) changed: usize,
    pub(super) unchanged: usize,
    pub(super) removed: usize,
    /// What should be known about how the file was read.
    pub(super) remarks: Vec<String>,
    /// What changes, phone by phone; at most a thousand.
    pub(super) phones: Vec<PlannedView>,
}

/// What becomes of one phone.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
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
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub(super) struct FieldChange {
    /// Which.
    field: String,
    /// What stands there now.
    from: Option<String>,
    /// What will stand there.
    to: Option<String>,
}

/// Something wrong in a file.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub(super) struct FaultView {
    /// The row or object it is in.
    row: u64,
    /// The column.
    column: String,
    /// Where, for people.
    place: String,
    /// What is wrong, and what would be right.
    pub(super) problem: String,
}

impl JobView {
    /// The same without its long lists.
    pub(super) fn short(mut self) -> Self {
        self.more_faults += self.faults.len();
        self.faults.clear();
        self.result.iter_mut().for_each(|outcome| outcome.phones.clear());
        self
    }
}

impl Outcome {
    pub(super) fn of(plan: &Plan) -> Self {
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
    pub(super) fn new(fault: &exchange::Fault) -> Self {
        Self {
            row: fault.place.number,
            column: fault.place.column.clone(),
            place: fault.place.to_string(),
            problem: fault.problem.clone(),
        }
    }
}
