//! `offhook token`: programs that may use the API.

use std::process::ExitCode;

use serde_json::json;

use super::Context;
use super::output::Table;
use super::stock::Stock;
use crate::admin::api::token::{self, Scope};
use crate::trust::calendar;

/// Add, list and remove tokens: what programs show to use the API
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Add(Add),
    List(List),
    Remove(Remove),
}

/// Make a token, and print it: nobody can read it again
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
struct Add {
    /// What people call it.
    name: String,
    /// What it may: read (look at everything but secrets), operate (also change phones, lines, keys, contacts), administer
    /// (everything).
    #[arg(long)]
    scope: Scope,
    /// For how many days it holds; for ever without.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=3650))]
    days: Option<u32>,
}

const EXAMPLES: &str = "\
Examples:
  offhook token add backup --scope read --days 365
  OFFHOOK_TOKEN=$(offhook token add billing --scope operate)";

/// List tokens: what they may, until when, and when they were used last
#[derive(Debug, clap::Args)]
struct List {}

/// Remove tokens: whoever shows one is nobody any more
#[derive(Debug, clap::Args)]
struct Remove {
    /// Their names.
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
}

impl Args {
    /// Does what the command says.
    pub fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        match self.verb {
            Verb::Add(args) => args.run(context),
            Verb::List(args) => args.run(context),
            Verb::Remove(args) => args.run(context),
        }
    }
}

impl Add {
    fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let expires = self.days.map(|days| calendar::now() + i64::from(days) * 86_400);
        let fresh = stock.wait(token::make(&stock.store, &self.name, self.scope, expires))?;
        let value = json!({
            "name": fresh.kept.name,
            "scope": fresh.kept.scope,
            "expires": fresh.kept.expires.map(calendar::utc),
            "secret": fresh.shown,
        });
        context.output.show(&fresh.shown, &value)?;
        context.output.remark(format!(
            "This is the token {}; it is not shown again. A program shows it as\nAuthorization: Bearer {}…",
            fresh.kept.name,
            &fresh.shown[..12]
        ));
        Ok(ExitCode::SUCCESS)
    }
}

impl List {
    fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let tokens = stock.wait(stock.store.tokens())?;
        let mut table = Table::new(["NAME", "MAY", "SINCE", "UNTIL", "USED LAST"]);
        let mut values = Vec::new();
        for token in &tokens {
            let until = match token.expires {
                None => "for ever".to_owned(),
                Some(end) if end <= calendar::now() => format!("over ({})", calendar::utc(end)),
                Some(end) => calendar::utc(end),
            };
            let used = token.used.map_or_else(|| "never".to_owned(), calendar::utc);
            table.row([token.name.clone(), token.scope.clone(), calendar::utc(token.made), until, used]);
            values.push(json!({
                "name": token.name,
                "scope": token.scope,
                "made": calendar::utc(token.made),
                "expires": token.expires.map(calendar::utc),
                "used": token.used.map(calendar::utc),
            }));
        }
        let text = if tokens.is_empty() {
            "There are no tokens: offhook token add NAME --scope read".to_owned()
        } else {
            table.to_string()
        };
        context.output.show(text, &json!({ "tokens": values }))?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Remove {
    fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        for name in &self.names {
            stock.wait(stock.store.remove_token(name))?;
        }
        let text = format!("token {} removed", self.names.join(", "));
        context.output.show(text, &json!({ "removed": self.names }))?;
        Ok(ExitCode::SUCCESS)
    }
}
