//! `offhook user password`: a password set by hand, for machines that nobody opens links on.

use std::process::ExitCode;

use serde_json::json;

use crate::admin::people;
use crate::command::stock::Stock;
use crate::command::{Context, WrongUse};

/// Set the password of a user, and log them out everywhere
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The user.
    #[arg(value_name = "NAME")]
    name: String,
    /// The password: @FILE is the first line of a file, @- of standard input.
    #[arg(value_name = "PASSWORD", default_value = "@-")]
    password: String,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let name = self.name.to_ascii_lowercase();
        let password = context.output.console.password(&self.password, &format!("password of {name}"))?;
        people::check_password(&name, &password).map_err(|unfit| WrongUse(unfit.to_string()))?;
        let stock = Stock::open(context)?;
        stock.wait(stock.store.set_password(&name, &pki::passphrase::hash(&password)))?;
        context.output.show(
            format!("{name} has another password, and is logged out everywhere"),
            &json!({ "name": name }),
        )?;
        Ok(ExitCode::SUCCESS)
    }
}
