//! `offhook trust forget`: a phone's list was erased by hand, or the phone is gone.

use std::process::ExitCode;

use provision::mac::Mac;
use serde_json::json;

use super::office::Office;
use crate::command::Context;

/// Forget which trust list phones hold: it was erased on the phone, or the phone is gone
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The phones.
    #[arg(value_name = "SEP…", required = true)]
    phones: Vec<Mac>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let office = Office::open(context)?;
        let forgotten = office.ask(office.store().forget_in_ledger(&self.phones))?;
        let text = match forgotten {
            0 => "Nothing was known of them.".to_owned(),
            1 => "Forgotten: 1 phone. What it does next is the first that is known of it.".to_owned(),
            count => {
                format!("Forgotten: {count} phones. What they do next is the first that is known of them.")
            }
        };
        context.output.show(text, &json!({ "forgotten": forgotten }))?;
        Ok(ExitCode::SUCCESS)
    }
}
