//! `offhook user add`: somebody who may use the page.

use std::process::ExitCode;

use serde_json::json;

use crate::admin::access::Role;
use crate::admin::people;
use crate::command::stock::Stock;
use crate::command::{Context, WrongUse};

/// Add a user, and print the link by which they choose a password
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What they log in with.
    #[arg(value_name = "NAME")]
    name: String,
    /// What they may: viewer, operator or administrator.
    #[arg(long, value_name = "ROLE", default_value = "operator")]
    role: Role,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let name = people::name(&self.name).map_err(|unfit| WrongUse(unfit.to_string()))?;
        let stock = Stock::open(context)?;
        stock.wait(stock.store.add_user(&people::newcomer(name.clone(), self.role, people::now())))?;
        let link = super::invite(&stock, Some(&name))?;
        let text = format!("{name} added as {}. Send them this link:\n\n{}", self.role, super::told(&link));
        context.output.show(text, &json!({ "name": name, "role": self.role.word(), "link": link }))?;
        Ok(ExitCode::SUCCESS)
    }
}
