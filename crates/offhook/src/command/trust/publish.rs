//! `offhook trust publish`: gives phones the next list.

use std::process::ExitCode;

use serde_json::json;

use super::office::{Office, told};
use crate::command::Context;
use crate::trust::{Desk, Order, Reach};

/// Publish the next trust list: phones get it from then on
///
/// Refused if phones would be lost by it: `offhook trust plan` shows which, and why.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// How many phones may be lost.
    #[arg(long, value_name = "N", default_value_t = 0)]
    accept_loss: u64,
    /// What to remember about this list.
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
    /// Publish it even if nothing in it has changed.
    #[arg(long)]
    again: bool,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let office = Office::alone(context)?;
        let work =
            async |desk: Desk<'_>, order: Order<'_>| desk.publish_next(&self.note, self.again, order).await;
        let Some(list) = office.order(self.accept_loss, work)? else {
            context.output.show(
                "Nothing to do: the list that phones get holds just this. Say --again to publish it all the same.",
                &json!({ "published": null }),
            )?;
            return Ok(ExitCode::SUCCESS);
        };
        if office.state()?.reach == Reach::Off {
            context.output.remark("trust is off: nobody is given this list before `offhook trust enable`");
        }
        told(context, &list, &json!({}))
    }
}
