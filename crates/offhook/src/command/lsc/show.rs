//! `offhook lsc show`: everything about one phone's enrolment, but for its password.

use std::process::ExitCode;

use provision::mac::Mac;

use super::pick;
use super::view::View;
use crate::command::Context;
use crate::trust::calendar;

/// Show one phone's enrolment and certificate
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The phone: SEP001122AABBCC.
    phone: Mac,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let record = pick::record(self.phone, context)?;
        let view = View::new(self.phone, &record, calendar::now());
        context.output.show(&view, &view)?;
        Ok(ExitCode::SUCCESS)
    }
}
