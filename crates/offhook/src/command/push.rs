//! `offhook push`: who may push something to phones. A phone asks `/authentication` before it lets anybody.

use std::process::ExitCode;

use anyhow::Context as _;
use provision::mac::Mac;
use serde::Serialize;

use super::output::Table;
use super::{Context, WrongUse};
use crate::push::{User, Users, file};

/// Decide who may push messages and commands to phones
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Allow(Allow),
    /// Show who may push
    List,
    Forbid(Forbid),
}

/// Let a user push, or give one a new password
///
/// The password is kept hashed. Without --password one is made up and printed, once.
#[derive(Debug, clap::Args)]
struct Allow {
    /// The user's name
    user: String,
    /// Only to this phone; may be given more than once [default: all phones]
    #[arg(long, value_name = "MAC")]
    phone: Vec<Mac>,
    /// The password: @FILE reads a file, @- standard input
    #[arg(long, value_name = "PASSWORD")]
    password: Option<String>,
}

/// Let a user push no more
#[derive(Debug, clap::Args)]
struct Forbid {
    /// The user's name
    user: String,
}

/// What programs are told of a user.
#[derive(Debug, Serialize)]
struct Shown {
    user: String,
    phones: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
}

/// As long as the field on a phone's own pages.
const LONGEST_NAME: usize = 64;

impl Args {
    /// Does what the command says.
    pub fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        match self.verb {
            Verb::Allow(args) => args.run(context),
            Verb::List => list(context),
            Verb::Forbid(args) => args.run(context),
        }
    }
}

impl Allow {
    fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let is_name = self.user.chars().all(|c| c.is_ascii_graphic() && c != ':');
        if self.user.is_empty() || self.user.len() > LONGEST_NAME || !is_name {
            return Err(WrongUse(format!(
                "`{}` is no user name: 1 to 64 letters, digits and signs, no colon",
                self.user
            ))
            .into());
        }
        let (password, made_up) = match &self.password {
            Some(written) => {
                (context.output.console.password(written, &format!("password of {}", self.user))?, false)
            }
            None => (crate::edit::made_up()?, true),
        };
        anyhow::ensure!(!password.is_empty(), "an empty password lets everybody push");
        let phones: Vec<String> = self.phone.iter().map(|mac| mac.device_name()).collect();
        let user = User { hash: pki::password::hash(&password), phones: phones.clone(), until: None };
        let data_dir = context.resolved()?.data_dir;
        std::fs::create_dir_all(&data_dir).with_context(|| format!("cannot make {}", data_dir.display()))?;
        Users::change(&file(&data_dir), |users| users.users.insert(self.user.clone(), user))?;
        let reach = if phones.is_empty() { "all phones".to_owned() } else { phones.join(", ") };
        let password = made_up.then_some(password);
        let mut text = format!("{} may push to {reach}", self.user);
        if let Some(password) = &password {
            text.push_str(&format!("\npassword: {password}"));
        }
        context.output.show(text, &Shown { user: self.user, phones, password })?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Forbid {
    fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let path = file(&context.resolved()?.data_dir);
        let was = path.exists() && Users::change(&path, |users| users.users.remove(&self.user).is_some())?;
        anyhow::ensure!(was, "there is no user `{}` who may push; `offhook push list` shows all", self.user);
        context.output.line(format_args!("{} may push no more", self.user))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn list(context: &Context) -> anyhow::Result<ExitCode> {
    let users = Users::read(&file(&context.resolved()?.data_dir))?;
    let shown = |(name, user): (&String, &User)| Shown {
        user: name.clone(),
        phones: user.phones.clone(),
        password: None,
    };
    let all: Vec<Shown> = users.users.iter().filter(|(_, user)| user.until.is_none()).map(shown).collect();
    let mut table = Table::new(["user", "phones"]);
    for user in &all {
        let phones = if user.phones.is_empty() { "all".to_owned() } else { user.phones.join(" ") };
        table.row([user.user.clone(), phones]);
    }
    let none = "nobody may push; `offhook push allow USER` lets somebody";
    let text = if all.is_empty() { none.to_owned() } else { table.to_string() };
    context.output.show(text, &all)?;
    Ok(ExitCode::SUCCESS)
}
