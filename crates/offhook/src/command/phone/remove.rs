//! `offhook phone remove`: a phone is gone; its lines stay, unless nobody else has them and that is wanted.

use std::process::ExitCode;

use provision::inventory::Number;
use provision::mac::Mac;
use serde_json::json;

use crate::command::Context;
use crate::command::stock::Stock;

/// Remove phones; their lines stay
///
/// A removed phone gets what unknown phones get. To keep a phone on the list and give it nothing, set state=retired.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The phones.
    #[arg(value_name = "SEP…", required = true)]
    macs: Vec<Mac>,
    /// Also remove the lines on their keys that nothing else has.
    #[arg(long)]
    with_lines: bool,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let lines = stock.wait(stock.editor.remove_phones(&self.macs, self.with_lines))?;
        let names: Vec<_> = self.macs.iter().map(|mac| mac.device_name()).collect();
        let numbers: Vec<_> = lines.iter().map(Number::as_str).collect();
        let mut text = format!("{} removed", names.join(", "));
        if !numbers.is_empty() {
            text.push_str(&format!(", with line {}", numbers.join(", ")));
        }
        context.output.show(text, &json!({ "phones": names, "lines": numbers }))?;
        Ok(ExitCode::SUCCESS)
    }
}
