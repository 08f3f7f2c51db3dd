//! `offhook trust release`: lets phones follow another call manager, and takes them back.

use std::process::ExitCode;

use serde_json::json;

use super::change::confirmed;
use super::office::{Office, told};
use crate::command::Context;
use crate::trust::{Desk, Order};

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
        if !self.is_to_do(context)? {
            return self.nothing_to_do(context);
        }
        let (meaning, question) = match self.back {
            false => (RELEASE, "Let phones follow another call manager?"),
            true => (BACK, "Hold phones to this call manager again?"),
        };
        if !confirmed(context, meaning, question, self.yes)? {
            return Ok(ExitCode::FAILURE);
        }
        let office = Office::alone(context)?;
        let work = async |desk: Desk<'_>, order: Order<'_>| desk.release(self.back, order).await;
        match office.order(self.accept_loss, work)? {
            Some(list) => told(context, &list, &json!({ "released": !self.back })),
            None => self.nothing_to_do(context),
        }
    }

    fn is_to_do(&self, context: &Context) -> anyhow::Result<bool> {
        let office = Office::open(context)?;
        office.wait(office.desk().is_to_release(self.back))
    }

    fn nothing_to_do(&self, context: &Context) -> anyhow::Result<ExitCode> {
        let text = match self.back {
            false => "Nothing to do: the list that phones get lets them go.",
            true => "Nothing to do: the list that phones get holds them.",
        };
        context.output.show(text, &json!({ "published": null }))?;
        Ok(ExitCode::SUCCESS)
    }
}
