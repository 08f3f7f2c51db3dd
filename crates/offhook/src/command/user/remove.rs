//! `offhook user remove`: somebody may use the page no more.

use std::process::ExitCode;

use serde_json::json;

use crate::command::Context;
use crate::command::stock::Stock;

/// Remove a user, and log them out everywhere
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The user.
    #[arg(value_name = "NAME")]
    name: String,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let name = self.name.to_ascii_lowercase();
        let stock = Stock::open(context)?;
        stock.wait(stock.store.remove_user(&name))?;
        context.output.show(format!("{name} removed"), &json!({ "name": name }))?;
        Ok(ExitCode::SUCCESS)
    }
}
