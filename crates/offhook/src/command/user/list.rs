//! `offhook user list`: who may use the page.

use std::process::ExitCode;

use serde_json::json;

use crate::command::Context;
use crate::command::output::Table;
use crate::command::stock::Stock;
use crate::trust::calendar::utc;

/// List users, their roles, and when each logged in last
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let Self {} = self;
        let stock = Stock::open(context)?;
        let users = stock.wait(stock.store.users())?;
        let mut table = Table::new(["NAME", "ROLE", "LAST LOG-IN", "PASSWORD"]);
        for user in &users {
            let last = user.last.map_or_else(|| "never".to_owned(), utc);
            let password = if user.password.is_empty() { "not chosen yet" } else { "chosen" };
            table.row([user.name.as_str(), user.role.as_str(), &last, password]);
        }
        let text = match users.is_empty() {
            true => "There are no users yet: `offhook user link` makes a link for the first.".to_owned(),
            false => table.to_string(),
        };
        let values: Vec<_> = users.iter().map(super::value).collect();
        context.output.show(text, &json!({ "users": values }))?;
        Ok(ExitCode::SUCCESS)
    }
}
