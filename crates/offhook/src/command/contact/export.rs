//! `offhook contact export`: contacts as a table or as vCards.

use std::path::PathBuf;
use std::process::ExitCode;

use provision::inventory::Contact;
use provision::phonebook::{self, Format};

use crate::command::Context;
use crate::command::console::Manner;
use crate::command::stock::Stock;

/// Write contacts to a file; importing a table again changes nothing
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only of this book; may be repeated.
    #[arg(long, value_name = "NAME")]
    book: Vec<String>,
    /// How it is written: csv, vcard; without it, as the name of the file says, else csv.
    #[arg(long)]
    format: Option<Format>,
    /// Write to this file.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let mut contacts = super::import::known(&stock)?;
        contacts.retain(|contact: &Contact| self.book.is_empty() || self.book.contains(&contact.book));
        contacts
            .sort_by_cached_key(|contact| (contact.book.clone(), contact.name.to_lowercase(), contact.id));
        if context.output.is_json() && self.format.is_none() && self.output.is_none() {
            let values: Vec<_> = contacts.iter().map(super::value).collect();
            context.output.value(&values)?;
            return Ok(ExitCode::SUCCESS);
        }
        let named = || Format::of_name(self.output.as_ref()?.to_str()?);
        let text = phonebook::write(&contacts, self.format.or_else(named).unwrap_or(Format::Csv));
        let Some(path) = &self.output else {
            context.output.bytes(text.as_bytes())?;
            return Ok(ExitCode::SUCCESS);
        };
        context
            .output
            .console
            .write(path, text.as_bytes(), Manner::default())
            .map_err(|error| anyhow::anyhow!("{} cannot be written: {error}", path.display()))?;
        context.output.remark(format!("{} contacts are in {}", contacts.len(), path.display()));
        Ok(ExitCode::SUCCESS)
    }
}
