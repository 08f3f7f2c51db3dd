//! `offhook contact list`: contacts by name, page by page.

use std::process::ExitCode;

use provision::mac::Mac;
use serde_json::json;
use store::{ContactQuery, Page};

use crate::command::Context;
use crate::command::output::Table;
use crate::command::phone::Count;
use crate::command::stock::Stock;

/// List contacts, by name
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only with words that begin so, or these digits in a number.
    text: Option<String>,
    /// Only with words that these keys of a telephone spell: 629 finds May.
    #[arg(long, value_name = "DIGITS")]
    keys: Option<String>,
    /// Only in this book; may be repeated.
    #[arg(long, value_name = "NAME")]
    book: Vec<String>,
    /// Only what the user of this phone sees.
    #[arg(long, value_name = "PHONE")]
    owner: Option<Mac>,
    /// Only the list that the user of this phone keeps there.
    #[arg(long, value_name = "PHONE", conflicts_with = "owner")]
    only_of: Option<Mac>,
    /// How many to a page.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// Which page.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    page: u32,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let asked = self.text.is_some()
            || self.keys.is_some()
            || !self.book.is_empty()
            || self.owner.is_some()
            || self.only_of.is_some();
        let query = ContactQuery {
            text: self.text,
            keypad: self.keys,
            books: (!self.book.is_empty()).then_some(self.book),
            owner: self.owner,
            any_owner: self.owner.is_none(),
            only_of: self.only_of,
            ..ContactQuery::default()
        };
        let page = Page::at(u64::from(self.page - 1) * u64::from(self.limit), self.limit);
        let listed = stock.wait(stock.store.contacts(&query, &page))?;
        let mut table = Table::new(["ID", "NAME", "ORGANISATION", "NUMBERS", "BOOK", "OF"]);
        for contact in &listed.rows {
            let numbers: Vec<&str> = contact.numbers.iter().map(|one| one.number.as_str()).collect();
            table.row([
                contact.id.to_string(),
                contact.name.clone(),
                contact.organisation.clone(),
                numbers.join(", "),
                contact.book.clone(),
                contact.owner.map(|mac| mac.device_name()).unwrap_or_default(),
            ]);
        }
        let values: Vec<_> = listed.rows.iter().map(super::value).collect();
        let value = json!({ "total": listed.total, "page": self.page, "contacts": values });
        if listed.rows.is_empty() {
            let nothing = match listed.total {
                0 if asked => "No contact is like that.".to_owned(),
                0 => "There are no contacts yet: offhook contact add \"Ann Smith\" 1001".to_owned(),
                total => format!("There is no page {}: there are {total} contacts.", self.page),
            };
            context.output.show(nothing, &value)?;
            return Ok(ExitCode::SUCCESS);
        }
        let count = Count {
            what: "contact",
            shown: listed.rows.len() as u64,
            total: listed.total,
            page: self.page,
            limit: self.limit,
        };
        context.output.show(format!("{table}\n\n{count}"), &value)?;
        Ok(ExitCode::SUCCESS)
    }
}
