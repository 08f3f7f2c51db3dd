//! `offhook document remove`.

use std::process::ExitCode;

use serde_json::json;

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
        let names = stock.wait(stock.editor.remove_documents(&self.names, self.force))?;
        context
            .output
            .show(format!("document {} removed", names.join(", ")), &json!({ "documents": names }))?;
        Ok(ExitCode::SUCCESS)
    }
}
