//! `offhook lsc cancel`: what was scheduled is not to be done.

use std::process::ExitCode;

use serde::Serialize;

use super::pick::{self, Phones};
use crate::command::Context;

/// Take back what was scheduled; a certificate the phone holds stays as it is
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    phones: Phones,
}

#[derive(Debug, Serialize)]
struct Told {
    phone: String,
    cancelled: bool,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let enrolments = pick::enrolments(context)?;
        let mut told = Vec::new();
        for phone in self.phones.find(context)? {
            let cancelled = enrolments.change(phone, |record| record.scheduled.take().is_some())?;
            told.push(Told { phone: phone.device_name(), cancelled });
        }
        let line = |told: &Told| {
            let word = if told.cancelled { "cancelled" } else { "nothing was scheduled" };
            format!("{}: {word}", told.phone)
        };
        context.output.show(told.iter().map(line).collect::<Vec<_>>().join("\n"), &told)?;
        Ok(ExitCode::SUCCESS)
    }
}
