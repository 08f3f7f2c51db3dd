//! `offhook catalogue`: what is known of models, settings, keys and time zones.

mod keys;
mod models;
mod settings;
mod zones;

use std::process::ExitCode;

use anyhow::bail;
use provision::catalogue::nearest;
use provision::models::{Model, all};

use super::{Context, WrongUse};
use crate::edit;

/// Look up phone models, settings, keys and time zones
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Models(models::Args),
    Settings(settings::Args),
    Keys(keys::Args),
    Zones(zones::Args),
}

/// Which phones to speak of.
#[derive(Debug, clap::Args)]
struct For {
    /// Only what phones of this series know: 6900, 7800, 7900, 8800, 8900 or 9900.
    #[arg(long, conflicts_with = "model")]
    series: Option<String>,
    /// Only what this model knows: 8845, CP-7942G.
    #[arg(long)]
    model: Option<String>,
}

impl Args {
    /// Prints what was asked for; fails if a name is unknown.
    pub fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Models(args) => args.run(context)?,
            Command::Settings(args) => args.run(context)?,
            Command::Keys(args) => args.run(context)?,
            Command::Zones(args) => args.run(context)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The model that an option names.
pub(super) fn model(name: &str) -> Result<&'static Model, WrongUse> {
    edit::model(name).map_err(|error| WrongUse(error.to_string()))
}

pub(super) fn series(name: &str) -> Result<&'static str, WrongUse> {
    edit::series(name).map_err(|error| WrongUse(error.to_string()))
}

fn perhaps(nearest: Option<&str>) -> String {
    nearest.map(|name| format!("; perhaps {name}")).unwrap_or_default()
}

impl For {
    /// The models to speak of, and their series if they are of one.
    fn models(&self) -> Result<(Vec<&'static Model>, Option<&'static str>), WrongUse> {
        if let Some(name) = &self.model {
            let model = model(name)?;
            return Ok((vec![model], Some(model.series)));
        }
        let series = self.series.as_deref().map(series).transpose()?;
        let of_it = |model: &&Model| series.is_none_or(|series| model.series == series);
        Ok((all().iter().filter(of_it).collect(), series))
    }
}

/// The rows of those names, or all; an error that tells every name that none has.
fn chosen<'a, T>(
    what: &str,
    rows: Vec<&'a T>,
    names: &[String],
    is: impl Fn(&T, &str) -> bool,
    spelled: impl Fn(&T) -> Vec<&'static str>,
) -> anyhow::Result<Vec<&'a T>> {
    if names.is_empty() {
        return Ok(rows);
    }
    let mut found = Vec::new();
    let mut unknown = Vec::new();
    for name in names {
        let before = found.len();
        found.extend(rows.iter().copied().filter(|row| is(row, name)));
        if found.len() == before {
            let near = nearest(name, rows.iter().flat_map(|row| spelled(row)));
            unknown.push(format!("there is no {what} {name:?}{}", perhaps(near)));
        }
    }
    if !unknown.is_empty() {
        bail!("{}", unknown.join("\n"));
    }
    Ok(found)
}

/// Lines that say one thing each, the names of the things lined up.
fn details(title: &str, lines: &[(&str, String)]) -> String {
    let mut text = title.to_owned();
    for (name, value) in lines.iter().filter(|(_, value)| !value.is_empty()) {
        let name = if name.is_empty() { String::new() } else { format!("{name:<16}") };
        text.push_str(&format!("\n  {name}{value}"));
    }
    text
}
