//! `offhook contact add`.

use std::process::ExitCode;

use provision::inventory::{Change, Contact};
use provision::mac::Mac;
use store::{ContactQuery, Page};

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
        stock.change(&[Change::PutContact(contact.clone())])?;
        let kept = newest(&stock, &contact)?.unwrap_or(contact);
        let text = format!("{} is added to the book {}, under number {}", kept.name, kept.book, kept.id);
        context.output.show(text, &super::value(&kept))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The contact as it is kept: the last of its name.
fn newest(stock: &Stock, contact: &Contact) -> anyhow::Result<Option<Contact>> {
    let query = ContactQuery {
        text: Some(contact.name.clone()),
        books: Some(vec![contact.book.clone()]),
        any_owner: true,
        ..ContactQuery::default()
    };
    let found = stock.wait(stock.store.contacts(&query, &Page::first(10_000)))?;
    let same = found.rows.into_iter().filter(|one| one.name == contact.name && one.owner == contact.owner);
    Ok(same.max_by_key(|one| one.id))
}
