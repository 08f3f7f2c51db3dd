//! `offhook lsc show`: everything about the enrolment of phones, but for their passwords.

use std::process::ExitCode;

use store::EnrolmentQuery;

use super::pick::{Book, Phones};
use super::view::View;
use crate::command::{Context, WrongUse};
use crate::trust::calendar;

/// Show the enrolment and the certificate of phones
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    phones: Phones,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let book = Book::open(context)?;
        let now = calendar::now();
        if let Some(phone) = self.phones.single() {
            let view = View::new(phone, &book.record(phone)?, now);
            context.output.show(&view, &view)?;
            return Ok(ExitCode::SUCCESS);
        }
        let phones = self.phones.if_any(&book)?;
        let phones = phones.ok_or_else(|| {
            WrongUse("which phones? name them, or say --profile, --site, --model or --search".into())
        })?;
        let found = book.list(&EnrolmentQuery::default(), Some(&phones))?;
        let views: Vec<View> = found.iter().map(|(phone, record)| View::new(*phone, record, now)).collect();
        let texts: Vec<String> = views.iter().map(View::to_string).collect();
        context.output.show(texts.join("\n"), &views)?;
        Ok(ExitCode::from(u8::from(found.is_empty())))
    }
}
