//! `offhook trust roles`: what phones trust a certificate for.

use std::process::ExitCode;

use serde::Serialize;
use wire::trust_list::Role;

use super::office::Office;
use crate::command::output::Table;
use crate::command::{Context, WrongUse};
use crate::trust::{Desk, Order, Reach, StepError, Trust};

/// Show or set the roles of certificates in trust lists
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A name from `offhook cert list`; without, all are shown.
    name: Option<String>,
    /// Its roles from now on: SAST, CCM, CCM+TFTP, TFTP, CAPF, APP-SERVER, TVS or a number.
    #[arg(value_name = "ROLE", requires = "name")]
    roles: Vec<Role>,
    /// No role: leave it out of trust lists.
    #[arg(long, requires = "name", conflicts_with_all = ["roles", "usual"])]
    none: bool,
    /// The roles it has when nobody says otherwise.
    #[arg(long, requires = "name", conflicts_with = "roles")]
    usual: bool,
}

#[derive(Debug, Serialize)]
struct Row {
    name: String,
    roles: Vec<String>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let changes = self.none || self.usual || !self.roles.is_empty();
        if let Some(name) = self.name.as_ref().filter(|_| changes) {
            return self.give(name, context);
        }
        self.show(context, &Trust::of(&context.resolved()?))
    }

    fn give(&self, name: &str, context: &Context) -> anyhow::Result<ExitCode> {
        let office = Office::open(context)?;
        let roles = (!self.usual).then_some(&self.roles[..]);
        let work = async |desk: Desk<'_>, order: Order<'_>| desk.give_roles(name, roles, order).await;
        let state = office.order(0, work).map_err(|error| match error.downcast_ref() {
            Some(StepError::NoCertificate(_)) => WrongUse(error.to_string()).into(),
            _ => error,
        })?;
        if state.reach != Reach::Off {
            context
                .output
                .remark("phones get it with the next list: `offhook trust plan`, `offhook trust publish`");
        }
        self.show(context, office.desk().trust)
    }

    fn show(&self, context: &Context, trust: &Trust) -> anyhow::Result<ExitCode> {
        let current = trust.current()?;
        let shown = current
            .certificates
            .iter()
            .filter(|stored| self.name.as_ref().is_none_or(|name| *name == stored.name));
        let rows: Vec<Row> = shown
            .map(|stored| {
                let roles = current.state.listed(stored);
                Row { name: stored.name.clone(), roles: roles.iter().map(Role::to_string).collect() }
            })
            .collect();
        if rows.is_empty() {
            anyhow::bail!(
                "there is no certificate {}; see `offhook cert list`",
                self.name.as_deref().unwrap_or_default()
            );
        }
        let mut table = Table::new(["NAME", "ROLES"]);
        for row in &rows {
            let roles = if row.roles.is_empty() {
                "none: not in trust lists".to_owned()
            } else {
                row.roles.join(" ")
            };
            table.row([row.name.clone(), roles]);
        }
        context.output.show(table, &rows)?;
        Ok(ExitCode::SUCCESS)
    }
}
