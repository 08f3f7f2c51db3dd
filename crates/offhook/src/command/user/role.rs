//! `offhook user role`: what somebody may.

use std::process::ExitCode;

use serde_json::json;

use crate::admin::access::Role;
use crate::command::Context;
use crate::command::stock::Stock;

/// Give a user another role; it holds from their next click on
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The user.
    #[arg(value_name = "NAME")]
    name: String,
    /// viewer, operator or administrator.
    #[arg(value_name = "ROLE")]
    role: Role,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let (name, role) = (self.name.to_ascii_lowercase(), self.role);
        let stock = Stock::open(context)?;
        stock.wait(stock.store.set_role(&name, role.word()))?;
        context.output.show(
            format!("{name} is {role} from now on: {}", role.about()),
            &json!({ "name": name, "role": role.word() }),
        )?;
        Ok(ExitCode::SUCCESS)
    }
}
