//! `offhook trust show`: the state of trust and the list phones are given, or any list in a file.

use std::fmt;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use provision::mac::Mac;
use serde::Serialize;
use store::{Published, Store};
use wire::trust_list::{Kind, TrustList};

use super::view::ListView;
use crate::command::Context;
use crate::config::Resolved;
use crate::trust::{Reach, Trust, TrustState, calendar};

/// The largest list has 39 certificates.
const MOST_BYTES: u64 = 1 << 20;

/// Show who is given a trust list and what is in it, or what is in a list
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A trust list; without one, the list of this machine.
    file: Option<PathBuf>,
}

/// The state of trust as it is printed.
#[derive(Debug, Serialize)]
pub(super) struct StateView {
    trust: &'static str,
    phones: Vec<String>,
    changed: Option<String>,
    changed_by: Option<String>,
    version: String,
    digest: String,
}

/// The state and the list, for programs.
#[derive(Debug, Serialize)]
struct Whole<'a> {
    #[serde(flatten)]
    state: &'a StateView,
    list: Option<&'a ListView>,
    /// The number of the one that phones get.
    published: Option<i64>,
    problem: Option<String>,
    left_out: Vec<String>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        match &self.file {
            Some(file) => {
                let bytes = context.output.console.read(file, MOST_BYTES);
                let bytes = bytes.with_context(|| format!("{} could not be read", file.display()))?;
                let list = TrustList::parse(&bytes)
                    .with_context(|| format!("{} is not a trust list", file.display()))?;
                let view = ListView::new(&list, bytes.len());
                context.output.show(&view, &view)?;
                Ok(ExitCode::SUCCESS)
            }
            None => own(context),
        }
    }
}

/// The list of this machine, whether anybody is given it or not.
fn own(context: &Context) -> anyhow::Result<ExitCode> {
    let resolved = context.resolved()?;
    let current = Trust::of(&resolved).current()?;
    let state = StateView::new(&resolved, &current.state);
    let built = current.list(Kind::Itl, &resolved);
    let (view, problem) = match &built {
        Ok(list) => (Some(ListView::new(&TrustList::parse(&list.bytes)?, list.bytes.len())), None),
        Err(error) => (None, Some(error.to_string())),
    };
    let left_out = current.plan(resolved.trust.version).map(|plan| plan.left_out).unwrap_or_default();
    let left_out: Vec<String> = left_out.into_iter().map(|stored| stored.name.clone()).collect();
    let published = published(context, &resolved);
    let mut text = state.to_string();
    match &published {
        Some(last) if current.state.reach != Reach::Off => {
            let at = calendar::utc(last.at);
            text += &format!(
                "\nPhones get list {} of {at}. Below is the next: see `offhook trust plan`.",
                last.number
            );
        }
        _ => {}
    }
    match (&view, &problem) {
        (Some(view), _) => text += &format!("\n\n{view}"),
        (None, Some(problem)) => text += &format!("\n\nno list: {problem}"),
        (None, None) => {}
    }
    if !left_out.is_empty() {
        text += &format!(
            "\n\nleft out, because version {} holds no EC keys: {}",
            state.version,
            left_out.join(", ")
        );
    }
    let is_whole = problem.is_none();
    context.output.show(
        text,
        &Whole {
            state: &state,
            list: view.as_ref(),
            published: published.map(|last| last.number),
            problem,
            left_out,
        },
    )?;
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The list that phones get, if there is a database that knows of one; none is made for that.
fn published(context: &Context, resolved: &Resolved) -> Option<Published> {
    let asked = async {
        let store = Store::open(resolved.database.url()).await?;
        Ok(store.last_trust_list().await?)
    };
    context.block_on(asked).ok().flatten()
}

impl StateView {
    pub(super) fn new(resolved: &Resolved, state: &TrustState) -> Self {
        let (trust, phones) = match &state.reach {
            Reach::Off => ("off", Vec::new()),
            Reach::Everyone => ("everyone", Vec::new()),
            Reach::Phones(phones) => ("phones", phones.iter().copied().map(Mac::device_name).collect()),
        };
        Self {
            trust,
            phones,
            changed: state.changed.as_ref().map(|changed| changed.at.clone()),
            changed_by: state.changed.as_ref().map(|changed| changed.by.clone()),
            version: resolved.trust.version.to_string(),
            digest: resolved.trust.digest.to_string(),
        }
    }
}

impl fmt::Display for StateView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.trust {
            "off" => write!(f, "Trust is off: phones are given no trust list.")?,
            "everyone" => write!(f, "Trust is on: every phone is given a trust list.")?,
            _ => write!(f, "Trust is on for: {}", self.phones.join(" "))?,
        }
        if let (Some(at), Some(by)) = (&self.changed, &self.changed_by) {
            write!(f, "\nLast changed {at} by {by}.")?;
        }
        Ok(())
    }
}
