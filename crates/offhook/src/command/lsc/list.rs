//! `offhook lsc list`: all phones with something scheduled or a certificate on record.

use std::process::ExitCode;

use store::EnrolmentQuery;

use super::pick::{Book, Phones};
use super::view::View;
use crate::command::Context;
use crate::command::output::Table;
use crate::trust::calendar;

/// List phones that enrol or hold a certificate
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    phones: Phones,
    /// Only those that still have something to do.
    #[arg(long)]
    scheduled: bool,
    /// Only those whose certificate ends within so many days, or has ended.
    #[arg(long, value_name = "DAYS")]
    ends_within: Option<u32>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let book = Book::open(context)?;
        let now = calendar::now();
        let phones = self.phones.if_any(&book)?;
        let query = EnrolmentQuery {
            scheduled: self.scheduled,
            ends_before: self.ends_within.map(|days| now + i64::from(days) * 86_400),
        };
        let found = book.list(&query, phones.as_ref())?;
        let views: Vec<View> = found.iter().map(|(phone, record)| View::new(*phone, record, now)).collect();
        let mut table = Table::new(["PHONE", "KEY", "VALID UNTIL", "TO DO", "LAST SESSION"]);
        for view in &views {
            let key = view.held.as_ref().map_or("-", |held| &held.key);
            let last = view.last_result().unwrap_or("-");
            table.row([&view.phone, key, &view.holds_until(), &view.waits_for(), last]);
        }
        if table.is_empty() {
            context.output.show("no phone enrols; `offhook lsc schedule` begins", &views)?;
        } else {
            context.output.show(table, &views)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
