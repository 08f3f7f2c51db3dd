//! `offhook contact add`.

use std::process::ExitCode;

use provision::inventory::Contact;
use provision::mac::Mac;

use super::{BOOK, Written};
use crate::command::Context;
use crate::command::stock::Stock;

/// Add a contact
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The name.
    name: String,
    /// The numbers, the first first: 1001, mobile:+49171123, home:…, other:…
    #[arg(required = true, value_name = "NUMBER")]
    numbers: Vec<Written>,
    /// The firm or department.
    #[arg(long, value_name = "TEXT", default_value = "")]
    organisation: String,
    /// The book it stands in.
    #[arg(long, value_name = "NAME", default_value = BOOK)]
    book: String,
    /// Only for the user of this phone.
    #[arg(long, value_name = "PHONE")]
    owner: Option<Mac>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let contact = Contact {
            id: 0,
            book: self.book,
            owner: self.owner,
            name: super::named(&self.name)?,
            organisation: self.organisation,
            numbers: self.numbers.into_iter().map(|written| written.0).collect(),
        };
        let kept = stock.wait(stock.editor.add_contact(contact))?;
        let text = format!("{} is added to the book {}, under number {}", kept.name, kept.book, kept.id);
        context.output.show(text, &super::value(&kept))?;
        Ok(ExitCode::SUCCESS)
    }
}
