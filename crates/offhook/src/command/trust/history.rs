//! `offhook trust history`: the lists that were published, and one of them again.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use serde_json::json;
use wire::trust_list::TrustList;

use super::office::{self, Office, signer_name};
use super::view::ListView;
use crate::command::Context;
use crate::command::file::write;
use crate::command::output::Table;
use crate::trust::calendar;

/// Show the trust lists that were published, the newest first, or one of them
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Show what is in this one.
    number: Option<i64>,
    /// Write this one to a file; - for standard output.
    #[arg(long, value_name = "FILE", requires = "number")]
    out: Option<PathBuf>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let office = Office::open(context)?;
        match self.number {
            Some(number) => self.one(context, &office, number),
            None => all(context, &office),
        }
    }

    fn one(&self, context: &Context, office: &Office, number: i64) -> anyhow::Result<ExitCode> {
        let list = office.ask(office.store().trust_list(number))?;
        let list = list.with_context(|| format!("there is no list {number}; see `offhook trust history`"))?;
        if let Some(out) = &self.out {
            write(context, out, &list.bytes)?;
            return Ok(ExitCode::SUCCESS);
        }
        let parsed = TrustList::parse(&list.bytes)?;
        let view = ListView::new(&parsed, list.bytes.len());
        let note = if list.note.is_empty() { String::new() } else { format!("\nnote      {}", list.note) };
        let text = format!(
            "list {} ({}), published {} by {}{note}\n\n{view}",
            list.number,
            list.purpose,
            calendar::utc(list.at),
            list.by
        );
        context.output.show(text, &json!({ "published": office::value(&list), "list": view }))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn all(context: &Context, office: &Office) -> anyhow::Result<ExitCode> {
    let lists = office.ask(office.store().trust_lists())?;
    let mut holders: BTreeMap<String, u64> = BTreeMap::new();
    for (_, entry) in office.ask(office.store().ledger())? {
        if let Some(held) = entry.held {
            *holders.entry(held.contents.digest).or_default() += 1;
        }
    }
    let of = |digest: &str| holders.get(digest).copied().unwrap_or(0);
    let mut table = Table::new([
        "LIST",
        "PUBLISHED",
        "BY",
        "FOR",
        "SIGNED BY",
        "CERTIFICATES",
        "BYTES",
        "PHONES HOLD IT",
        "NOTE",
    ]);
    for list in &lists {
        table.row([
            list.number.to_string(),
            calendar::utc(list.at),
            list.by.clone(),
            list.purpose.clone(),
            signer_name(list).to_owned(),
            list.certificates.len().to_string(),
            list.bytes.len().to_string(),
            of(&list.contents.digest).to_string(),
            list.note.clone(),
        ]);
    }
    let values: Vec<_> = lists
        .iter()
        .map(|list| {
            let mut value = office::value(list);
            value["phones"] = of(&list.contents.digest).into();
            value
        })
        .collect();
    let text =
        if lists.is_empty() { "No trust list was published yet.".to_owned() } else { table.to_string() };
    context.output.show(text, &json!({ "lists": values }))?;
    Ok(ExitCode::SUCCESS)
}
