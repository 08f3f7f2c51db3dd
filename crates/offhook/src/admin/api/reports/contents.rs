//! What is in a problem report, as the API shows it.

use provision::complaints::{Finding, Line, Other};
use serde::Serialize;
use utoipa::ToSchema;

use crate::reports::{LeftOut, Looked, Member};

/// What is in a problem report, and what its logs complain about.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReportContents {
    /// The complaints in sentences.
    summary: Vec<String>,
    /// What the phone complains about, as far as offhook knows it.
    complaints: Vec<ComplaintView>,
    /// Other lines that sound like errors.
    other_errors: Vec<OtherError>,
    /// The files in it.
    files: Vec<MemberView>,
    /// What was left alone in it.
    left_out: Vec<LeftOutView>,
    /// Why it was not read to its end; null when it was.
    cut: Option<String>,
}

/// Something a phone complains about.
#[derive(Debug, Serialize, ToSchema)]
struct ComplaintView {
    /// Which complaint.
    id: &'static str,
    /// What it is about.
    about: &'static str,
    /// What it means.
    means: &'static str,
    /// What to do.
    advice: &'static str,
    /// How sure that is.
    certainty: String,
    /// In how many lines.
    count: u64,
    /// In which files.
    files: Vec<String>,
    /// The first line.
    first: LineOfLog,
    /// The last one.
    last: LineOfLog,
}

/// A line of a log.
#[derive(Debug, Serialize, ToSchema)]
struct LineOfLog {
    /// The file it is in.
    file: String,
    /// Its number there.
    line: u64,
    /// What it says.
    text: String,
}

/// Lines that sound like an error.
#[derive(Debug, Serialize, ToSchema)]
struct OtherError {
    /// How many of them.
    count: u64,
    /// The first.
    first: LineOfLog,
}

/// A file in a report.
#[derive(Debug, Serialize, ToSchema)]
struct MemberView {
    /// Its name there.
    name: String,
    /// How long it is.
    bytes: u64,
}

/// Something in a report that nobody opens.
#[derive(Debug, Serialize, ToSchema)]
struct LeftOutView {
    /// Its name, without what cannot be printed.
    name: String,
    /// Why.
    why: String,
}

impl ReportContents {
    pub(super) fn new(looked: Looked) -> Self {
        let summary = looked.told.sentences();
        let member = |Member { name, bytes }| MemberView { name, bytes };
        let left_out = |LeftOut { name, why }| LeftOutView { name, why };
        Self {
            summary,
            complaints: looked.told.findings.into_iter().map(ComplaintView::new).collect(),
            other_errors: looked.told.others.into_iter().map(OtherError::new).collect(),
            files: looked.members.into_iter().map(member).collect(),
            left_out: looked.left_out.into_iter().map(left_out).collect(),
            cut: looked.cut,
        }
    }
}

impl ComplaintView {
    fn new(finding: Finding) -> Self {
        let complaint = finding.complaint;
        Self {
            id: complaint.id,
            about: complaint.about,
            means: complaint.means,
            advice: complaint.advice,
            certainty: complaint.certainty.to_string(),
            count: finding.count,
            files: finding.files,
            first: LineOfLog::new(finding.first),
            last: LineOfLog::new(finding.last),
        }
    }
}

impl OtherError {
    fn new(other: Other) -> Self {
        Self { count: other.count, first: LineOfLog::new(other.first) }
    }
}

impl LineOfLog {
    fn new(line: Line) -> Self {
        Self { file: line.file, line: line.number, text: line.text }
    }
}
