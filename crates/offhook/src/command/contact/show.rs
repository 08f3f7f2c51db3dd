//! `offhook contact show`.

use std::process::ExitCode;

use crate::command::Context;
use crate::command::stock::Stock;

/// Show a contact
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Its number: the first column of `offhook contact list`.
    id: i64,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let contact = super::find(&Stock::open(context)?, self.id)?;
        context.output.show(super::text(&contact), &super::value(&contact))?;
        Ok(ExitCode::SUCCESS)
    }
}
