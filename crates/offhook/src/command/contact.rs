//! `offhook contact`: the people and firms that phones find in their directories.

use std::process::ExitCode;
use std::str::FromStr;

use provision::inventory::{Contact, ContactNumber, NumberKind};
use provision::phonebook;
use serde_json::{Value, json};

use super::Context;
use super::stock::Stock;
use crate::edit::{BOOK, kind_of_number as kind, person as named, word_of_number as word};

mod add;
mod export;
mod import;
mod list;
mod remove;
mod set;
mod show;
mod who;

/// Add, show, change, list, import and export contacts of the directories
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Add(add::Args),
    Show(show::Args),
    List(list::Args),
    Set(set::Args),
    Remove(remove::Args),
    Import(import::Args),
    Export(export::Args),
    Who(who::Args),
}

impl Args {
    /// Does what the command says.
    pub fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        match self.verb {
            Verb::Add(args) => args.run(context),
            Verb::Show(args) => args.run(context),
            Verb::List(args) => args.run(context),
            Verb::Set(args) => args.run(context),
            Verb::Remove(args) => args.run(context),
            Verb::Import(args) => args.run(context),
            Verb::Export(args) => args.run(context),
            Verb::Who(args) => args.run(context),
        }
    }
}

/// A number on the command line: `1001`, `mobile:+49 171 1`.
#[derive(Clone, Debug)]
struct Written(ContactNumber);

impl FromStr for Written {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, number) = match text.split_once(':') {
            Some((word, number)) => (kind(word)?, number),
            None => (NumberKind::Work, text),
        };
        let number = ContactNumber { kind, number: number.trim().to_owned() };
        match phonebook::problem_with(&number) {
            Some(problem) => Err(problem),
            None => Ok(Self(number)),
        }
    }
}

fn find(stock: &Stock, id: i64) -> anyhow::Result<Contact> {
    stock.wait(stock.editor.contact(id))
}

fn value(contact: &Contact) -> Value {
    json!({
        "id": contact.id,
        "book": contact.book,
        "owner": contact.owner.map(|mac| mac.device_name()),
        "name": contact.name,
        "organisation": contact.organisation,
        "numbers": contact.numbers.iter().map(|one| json!({ "kind": word(one.kind), "number": one.number })).collect::<Vec<_>>(),
    })
}

/// The contact as a person reads it.
fn text(contact: &Contact) -> String {
    let mut text = contact.name.clone();
    if !contact.organisation.is_empty() {
        text.push_str(&format!(", {}", contact.organisation));
    }
    let whose = contact.owner.map(|mac| format!(", of {}", mac.device_name())).unwrap_or_default();
    text.push_str(&format!("\nnumber {} in the book {}{whose}\n", contact.id, contact.book));
    for one in &contact.numbers {
        text.push_str(&format!("\n  {:<7} {}", word(one.kind), one.number));
    }
    text
}
