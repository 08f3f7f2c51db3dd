//! `offhook contact remove`.

use std::process::ExitCode;

use serde_json::json;

use crate::command::Context;
use crate::command::stock::Stock;

/// Remove contacts, all of them or none
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Their numbers: the first column of `offhook contact list`.
    #[arg(required = true, value_name = "ID")]
    ids: Vec<i64>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let names = stock.wait(stock.editor.remove_contacts(&self.ids))?;
        context.output.show(format!("removed: {}", names.join("; ")), &json!({ "removed": self.ids }))?;
        Ok(ExitCode::SUCCESS)
    }
}
