//! `offhook trust rollover`: leads from one SAST to another, by way of a list that both are in.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use serde_json::json;
use store::Published;

use super::office::{Office, told};
use super::plan::{View, totals};
use crate::command::Context;
use crate::trust::{Draft, Outlook, Purpose, Rollover, TrustState, calendar};

mod sast;

/// Lead phones from one SAST to another, by way of a list that both are in
///
/// A phone takes the next list from a SAST of the one it holds. So first a list is published that the old SAST signs and the
/// new one is in, too; when all phones have it, the new one signs the next, and the old one is out of it.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Start(Start),
    Status(Status),
    Finish(Finish),
    Abort(Abort),
}

/// Make a new SAST, and publish the list that both are in
#[derive(Debug, clap::Args)]
struct Start {
    /// Roll over to this one from `offhook cert list` instead of a new one.
    #[arg(long, value_name = "NAME")]
    to: Option<String>,
    /// How many phones may be lost.
    #[arg(long, value_name = "N", default_value_t = 0)]
    accept_loss: u64,
}

/// Show how far the roll-over is, and which phones are still to come
///
/// Exits 1 while phones would be lost by finishing.
#[derive(Debug, clap::Args)]
struct Status {}

/// Publish the list that the new SAST signs and the old one is no longer in
#[derive(Debug, clap::Args)]
struct Finish {
    /// How many phones may be lost.
    #[arg(long, value_name = "N", default_value_t = 0)]
    accept_loss: u64,
}

/// Go back: publish a list without the new SAST
#[derive(Debug, clap::Args)]
struct Abort {
    /// How many phones may be lost.
    #[arg(long, value_name = "N", default_value_t = 0)]
    accept_loss: u64,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        match self.verb {
            Verb::Start(args) => args.run(context),
            Verb::Status(args) => args.run(context),
            Verb::Finish(args) => args.run(context),
            Verb::Abort(args) => args.run(context),
        }
    }
}

impl Start {
    fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let office = Office::alone(context)?;
        let state = office.state()?;
        if state.released {
            bail!("lists let phones go at present: `offhook trust release --back` first");
        }
        let Some(last) = office.ask(office.store().last_trust_list())? else {
            bail!(
                "no list was published yet, so no phone knows the old SAST: `offhook trust enable` gives phones their first"
            );
        };
        if let Some(rollover) = &state.rollover {
            let new = sast::fingerprint(&office, &rollover.new)?;
            if last.contents.sasts.contains(&new) {
                bail!(
                    "a roll-over from {} to {} is under way since {}: see `offhook trust rollover status`",
                    rollover.old,
                    rollover.new,
                    rollover.since
                );
            }
            // It was interrupted before its list was published.
            let list = office.change(|_| (), Purpose::RolloverStart, &note(rollover), self.accept_loss)?;
            return begun(context, &list, rollover);
        }
        let before = sast::in_use(&office, &state)?;
        let old = before.first().context("no SAST is in the list")?.clone();
        let new = match self.to {
            Some(name) => sast::checked(&office, name, &old)?,
            None => sast::make(&office)?,
        };
        let rollover =
            Rollover { since: calendar::utc(calendar::now()), by: super::change::who(), old, new, before };
        let change = |state: &mut TrustState| {
            state.sasts = vec![rollover.old.clone(), rollover.new.clone()];
            state.rollover = Some(rollover.clone());
        };
        let list = office.change(change, Purpose::RolloverStart, &note(&rollover), self.accept_loss)?;
        begun(context, &list, &rollover)
    }
}

