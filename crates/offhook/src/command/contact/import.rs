//! `offhook contact import`: contacts from a table or from vCards, all or none.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use provision::exchange::Faults;
use provision::inventory::Contact;
use provision::phonebook::{self, Format, Options};
use serde_json::json;

use super::BOOK;
use crate::command::stock::Stock;
use crate::command::{Context, WrongUse};
use crate::edit::bulk;

/// Add and change many contacts from a file, all or none
///
/// The file is a table (CSV with commas, semicolons or tabs) or vCards. The first line of a table names its columns: name, or
/// first name and last name; organisation; work, mobile, home, other, with a number behind where there are several: work2;
/// book; owner, a phone whose user alone sees it; id, as `contact export` writes it.
///
/// A contact that is there is found by id, else by book, owner and name.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// The file; - is standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// How it is written, if its name does not tell: csv, vcard.
    #[arg(long)]
    format: Option<Format>,
    /// The book of contacts that name none.
    #[arg(long, value_name = "NAME", default_value = BOOK)]
    book: String,
    /// Remove what is in the books of the file and not in the file.
    #[arg(long)]
    replace: bool,
    /// Only tell what would change.
    #[arg(long, short = 'n')]
    dry_run: bool,
    /// Leave columns alone that nobody knows, instead of refusing the file.
    #[arg(long)]
    skip_unknown: bool,
}

const EXAMPLES: &str = "\
Examples:
  offhook contact import staff.csv --book staff --replace --dry-run
  offhook contact import contacts.vcf

Exit codes: 0 done, or with --dry-run it could be done; 1 something is wrong with the file, nothing was changed; 2 wrong use.";

/// As much as is read of a file; the reader of it says what is too much.
const MOST_BYTES: u64 = (256 << 20) + 1;

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let (bytes, format) = self.read(context)?;
        let name = match self.file == Path::new("-") {
            true => "standard input".to_owned(),
            false => self.file.display().to_string(),
        };
        let options = Options { book: &self.book, skip_unknown: self.skip_unknown };
        let sheet = match phonebook::read(&bytes, format, options) {
            Ok(sheet) => sheet,
            Err(faults) => return refused(context, &name, &faults),
        };
        for remark in &sheet.remarks {
            context.output.remark(format!("{name}: {remark}"));
        }
        let stock = Stock::open(context)?;
        let plan = match phonebook::plan(&sheet, &known(&stock)?, self.replace) {
            Ok(plan) => plan,
            Err(faults) => return refused(context, &name, &faults),
        };
        if !self.dry_run && !plan.changes.is_empty() {
            stock.change(&plan.changes)?;
        }
        let mut text = format!(
            "{name}: {} contacts, {} added, {} changed, {} unchanged, {} removed",
            sheet.contacts.len(),
            plan.added,
            plan.changed,
            plan.same,
            plan.removed
        );
        if self.dry_run {
            text.push_str("\nNothing was changed: leave --dry-run out to do it");
        }
        let value = json!({
            "done": !self.dry_run,
            "added": plan.added,
            "changed": plan.changed,
            "unchanged": plan.same,
            "removed": plan.removed,
        });
        context.output.show(text, &value)?;
        Ok(ExitCode::SUCCESS)
    }

    fn read(&self, context: &Context) -> anyhow::Result<(Vec<u8>, Format)> {
        let bytes = context
            .output
            .console
            .read(&self.file, MOST_BYTES)
            .map_err(|error| WrongUse(format!("{} cannot be read: {error}", self.file.display())))?;
        let told = self.format.or_else(|| Format::of_name(self.file.to_str()?));
        let begins = bytes.trim_ascii_start();
        let looks = if begins.len() >= 11 && begins[..11].eq_ignore_ascii_case(b"BEGIN:VCARD") {
            Format::Vcard
        } else {
            Format::Csv
        };
        Ok((bytes, told.unwrap_or(looks)))
    }
}

/// Every contact that is there.
pub(super) fn known(stock: &Stock) -> anyhow::Result<Vec<Contact>> {
    stock.wait(bulk::contacts(&stock.store))
}

fn refused(context: &Context, name: &str, faults: &Faults) -> anyhow::Result<ExitCode> {
    if context.output.is_json() {
        let list: Vec<_> = faults
            .list
            .iter()
            .map(|fault| json!({ "row": fault.place.number, "column": fault.place.column, "place": fault.place.to_string(), "problem": fault.problem }))
            .collect();
        context.output.value(&json!({ "done": false, "faults": list, "more": faults.more }))?;
        return Ok(ExitCode::FAILURE);
    }
    context.output.remark(format_args!("{faults}\n\nerror: {name}: nothing was changed"));
    Ok(ExitCode::FAILURE)
}
