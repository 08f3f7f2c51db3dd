//! `offhook trust roles`: what phones trust a certificate for.

use std::process::ExitCode;

use serde::Serialize;
use wire::trust_list::{Kind, Role};

use super::change::who;
use crate::command::output::Table;
use crate::command::{Context, WrongUse};
use crate::trust::{Reach, Trust, TrustState, calendar, state_file};

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
        let resolved = context.resolved()?;
        let trust = Trust::of(&resolved);
        if let Some(name) = &self.name
            && (self.none || self.usual || !self.roles.is_empty())
        {
            let before = trust.current()?;
            if before.certificates.find(name).is_none() && !before.state.roles.contains_key(name) {
                return Err(
                    WrongUse(format!("there is no certificate {name}; see `offhook cert list`")).into()
                );
            }
            // Nothing is written that would leave phones without a list.
            let mut wanted = before.state.clone();
            self.apply(name, &mut wanted);
            let plan = crate::trust::Plan::new(&before.certificates, &wanted, resolved.trust.version)?;
            plan.build(Kind::Itl, resolved.trust.version, resolved.trust.digest, 0)?;
            let path = state_file(&resolved.data_dir);
            TrustState::change(&path, &who(), calendar::now(), |state| self.apply(name, state))?;
            if before.state.reach != Reach::Off {
                context.output.remark(
                    "phones get it with the next list: `offhook trust plan`, `offhook trust publish`",
                );
            }
        }
        self.show(context, &trust)
    }

    fn apply(&self, name: &str, state: &mut TrustState) {
        if self.usual {
            state.roles.remove(name);
        } else {
            state.roles.insert(name.to_owned(), self.roles.clone());
        }
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
