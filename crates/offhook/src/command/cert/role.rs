//! `offhook cert role`: what phones may trust a certificate for, in lists and by the Trust Verification Service.

use std::fmt;
use std::process::ExitCode;

use anyhow::bail;
use serde::Serialize;
use wire::trust_list::{Kind, Role};

use super::pick;
use crate::command::Context;
use crate::command::output::Table;
use crate::command::trust::change::who;
use crate::trust::{Plan, Stored, Trust, TrustState, calendar, state_file};

/// Say what phones may trust a certificate for
///
/// A role stands in trust lists and is told by the Trust Verification Service, or it is only told by that service: lists
/// have room for 39 certificates, and phones ask about those they do not hold.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Show(Show),
    Add(Add),
    Remove(Remove),
}

/// Show the roles of certificates
#[derive(Debug, clap::Args)]
struct Show {
    /// A name from `offhook cert list`; without, all are shown.
    name: Option<String>,
}

/// Give a certificate more roles
#[derive(Debug, clap::Args)]
struct Add {
    /// A name from `offhook cert list`.
    name: String,
    /// SAST, CCM, CCM+TFTP, TFTP, CAPF, APP-SERVER, TVS or a number.
    #[arg(value_name = "ROLE", required = true)]
    roles: Vec<Role>,
    /// Let only the Trust Verification Service tell of them.
    #[arg(long)]
    tvs_only: bool,
}

/// Take roles from a certificate, in lists and beside them
#[derive(Debug, clap::Args)]
struct Remove {
    /// A name from `offhook cert list`.
    name: String,
    /// SAST, CCM, CCM+TFTP, TFTP, CAPF, APP-SERVER, TVS or a number.
    #[arg(value_name = "ROLE", required = true)]
    roles: Vec<Role>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        match self.verb {
            Verb::Show(args) => args.run(context),
            Verb::Add(args) => args.run(context),
            Verb::Remove(args) => args.run(context),
        }
    }
}

