//! `offhook trust rollover`: leads from one SAST to another, by way of a list that both are in.

use std::process::ExitCode;

use serde_json::json;

use super::office::{Office, told};
use super::plan::{View, totals};
use crate::command::Context;
use crate::trust::{Desk, Order, Progress};

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
        let work =
            async |desk: Desk<'_>, order: Order<'_>| desk.start_rollover(self.to.as_deref(), order).await;
        let (list, rollover) = office.order(self.accept_loss, work)?;
        context.output.remark(
            "Restart all phones, so that they take it; `offhook trust rollover status` shows which are still to come, \
             and `offhook trust rollover finish` ends it",
        );
        told(context, &list, &json!({ "rollover": rollover }))
    }
}

impl Status {
    fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let office = Office::open(context)?;
        let Some(progress) = office.wait(office.desk().rollover())? else {
            let signer = office.desk().list_signer()?;
            let text = format!("No roll-over is under way. {signer} signs trust lists.");
            context.output.show(text, &json!({ "rollover": null, "signer": signer }))?;
            return Ok(ExitCode::SUCCESS);
        };
        let Progress { rollover, is_published, draft, outlook } = &progress;
        let history = office.ask(office.store().trust_lists())?;
        let text = format!(
            "rollover   from {} to {}, begun {} by {}\nfinishing  {}\n\n{}",
            rollover.old,
            rollover.new,
            rollover.since,
            rollover.by,
            totals(outlook),
            next(&progress)
        );
        let value = json!({
            "rollover": rollover,
            "is_published": is_published,
            "is_ready": progress.is_ready(),
            "finish": View { draft, outlook, history: &history }.value(),
        });
        context.output.show(text, &value)?;
        Ok(if progress.is_ready() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// What is to be done about it.
fn next(progress: &Progress) -> String {
    if !progress.is_published {
        return "Its first list is not published yet: `offhook trust rollover start` goes on with it."
            .to_owned();
    }
    if progress.is_ready() {
        return "All phones are ready: `offhook trust rollover finish`.".to_owned();
    }
    let lost: Vec<String> = progress.outlook.lost().take(20).map(|row| row.mac.device_name()).collect();
    format!("Restart these, or leave them behind with --accept-loss: {}", lost.join(" "))
}

impl Finish {
    fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let office = Office::alone(context)?;
        let work = async |desk: Desk<'_>, order: Order<'_>| desk.finish_rollover(order).await;
        let (list, rollover) = office.order(self.accept_loss, work)?;
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
        let work = async |desk: Desk<'_>, order: Order<'_>| desk.abort_rollover(order).await;
        let (list, rollover) = office.order(self.accept_loss, work)?;
        context.output.remark(format!(
            "{} is in no list any more, and its key is still on this machine: `offhook cert remove {}`",
            rollover.new, rollover.new
        ));
        told(context, &list, &json!({ "aborted": rollover }))
    }
}
