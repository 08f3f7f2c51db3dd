//! `offhook lint`: look over files that anyone wrote for phones.

mod sarif;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use provision::lint::{Finding, Report, Severity, lint_file};
use provision::models::Model;
use serde_json::{Value, json};
use wire::signed::Signed;

use super::{Context, WrongUse, catalogue};

/// Look over configurations and lists for phones
///
/// Takes any SEP….cnf.xml, soft key file, dial template, feature policy, dial rules, ring list or list of wallpapers,
/// ring (.raw, .rwb) or picture (.png), signed or not, and tells what phones would stumble over: where, how sure that is, where the fact comes from, and
/// what to do. An error is sure, a warning was reported, a hint is a guess. docs/lint.md has every rule.
///
/// Exit codes: 0 no errors; 1 errors, or with --strict anything; 2 wrong use.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The files.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Also tell what this model cannot read: 8845, CP-7942G.
    #[arg(long)]
    model: Option<String>,
    /// Print SARIF, for code hosts and editors.
    #[arg(long)]
    sarif: bool,
    /// Warnings and hints also make the exit code 1.
    #[arg(long)]
    strict: bool,
}

/// No phone reads more than 4 MiB; one byte more is enough to see that.
const MOST_BYTES: u64 = (4 << 20) + 1;

/// A file and what was found in it.
#[derive(Debug)]
struct Looked<'a> {
    file: &'a Path,
    report: Report,
}

impl Args {
    /// Looks, prints, and fails if there is an error.
    pub fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        if self.sarif && context.output.is_json() {
            return Err(WrongUse("--sarif and --json exclude each other".to_owned()).into());
        }
        let model = self.model.as_deref().map(catalogue::model).transpose()?;
        let looked: Result<Vec<_>, _> = self.files.iter().map(|file| look(file, model)).collect();
        let looked = looked?;
        if self.sarif {
            context.output.value(&sarif::log(&looked))?;
        } else if context.output.is_json() {
            context.output.value(&machine(&looked))?;
        } else {
            print(&looked, context)?;
        }
        let limit = if self.strict { Severity::Hint } else { Severity::Error };
        let bad = looked.iter().any(|looked| looked.report.worst().is_some_and(|worst| worst >= limit));
        Ok(if bad { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

fn look<'a>(file: &'a Path, model: Option<&Model>) -> Result<Looked<'a>, WrongUse> {
    let mut bytes = Vec::new();
    let read = File::open(file).and_then(|open| open.take(MOST_BYTES).read_to_end(&mut bytes));
    match read {
        Ok(_) => {
            // Of a signed file, what is inside its signature; places count from there.
            let signed = Signed::parse(&bytes);
            let payload = signed.as_ref().map_or(&bytes[..], |signed| signed.payload);
            Ok(Looked { file, report: lint_file(&file.to_string_lossy(), payload, model) })
        }
        Err(error) => Err(WrongUse(format!("{} cannot be read: {error}", file.display()))),
    }
}

fn count(looked: &[Looked<'_>], severity: Severity) -> usize {
    let findings = looked.iter().flat_map(|looked| &looked.report.findings);
    findings.filter(|finding| finding.severity == severity).count()
}

fn print(looked: &[Looked<'_>], context: &Context) -> anyhow::Result<()> {
    for Looked { file, report } in looked {
        for finding in &report.findings {
            context.output.line(one(file, finding))?;
        }
        if report.findings.is_empty() {
            let kind = report.kind.map_or("file", |kind| kind.name());
            context.output.line(format!("{}: {kind}, nothing found", file.display()))?;
        }
    }
    let counted = [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Hint, "hint")];
    let counted = counted.map(|(severity, name)| match count(looked, severity) {
        1 => format!("1 {name}"),
        number => format!("{number} {name}s"),
    });
    if looked.iter().any(|looked| !looked.report.findings.is_empty()) {
        context.output.line(format!("\n{}", counted.join(", ")))?;
    }
    Ok(())
}

fn one(file: &Path, finding: &Finding) -> String {
    let Finding { rule, severity, place, message, fix, source } = finding;
    let where_ = format!("{}:{}:{}", file.display(), place.line, place.column);
    format!("{where_}: {severity}: {message} [{}]\n    → {fix} (known from: {source})", rule.id)
}

/// What `--json` prints.
fn machine(looked: &[Looked<'_>]) -> Value {
    let finding = |finding: &Finding| {
        json!({
            "rule": finding.rule.id,
            "severity": finding.severity.to_string(),
            "line": finding.place.line,
            "column": finding.place.column,
            "offset": finding.place.offset,
            "message": finding.message,
            "why": finding.rule.why,
            "fix": finding.fix,
            "source": finding.source,
        })
    };
    let file = |looked: &Looked<'_>| {
        json!({
            "file": looked.file.display().to_string(),
            "kind": looked.report.kind.map(|kind| kind.name()),
            "findings": looked.report.findings.iter().map(finding).collect::<Vec<_>>(),
        })
    };
    json!({
        "errors": count(looked, Severity::Error),
        "warnings": count(looked, Severity::Warning),
        "hints": count(looked, Severity::Hint),
        "files": looked.iter().map(file).collect::<Vec<_>>(),
    })
}
