//! `offhook contact set`.

use std::process::ExitCode;

use provision::inventory::Change;
use provision::mac::Mac;

use super::Written;
use crate::command::stock::Stock;
use crate::command::{Context, WrongUse};

/// Change a contact; what is not named stays
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Its number: the first column of `offhook contact list`.
    id: i64,
    /// The name.
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// The firm or department; "" for none.
    #[arg(long, value_name = "TEXT")]
    organisation: Option<String>,
    /// The book it stands in.
    #[arg(long, value_name = "NAME")]
    book: Option<String>,
    /// Only for the user of this phone.
    #[arg(long, value_name = "PHONE")]
    owner: Option<Mac>,
    /// For everybody.
    #[arg(long, conflicts_with = "owner")]
    no_owner: bool,
    /// All its numbers instead of those that are there; may be repeated.
    #[arg(long = "number", value_name = "NUMBER")]
    numbers: Vec<Written>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let named = [&self.name, &self.organisation, &self.book].into_iter().any(Option::is_some);
        if !named && self.owner.is_none() && !self.no_owner && self.numbers.is_empty() {
            return Err(WrongUse(
                "say what changes: --name, --organisation, --book, --owner or --number".into(),
            )
            .into());
        }
        let stock = Stock::open(context)?;
        let mut contact = super::find(&stock, self.id)?;
        if let Some(name) = &self.name {
            contact.name = super::named(name)?;
        }
        contact.organisation = self.organisation.unwrap_or(contact.organisation);
        contact.book = self.book.unwrap_or(contact.book);
        contact.owner = if self.no_owner { None } else { self.owner.or(contact.owner) };
        if !self.numbers.is_empty() {
            contact.numbers = self.numbers.into_iter().map(|written| written.0).collect();
        }
        stock.change(&[Change::PutContact(contact.clone())])?;
        context.output.show(super::text(&contact), &super::value(&contact))?;
        Ok(ExitCode::SUCCESS)
    }
}
