//! `offhook line remove`.

use std::process::ExitCode;

use provision::inventory::Number;
use serde_json::json;

use crate::command::Context;
use crate::command::stock::Stock;

/// Remove lines; refused while a key has one, unless the key goes, too
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The lines.
    #[arg(required = true, value_name = "NUMBER")]
    numbers: Vec<Number>,
    /// Also clear the keys that have them, on phones and in profiles, sites and series.
    #[arg(long)]
    with_keys: bool,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let cleared = stock.wait(stock.editor.remove_lines(&self.numbers, self.with_keys))?;
        let mut text = format!("line {} removed", super::numbers(&self.numbers));
        if !cleared.is_empty() {
            text.push_str(&format!(", and its keys on {}", cleared.join(", ")));
        }
        context.output.show(text, &json!({ "lines": self.numbers, "cleared": cleared }))?;
        Ok(ExitCode::SUCCESS)
    }
}