impl Show {
    fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let (store, state) = (pick::store(context)?, pick::state(context)?);
        let usual_ttl = context.resolved()?.trust.tvs_ttl;
        if let Some(name) = &self.name {
            let stored = store.find(name).ok_or_else(|| pick::absent(name))?;
            let row = Row::new(stored, &state, usual_ttl);
            context.output.show(&row, &row)?;
            return Ok(ExitCode::SUCCESS);
        }
        let named = |stored: &Stored| (stored.name.clone(), Row::new(stored, &state, usual_ttl));
        let rows: Vec<(String, Row)> = store.iter().map(named).collect();
        let mut table = Table::new(["NAME", "IN LISTS", "ONLY BY TVS", "SECONDS BELIEVED"]);
        for (name, row) in &rows {
            let [listed, tvs_only] = [&row.roles, &row.tvs_only].map(|roles| dash(&roles.join(" ")));
            table.row([name.clone(), listed, tvs_only, row.ttl.to_string()]);
        }
        let json = |(name, row)| Named { name, row };
        context.output.show(table, &rows.into_iter().map(json).collect::<Vec<_>>())?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Add {
    fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let (store, name) = (pick::store(context)?, &self.name);
        let stored = store.find(name).ok_or_else(|| pick::absent(name))?;
        let row = change(context, name, |state| {
            let (mut roles, all) = if self.tvs_only {
                (state.tvs_only(stored), &mut state.tvs_only)
            } else {
                (state.listed(stored), &mut state.roles)
            };
            roles.extend(&self.roles);
            all.insert(name.clone(), once(&roles));
            Ok(())
        })?;
        context.output.show(&row, &row)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Remove {
    fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let (store, name) = (pick::store(context)?, &self.name);
        let stored = store.find(name).ok_or_else(|| pick::absent(name))?;
        let row = change(context, name, |state| {
            let (mut listed, mut besides) = (state.listed(stored), state.tvs_only(stored));
            let has = |role: &&Role| listed.contains(role) || besides.contains(role);
            if let Some(role) = self.roles.iter().find(|role| !has(role)) {
                bail!("{name} does not have the role {role}");
            }
            let stays = |role: &Role| !self.roles.contains(role);
            let (before, before_besides) = (listed.len(), besides.len());
            listed.retain(stays);
            besides.retain(stays);
            if listed.len() != before {
                state.roles.insert(name.clone(), listed);
            }
            if besides.is_empty() {
                state.tvs_only.remove(name);
            } else if besides.len() != before_besides {
                state.tvs_only.insert(name.clone(), besides);
            }
            Ok(())
        })?;
        context.output.show(&row, &row)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Changes what is known of the certificate `name`, unless phones would be left without a list, and gives its roles.
pub(super) fn change(
    context: &Context,
    name: &str,
    change: impl Fn(&mut TrustState) -> anyhow::Result<()>,
) -> anyhow::Result<Row> {
    let resolved = context.resolved()?;
    let current = Trust::of(&resolved).current()?;
    let stored = current.certificates.find(name).ok_or_else(|| pick::absent(name))?;
    let mut wanted = current.state.clone();
    change(&mut wanted)?;
    if wanted.roles != current.state.roles {
        let version = resolved.trust.version;
        let plan = Plan::new(&current.certificates, &wanted, version)?;
        plan.build(Kind::Itl, version, resolved.trust.digest, 0)?;
    }
    if wanted != current.state {
        let path = state_file(&resolved.data_dir);
        let (written, done) = TrustState::change(&path, &who(context), calendar::now(), change)?;
        done?;
        wanted = written;
    }
    Ok(Row::new(stored, &wanted, resolved.trust.tvs_ttl))
}

/// Each role once, where it came first.
pub(super) fn once(roles: &[Role]) -> Vec<Role> {
    let is_first = |(place, role): &(usize, &Role)| !roles.iter().take(*place).any(|other| other == *role);
    roles.iter().enumerate().filter(is_first).map(|(_, role)| *role).collect()
}

/// Forgets what is written about a certificate that is gone.
pub(super) fn forget(context: &Context, name: &str) -> anyhow::Result<()> {
    let path = state_file(&context.resolved()?.data_dir);
    TrustState::change(&path, &who(context), calendar::now(), |state| state.roles.remove(name))?;
    Ok(())
}

/// The roles of a certificate.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    /// Those in lists.
    pub(super) roles: Vec<String>,
    /// Those that only the Trust Verification Service tells of.
    pub(super) tvs_only: Vec<String>,
    /// How many seconds phones may believe what it says.
    pub(super) ttl: u32,
}

#[derive(Debug, Serialize)]
struct Named {
    name: String,
    #[serde(flatten)]
    row: Row,
}

impl Row {
    pub(super) fn new(stored: &Stored, state: &TrustState, usual_ttl: u32) -> Self {
        Self {
            roles: words(&state.listed(stored)),
            tvs_only: words(&state.tvs_only(stored)),
            ttl: state.ttl.get(&stored.name).copied().unwrap_or(usual_ttl),
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "roles     {}", printed(&self.roles, &self.tvs_only))?;
        write!(f, "believed  for {} seconds when the Trust Verification Service tells of it", self.ttl)
    }
}

/// Roles in one cell.
pub(super) fn printed(listed: &[String], tvs_only: &[String]) -> String {
    match (listed.join(" "), tvs_only) {
        (listed, []) => dash(&listed),
        (listed, besides) => format!("{listed} (TVS only: {})", besides.join(" ")).trim_start().to_owned(),
    }
}

pub(super) fn words(roles: &[Role]) -> Vec<String> {
    roles.iter().map(Role::to_string).collect()
}

fn dash(text: &str) -> String {
    if text.is_empty() { "-" } else { text }.to_owned()
}
