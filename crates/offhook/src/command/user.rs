//! `offhook user`: who may use the page, in which role.

use std::process::ExitCode;

use serde_json::{Value, json};
use store::User;

use super::Context;
use super::stock::Stock;
use crate::admin;
use crate::admin::people;
use crate::trust::calendar::utc;

mod add;
mod link;
mod list;
mod password;
mod remove;
mod role;

/// Add, list, change and remove users of the page
///
/// A new user chooses a password by a link that is printed once. Roles: viewer looks at everything but secrets, operator
/// changes phones, lines, keys and contacts, administrator changes everything.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Add(add::Args),
    List(list::Args),
    Role(role::Args),
    Link(link::Args),
    Password(password::Args),
    Remove(remove::Args),
}

impl Args {
    /// Does what the command says.
    pub fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        match self.verb {
            Verb::Add(args) => args.run(context),
            Verb::List(args) => args.run(context),
            Verb::Role(args) => args.run(context),
            Verb::Link(args) => args.run(context),
            Verb::Password(args) => args.run(context),
            Verb::Remove(args) => args.run(context),
        }
    }
}

/// A user as `--json` prints it.
fn value(user: &User) -> Value {
    json!({
        "name": user.name,
        "role": user.role,
        "has_password": !user.password.is_empty(),
        "made": utc(user.made),
        "last": user.last.map(utc),
    })
}

/// Makes a link and says where it leads.
fn invite(stock: &Stock, owner: Option<&str>) -> anyhow::Result<String> {
    let secret = stock.wait(people::invite(&stock.store, owner, people::now()))?;
    let place = admin::address(&stock.resolved, None).unwrap_or_else(|| "http://SERVER:PORT".to_owned());
    Ok(format!("{place}/welcome/{secret}"))
}

/// The link, for people.
fn told(link: &str) -> String {
    format!("  {link}\n\nWhoever opens it first chooses the password. It holds for a day.")
}
