//! `offhook contact who`: whose number that is.

use std::process::ExitCode;
use std::time::Duration;

use serde_json::json;

use crate::asterisk::Asterisk;
use crate::command::Context;
use crate::command::output::Table;
use crate::command::stock::Stock;
use crate::directory::{Directory, Who};
use crate::inventory::{self, Inventory};

/// A command has more time than a phone; whoever sits before it has less than a minute.
const PATIENCE: Duration = Duration::from_secs(20);

/// Tell whose number that is, from lines and every source of the directory
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The number, however it is written: 1001, +49 30 1234567, 0049301234567.
    number: String,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let who = stock.wait(async {
            // A server has read its address books already.
            if let Some(host) = &context.host {
                return Ok(host.app.directory.patient(PATIENCE).who_is(&self.number).await);
            }
            let inventory = Inventory::new(stock.store.clone(), inventory::surroundings(&stock.resolved));
            let asterisk = stock.resolved.asterisk.account().map(Asterisk::open).unwrap_or_default();
            let directory = Directory::of(&stock.resolved, Some(inventory), asterisk);
            Ok::<_, anyhow::Error>(directory.patient(PATIENCE).who_is(&self.number).await)
        })?;
        let known = who.known.iter().map(|one| {
            json!({
                "name": one.name,
                "organisation": one.organisation,
                "number": one.number,
                "source": one.source.word(),
                "sure": one.sure,
            })
        });
        let away = who.away.iter().map(|(source, why)| json!({ "source": source.word(), "why": why }));
        let value = json!({
            "number": self.number,
            "known": known.collect::<Vec<_>>(),
            "away": away.collect::<Vec<_>>(),
        });
        context.output.show(self.text(&who), &value)?;
        Ok(if who.known.is_empty() { ExitCode::from(1) } else { ExitCode::SUCCESS })
    }

    fn text(&self, who: &Who) -> String {
        let mut text = if who.known.is_empty() {
            format!("Nobody is known to have {}.", self.number)
        } else {
            let mut table = Table::new(["NAME", "ORGANISATION", "NUMBER", "SOURCE", ""]);
            for one in &who.known {
                let sure = if one.sure { "" } else { "likely: it ends alike" };
                table.row([
                    one.name.clone(),
                    one.organisation.clone(),
                    one.number.clone(),
                    one.source.title().to_owned(),
                    sure.to_owned(),
                ]);
            }
            table.to_string()
        };
        for (source, why) in &who.away {
            text.push_str(&format!("\n\n{} cannot be asked: {why}", source.title()));
        }
        text
    }
}
