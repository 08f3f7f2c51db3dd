//! `offhook document remove`.

use std::process::ExitCode;

use anyhow::bail;
use provision::inventory::Change;
use serde_json::json;

use super::{Whose, find, named_by};
use crate::command::Context;
use crate::command::stock::Stock;

/// Remove documents; refused while a profile, site or series names one
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The documents.
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    /// Even while they are named: phones then ask for a file that is not there.
    #[arg(long)]
    force: bool,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let mut names = Vec::new();
        for name in &self.names {
            let (document, whose) = find(&stock, name)?;
            if whose == Whose::Made {
                bail!("{} is not in the inventory: offhook makes it, and goes on doing so", document.name);
            }
            // Without it, the one that offhook makes by that name is there again.
            let named = named_by(&stock, &document)?;
            if !named.is_empty() && !self.force && super::made(&document.name).is_none() {
                bail!("{} is named by {}; --force removes it all the same", document.name, named.join(", "));
            }
            names.push(document.name);
        }
        names.sort_unstable();
        names.dedup();
        let changes: Vec<_> = names.iter().cloned().map(Change::RemoveDocument).collect();
        stock.change(&changes)?;
        context
            .output
            .show(format!("document {} removed", names.join(", ")), &json!({ "documents": names }))?;
        Ok(ExitCode::SUCCESS)
    }
}
