//! `offhook user link`: a way in, for the first administrator or for somebody who forgot the password.

use std::process::ExitCode;

use serde_json::json;

use crate::command::Context;
use crate::command::stock::Stock;

/// Print a new link by which a user chooses a password; without a name, the first administrator
///
/// Links that were made for the same user before are void. The password holds until the link is used.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The user; left out while nobody can log in yet.
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let name = self.name.map(|name| name.to_ascii_lowercase());
        if name.is_none() && stock.wait(stock.store.has_users())? {
            anyhow::bail!(
                "there are users already: say whose password is to be chosen; `offhook user list` lists them"
            );
        }
        let link = super::invite(&stock, name.as_deref())?;
        let whose = name.as_deref().unwrap_or("the first administrator");
        let text = format!("The link for {whose}:\n\n{}", super::told(&link));
        context.output.show(text, &json!({ "name": name, "link": link }))?;
        Ok(ExitCode::SUCCESS)
    }
}
