//! `offhook doctor`: look at this machine and play a phone, and say what to fix.

use std::collections::BTreeMap;
use std::fs;
use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::json;

use super::check;
use super::{Context, WrongUse};
use crate::doctor::{Chapter, Finding, Level, Site, examine};

/// Look for what keeps phones from being served, and say what to fix
///
/// Looks at files, certificates, database, disk, clock, name, ports, firewall and those offhook asks, then asks every listener of the
/// running server as a phone does. Each finding says what to do. Nothing is changed. Exits 1 if something is wrong.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Take the addresses of the listeners from what `offhook serve --ready-file` wrote, and not from the settings.
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
    /// Only look, and ask no listener.
    #[arg(long)]
    without_phone: bool,
}

#[derive(Deserialize)]
struct Ready {
    listeners: BTreeMap<String, Vec<SocketAddr>>,
}

impl Args {
    /// Looks, prints, and fails if something is wrong.
    pub fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let bound = self.ready_file.as_ref().map(bound).transpose()?;
        let (settings, resolved) = check::settings(context);
        let settings: Vec<Finding> = settings.into_iter().map(Finding::from).collect();
        let first = Chapter { subject: "Settings", findings: settings };
        let rest = resolved.map(|resolved| examine(Site { resolved, bound }, !self.without_phone));
        let mut chapters = Vec::new();
        for chapter in std::iter::once(first).chain(rest.into_iter().flatten()) {
            if !chapter.findings.is_empty() {
                context.output.line(Shown(&chapter, std::io::stdout().is_terminal()))?;
                chapters.push(chapter);
            }
        }
        let count =
            |level| chapters.iter().flat_map(|c| &c.findings).filter(|found| found.level == level).count();
        let (wrong, notes) = (count(Level::Wrong), count(Level::Note));
        if context.output.is_json() {
            context.output.value(&json!({ "wrong": wrong, "notes": notes, "chapters": chapters }))?;
        }
        context.output.line(match (wrong, notes) {
            (0, 0) => "All is well.".to_owned(),
            (0, notes) => format!("Nothing is wrong; {} worth a look.", things(notes, "is", "are")),
            (wrong, notes) => {
                format!("{} wrong, {} worth a look.", things(wrong, "is", "are"), things(notes, "is", "are"))
            }
        })?;
        Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn things(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 thing {one}") } else { format!("{count} things {many}") }
}

fn bound(path: &PathBuf) -> anyhow::Result<BTreeMap<String, Vec<SocketAddr>>> {
    let shown = path.display();
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {shown}; does the server run?"))?;
    let ready: Ready = serde_json::from_str(&text)
        .map_err(|error| WrongUse(format!("{shown} is no file of `offhook serve --ready-file`: {error}")))?;
    Ok(ready.listeners)
}

/// A chapter for people; in colour at a terminal, unless NO_COLOR is set.
struct Shown<'a>(&'a Chapter, bool);

impl std::fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(chapter, terminal) = self;
        let colour = *terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        writeln!(f, "{}", chapter.subject)?;
        for finding in &chapter.findings {
            let code = match finding.level {
                Level::Good => "32",
                Level::Note => "33",
                Level::Wrong => "31",
            };
            let sign = if colour {
                format!("\x1b[{code}m{}\x1b[0m", finding.level)
            } else {
                finding.level.to_string()
            };
            writeln!(f, "  {sign} {}", finding.text)?;
            if let Some(advice) = &finding.advice {
                writeln!(f, "    → {advice}")?;
            }
        }
        Ok(())
    }
}
