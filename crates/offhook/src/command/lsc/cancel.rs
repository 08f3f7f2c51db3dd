//! `offhook lsc cancel`: what was scheduled is not to be done.

use std::process::ExitCode;

use serde::Serialize;

use super::pick::{Book, Phones};
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
        let book = Book::open(context)?;
        let told = book.change(&self.phones.find(&book)?, |phone, record| Told {
            phone: phone.device_name(),
            cancelled: record.scheduled.take().is_some(),
        })?;
        let line = |told: &Told| {
            let word = if told.cancelled { "cancelled" } else { "nothing was scheduled" };
            format!("{}: {word}", told.phone)
        };
        context.output.show(told.iter().map(line).collect::<Vec<_>>().join("\n"), &told)?;
        Ok(ExitCode::SUCCESS)
    }
}
