//! `offhook catalogue zones`: time zones by the names phones know.

use anyhow::bail;
use provision::catalogue::{Zone, nearest, zone_for, zone_named, zones};
use serde_json::{Value, json};

use super::{details, perhaps};
use crate::command::Context;
use crate::command::output::Table;

/// Time zones: which of the names phones know fits a place
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Places or names to tell all about: Europe/Berlin, "GMT Standard/Daylight Time".
    #[arg(value_name = "NAME")]
    names: Vec<String>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<()> {
        if self.names.is_empty() {
            let mut table = Table::new(["ZONE", "OFFSET", "SUMMER TIME", "PLACES"]);
            for zone in zones() {
                let daylight = if zone.daylight { "yes" } else { "no" };
                let places: Vec<_> = zone.zones.iter().take(3).copied().collect();
                table.row([zone.name, &offset(zone), daylight, &places.join(" ")]);
            }
            let all: Vec<_> = zones().iter().map(|zone| value(zone, None)).collect();
            return Ok(context.output.show(table, &all)?);
        }
        let found: anyhow::Result<Vec<_>> =
            self.names.iter().map(|name| Ok((find(name)?, name.as_str()))).collect();
        let found = found?;
        let texts: Vec<_> = found.iter().map(|(zone, name)| text(zone, name)).collect();
        let values: Vec<_> = found.iter().map(|(zone, name)| value(zone, Some(name))).collect();
        Ok(context.output.show(texts.join("\n\n"), &values)?)
    }
}

fn find(name: &str) -> anyhow::Result<&'static Zone> {
    if let Some(zone) = zone_named(name).or_else(|| zone_for(name)) {
        return Ok(zone);
    }
    let known = zones().iter().flat_map(|zone| zone.zones.iter().copied().chain([zone.name]));
    bail!("phones know no time zone {name:?}{}", perhaps(nearest(name, known)))
}

fn offset(zone: &Zone) -> String {
    let sign = if zone.minutes < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", zone.minutes.abs() / 60, zone.minutes.abs() % 60)
}

fn text(zone: &Zone, asked: &str) -> String {
    let warning = if zone.differs(asked) {
        format!("summer time of {asked} is not the one of the load: the clock is wrong for part of the year")
    } else {
        String::new()
    };
    let lines = [
        ("offset", offset(zone)),
        ("summer time", if zone.daylight { "by itself" } else { "none" }.to_owned()),
        ("places", zone.zones.join(", ")),
        ("warning", warning),
        ("remark", zone.note.unwrap_or_default().to_owned()),
        ("mapping is", zone.certainty.to_string()),
    ];
    details(zone.name, &lines)
}

fn value(zone: &Zone, asked: Option<&str>) -> Value {
    json!({
        "name": zone.name,
        "minutes": zone.minutes,
        "daylight": zone.daylight,
        "places": zone.zones,
        "differs": zone.zones.iter().filter(|place| zone.differs(place)).collect::<Vec<_>>(),
        "asked": asked,
        "asked_differs": asked.map(|asked| zone.differs(asked)),
        "certainty": zone.certainty.to_string(),
        "note": zone.note,
    })
}