impl Status {
    fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let office = Office::open(context)?;
        let state = office.state()?;
        let Some(rollover) = &state.rollover else {
            let signer = sast::in_use(&office, &state)?.swap_remove(0);
            let text = format!("No roll-over is under way. {signer} signs trust lists.");
            context.output.show(text, &json!({ "rollover": null, "signer": signer }))?;
            return Ok(ExitCode::SUCCESS);
        };
        let last = office.ask(office.store().last_trust_list())?;
        let new = sast::fingerprint(&office, &rollover.new)?;
        let is_published = last.is_some_and(|last| last.contents.sasts.contains(&new));
        let (draft, outlook) = end(&office, &state, rollover)?;
        let history = office.ask(office.store().trust_lists())?;
        let lost = outlook.totals().lost;
        let is_ready = is_published && lost == 0;
        let next = match (is_published, lost) {
            (false, _) => {
                "Its first list is not published yet: `offhook trust rollover start` goes on with it."
                    .to_owned()
            }
            (true, 0) => "All phones are ready: `offhook trust rollover finish`.".to_owned(),
            (true, _) => {
                let lost: Vec<String> = outlook.lost().take(20).map(|row| row.mac.device_name()).collect();
                format!("Restart these, or leave them behind with --accept-loss: {}", lost.join(" "))
            }
        };
        let text = format!(
            "rollover   from {} to {}, begun {} by {}\nfinishing  {}\n\n{next}",
            rollover.old,
            rollover.new,
            rollover.since,
            rollover.by,
            totals(&outlook)
        );
        let value = json!({
            "rollover": rollover,
            "is_published": is_published,
            "is_ready": is_ready,
            "finish": View { draft: &draft, outlook: &outlook, history: &history }.value(),
        });
        context.output.show(text, &value)?;
        Ok(if is_ready { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

impl Finish {
    fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let office = Office::alone(context)?;
        let rollover = under_way(&office)?;
        let last = office.ask(office.store().last_trust_list())?;
        let new = sast::fingerprint(&office, &rollover.new)?;
        if !last.is_some_and(|last| last.contents.sasts.contains(&new)) {
            bail!(
                "no phone knows {} yet: the list that both SASTs are in is not published, and `offhook trust rollover \
                 start` publishes it",
                rollover.new
            );
        }
        let change = |state: &mut TrustState| finish(state, &rollover);
        let list = office.change(change, Purpose::RolloverFinish, &note(&rollover), self.accept_loss)?;
        context.output.remark(format!(
            "{} signs trust lists from now on. {} is in no list any more; `offhook cert remove {}` takes it off this machine",
            rollover.new, rollover.old, rollover.old
        ));
        told(context, &list, &json!({ "finished": rollover }))
    }
}

impl Abort {
    fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let office = Office::alone(context)?;
        let rollover = under_way(&office)?;
        let change = |state: &mut TrustState| {
            state.sasts.clone_from(&rollover.before);
            state.rollover = None;
        };
        let list = office.change(change, Purpose::RolloverAbort, &note(&rollover), self.accept_loss)?;
        context.output.remark(format!(
            "{} is in no list any more, and its key is still on this machine: `offhook cert remove {}`",
            rollover.new, rollover.new
        ));
        told(context, &list, &json!({ "aborted": rollover }))
    }
}

fn under_way(office: &Office) -> anyhow::Result<Rollover> {
    office.state()?.rollover.context("no roll-over is under way: `offhook trust rollover start` begins one")
}

/// The new one signs; the others of before but the old one stay.
fn finish(state: &mut TrustState, rollover: &Rollover) {
    let others = rollover.before.iter().filter(|name| **name != rollover.old && **name != rollover.new);
    state.sasts = std::iter::once(&rollover.new).chain(others.take(1)).cloned().collect();
    state.rollover = None;
}

/// The list that would finish it, and what phones would do with that.
fn end(office: &Office, state: &TrustState, rollover: &Rollover) -> anyhow::Result<(Draft, Outlook)> {
    let mut finished = state.clone();
    finish(&mut finished, rollover);
    let desk = office.desk();
    let current = desk.trust.current()?;
    let draft = Draft::next(&current.certificates, &finished, desk.resolved)?;
    let outlook = office.ask(Outlook::of(&draft, desk.store, desk.resolved, &current))?;
    Ok((draft, outlook))
}

fn note(rollover: &Rollover) -> String {
    format!("from {} to {}", rollover.old, rollover.new)
}

fn begun(context: &Context, list: &Published, rollover: &Rollover) -> anyhow::Result<ExitCode> {
    context.output.remark(
        "Restart all phones, so that they take it; `offhook trust rollover status` shows which are still to come, and \
         `offhook trust rollover finish` ends it",
    );
    told(context, list, &json!({ "rollover": rollover }))
}
