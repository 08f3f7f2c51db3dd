//! `offhook trust restore`: a list of before once more.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use serde_json::json;

use super::change::who;
use super::office::{Office, told};
use crate::command::Context;
use crate::trust::{Draft, Outlook, Purpose, Request, calendar};

/// Publish a list of the history once more, signed anew
///
/// The certificates of the list are those of then. What is on disk does not change: the list after it is made of that again.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Its number, from `offhook trust history`.
    number: i64,
    /// How many phones may be lost.
    #[arg(long, value_name = "N", default_value_t = 0)]
    accept_loss: u64,
    /// What to remember about it.
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let office = Office::alone(context)?;
        let number = self.number;
        let list = office.ask(office.store().trust_list(number))?;
        let list = list.with_context(|| format!("there is no list {number}; see `offhook trust history`"))?;
        let last = office.ask(office.store().last_trust_list())?;
        let last = last.context("no list was published yet")?;
        if last.number == number {
            bail!("list {number} is the one that phones get");
        }
        let state = office.state()?;
        if let Some(rollover) = &state.rollover {
            bail!(
                "a roll-over from {} to {} is under way: finish or abort it first",
                rollover.old,
                rollover.new
            );
        }
        let desk = office.desk();
        let current = desk.trust.current()?;
        let draft = Draft::again(
            &list.bytes,
            &list.certificates,
            &last.contents.sasts,
            &current.certificates,
            desk.resolved,
        )?;
        let outlook = office.ask(Outlook::of(&draft, desk.store, desk.resolved, &current))?;
        let (by, usual) = (who(), format!("list {number} once more"));
        let request = Request {
            purpose: Purpose::Restore,
            note: self.note.as_deref().unwrap_or(&usual),
            by: &by,
            now: calendar::now(),
            accept_loss: self.accept_loss,
        };
        let published = office.wait(desk.publish(&draft, &outlook, &request))?;
        let signer = current.certificates.file_signer()?.certificate.sha256_hex();
        let signs_by_it =
            list.certificates.iter().any(|one| one.sha256 == signer && one.role.contains("TFTP"));
        if !signs_by_it && !draft.contents.releases() {
            context.output.remark(
                "the certificate that signs files now is not in that list: phones have to ask the trust verification \
                 service about every file",
            );
        }
        told(context, &published, &json!({ "restored": number }))
    }
}
