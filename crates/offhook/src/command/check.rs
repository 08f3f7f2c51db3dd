//! `offhook check`: look at everything a start needs, and at what would keep phones from booting.

mod certificates;
mod database;
mod enrolments;
mod files;
mod keys;
mod ports;
mod settings;

use std::fmt;
use std::process::ExitCode;

use serde::Serialize;

use super::Context;
use crate::config::Resolved;

/// Look for what would keep phones from booting
///
/// Looks at the configuration, the directories, the document root, the certificates, enrolment, the inventory, the ports and the
/// disk. Each finding says what to do. Exits 1 if something was found.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    pub(crate) level: Level,
    subject: &'static str,
    pub(crate) text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) advice: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Level {
    /// As it should be.
    Ok,
    /// Worth knowing; no reason to fail.
    Note,
    /// Phones will not get what they need.
    Problem,
}

impl Finding {
    fn ok(subject: &'static str, text: impl Into<String>) -> Self {
        Self { level: Level::Ok, subject, text: text.into(), advice: None }
    }

    fn note(subject: &'static str, text: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { level: Level::Note, subject, text: text.into(), advice: Some(advice.into()) }
    }

    fn problem(subject: &'static str, text: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { level: Level::Problem, subject, text: text.into(), advice: Some(advice.into()) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Ok => "ok",
            Level::Note => "note",
            Level::Problem => "PROBLEM",
        };
        write!(f, "{level:<9}{:<16}{}", self.subject, self.text)?;
        match &self.advice {
            Some(advice) => write!(f, "\n{:25}→ {advice}", ""),
            None => Ok(()),
        }
    }
}

impl Args {
    /// Looks, prints, and fails if there is a problem.
    pub fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let findings = look(context);
        let problems = findings.iter().filter(|finding| finding.level == Level::Problem).count();
        if context.output.is_json() {
            context.output.value(&serde_json::json!({ "problems": problems, "findings": findings }))?;
        } else {
            for finding in &findings {
                context.output.line(finding)?;
            }
            context.output.line(match problems {
                0 => "\nNothing stands in the way.".to_owned(),
                1 => "\n1 problem was found.".to_owned(),
                many => format!("\n{many} problems were found."),
            })?;
        }
        Ok(if problems == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// A part of what is looked at, for the doctor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Files,
    Disk,
    Certificates,
    Enrolments,
    Database,
}

/// What is said about the settings; and the settings, if they can be used.
pub(crate) fn settings(context: &Context) -> (Vec<Finding>, Option<Resolved>) {
    settings::look(context)
}

/// What is said about one part.
pub(crate) fn part(part: Part, resolved: &Resolved) -> Vec<Finding> {
    let reader = files::Reader::of(resolved);
    match part {
        Part::Files => {
            let data_dir = files::data_dir(resolved, &reader);
            std::iter::once(data_dir).chain(files::document_root(resolved, &reader)).collect()
        }
        Part::Disk => files::disk(resolved).into_iter().collect(),
        Part::Certificates => certificates::look(resolved, &reader),
        Part::Enrolments => enrolments::look(resolved),
        Part::Database => database::look(resolved),
    }
}

fn look(context: &Context) -> Vec<Finding> {
    let (mut findings, resolved) = settings::look(context);
    // Without settings there is nothing else to look at.
    if let Some(resolved) = resolved {
        let reader = files::Reader::of(&resolved);
        findings.push(files::data_dir(&resolved, &reader));
        findings.extend(files::document_root(&resolved, &reader));
        findings.extend(files::disk(&resolved));
        findings.extend(certificates::look(&resolved, &reader));
        findings.extend(keys::look(&resolved));
        findings.extend(enrolments::look(&resolved));
        findings.extend(database::look(&resolved));
        findings.extend(ports::look(&resolved));
    }
    findings
}
