//! `offhook report show`: what a phone complained about, in plain words and in its own.

use std::fmt::Write as _;
use std::process::ExitCode;

use provision::complaints::Line;
use store::Report;

use super::{file, size, utc, value};
use crate::command::Context;
use crate::command::stock::Stock;
use crate::reports::{self, Looked};

/// Show what a phone complains about in a report, in plain words and in its own
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The number of the report: the first column of `offhook report list`.
    number: i64,
    /// Also name every file in it.
    #[arg(long)]
    files: bool,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let (report, path) = file(&stock, self.number)?;
        let looked = reports::look(&path)?;
        let mut told = value(&report);
        if let (Some(told), serde_json::Value::Object(more)) = (told.as_object_mut(), looked.value()) {
            told.insert("contents".to_owned(), more.into());
        }
        context.output.show(text(&report, &looked, self.files), &told)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn text(report: &Report, looked: &Looked, files: bool) -> String {
    let mut text = format!("{}, {}, {}\n", report.mac.device_name(), utc(report.at), size(report.bytes));
    let about = [
        ("user", &report.user),
        ("serial number", &report.serial),
        ("from", &report.source),
        ("note", &report.note),
    ];
    for (name, value) in about.into_iter().filter(|(_, value)| !value.is_empty()) {
        let _ = writeln!(text, "{name:<13}  {value}");
    }
    if let Some(cut) = &looked.cut {
        let _ = writeln!(text, "\nNot all of it could be read: {cut}.");
    }
    if looked.told.findings.is_empty() {
        let _ = writeln!(text, "\nNothing in it is a complaint that offhook knows.");
    }
    for (finding, sentence) in looked.told.findings.iter().zip(looked.told.sentences()) {
        let _ = write!(text, "\n{sentence}\n  What to do: {}.\n", finding.complaint.advice);
        let _ = writeln!(text, "  {}", line(&finding.first));
        if finding.last != finding.first {
            let _ = writeln!(text, "  {}", line(&finding.last));
        }
    }
    if !looked.told.others.is_empty() {
        let _ = writeln!(text, "\nOther lines that sound like errors:");
    }
    for other in &looked.told.others {
        let times = if other.count > 1 { format!(" ({} times)", other.count) } else { String::new() };
        let _ = writeln!(text, "  {}{times}", line(&other.first));
    }
    if files {
        let _ = writeln!(text, "\nFiles:");
    }
    for member in looked.members.iter().filter(|_| files) {
        let _ = writeln!(text, "  {:>10}  {}", size(member.bytes.cast_signed()), member.name);
    }
    for left in &looked.left_out {
        let _ = writeln!(text, "\nLeft alone: {}, for {}.", left.name, left.why);
    }
    text.trim_end().to_owned()
}

fn line(line: &Line) -> String {
    format!("{}:{}  {}", line.file, line.number, line.text)
}
