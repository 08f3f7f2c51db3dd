//! `offhook trust release`: lets phones follow another call manager, and takes them back.

use std::process::ExitCode;

use anyhow::bail;
use serde_json::json;

use super::change::confirmed;
use super::office::{Office, told};
use crate::command::Context;
use crate::trust::Purpose;

const RELEASE: &str = "\
The list that is published now holds no certificate that signs files and none that vouches for others. A phone that took it
takes unsigned files from anybody and believes the next trust list, whoever signs it: that is how it moves to another call
manager without anybody at the phone. HTTPS services do not work for it meanwhile, and 6971 is not used.

Only phones that restart take it. `offhook trust release --back` ends it.";

const BACK: &str = "\
The list that is published now holds phones to this call manager again: those that took the one that let them go take it
as any list, and ask for signed files from then on.";

/// Publish a list that lets phones follow another call manager, or the one that ends that
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// End it: phones are held to this call manager again.
    #[arg(long)]
    back: bool,
    /// How many phones may be lost.
    #[arg(long, value_name = "N", default_value_t = 0)]
    accept_loss: u64,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let state = {
            let office = Office::open(context)?;
            let state = office.state()?;
            let last = office.ask(office.store().last_trust_list())?;
            let is_published = last.is_some_and(|last| last.contents.releases() != self.back);
            if state.released != self.back && is_published {
                let text = match self.back {
                    false => "Nothing to do: the list that phones get lets them go.",
                    true => "Nothing to do: the list that phones get holds them.",
                };
                context.output.show(text, &json!({ "published": null }))?;
                return Ok(ExitCode::SUCCESS);
            }
            state
        };
        if state.rollover.is_some() {
            bail!("a roll-over is under way: finish or abort it first, see `offhook trust rollover status`");
        }
        let (meaning, question, purpose) = match self.back {
            false => (RELEASE, "Let phones follow another call manager?", Purpose::Release),
            true => (BACK, "Hold phones to this call manager again?", Purpose::Return),
        };
        if !confirmed(context, meaning, question, self.yes)? {
            return Ok(ExitCode::FAILURE);
        }
        let office = Office::alone(context)?;
        let published = office.change(|state| state.released = !self.back, purpose, "", self.accept_loss)?;
        told(context, &published, &json!({ "released": !self.back }))
    }
}
