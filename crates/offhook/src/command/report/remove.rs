//! `offhook report remove`.

use std::process::ExitCode;

use serde_json::json;

use super::find;
use crate::command::Context;
use crate::command::stock::Stock;
use crate::reports;

/// Remove reports with their files
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Their numbers: the first column of `offhook report list`.
    #[arg(required = true, value_name = "NUMBER")]
    numbers: Vec<i64>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let mut reports = Vec::new();
        for number in &self.numbers {
            reports.push(find(&stock, *number)?);
        }
        for report in &reports {
            // The file first: a row without a file says so, a file without a row takes room in secret.
            reports::delete(&stock.resolved.data_dir, report)?;
            stock.wait(stock.store.remove_report(report.id))?;
        }
        let names: Vec<String> =
            reports.iter().map(|report| format!("{} of {}", report.id, report.mac.device_name())).collect();
        context.output.show(format!("removed: {}", names.join("; ")), &json!({ "removed": self.numbers }))?;
        Ok(ExitCode::SUCCESS)
    }
}
