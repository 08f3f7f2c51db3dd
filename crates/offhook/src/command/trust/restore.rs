//! `offhook trust restore`: a list of before once more.

use std::process::ExitCode;

use serde_json::json;

use super::office::{Office, told};
use crate::command::Context;
use crate::trust::{Desk, Order};

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
        let work =
            async |desk: Desk<'_>, order: Order<'_>| desk.restore(number, self.note.as_deref(), order).await;
        let (published, signs_by_it) = office.order(self.accept_loss, work)?;
        if !signs_by_it {
            context.output.remark(
                "the certificate that signs files now is not in that list: phones have to ask the trust verification \
                 service about every file",
            );
        }
        told(context, &published, &json!({ "restored": number }))
    }
}
