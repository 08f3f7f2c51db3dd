//! `offhook phone timeline`: what a phone did, boot by boot.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Duration;

use provision::mac::Mac;
use provision::timeline::{Boot, Event, ago, boots};
use serde_json::json;
use store::{KeptEvent, Subject};

use super::told::{Colour, event_cells, line_of, sign};
use crate::command::Context;
use crate::command::output::Table;
use crate::command::stock::Stock;
use crate::timeline::{now, view};

/// Show what a phone did: its boots, every file of each, and what is normal
///
/// ✓ is what it got, · what is normally not there, ✗ what should not be. Works without a running server, too.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  offhook phone timeline SEP001122334455
  offhook phone timeline SEP001122334455 --follow
  offhook phone timeline 192.0.2.17 --boots 10")]
pub(super) struct Args {
    /// The phone; or an address, for what came from there without telling whose it was.
    #[arg(value_name = "SEP…")]
    who: Who,
    /// How many boots, the last ones.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    boots: u32,
    /// Go on printing what it does.
    #[arg(long)]
    follow: bool,
}

#[derive(Clone, Copy, Debug)]
struct Who(Subject);

impl FromStr for Who {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(mac) = text.parse::<Mac>() {
            return Ok(Self(Subject::Phone(mac)));
        }
        let address = text.parse::<IpAddr>().map(|address| Self(Subject::Address(address)));
        address.map_err(|_| format!("{text:?} is neither a phone such as SEP001122334455 nor an address"))
    }
}

/// Events of a phone that are read: more than are kept of one by default.
const MOST: u32 = 5000;
/// How often somebody who follows looks.
const LOOK: Duration = Duration::from_millis(500);

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let Who(subject) = self.who;
        let kept = stock.wait(stock.store.events_of(subject, MOST))?;
        let last = kept.last().map_or(0, |one| one.id);
        let all = boots(kept.into_iter().map(|one| one.event).collect());
        let shown = &all[all.len().saturating_sub(self.boots as usize)..];
        let colour = Colour::of(&context.output.console);
        if self.follow {
            return follow(&stock, subject, (last, shown), context, colour);
        }
        if context.output.is_json() {
            context.output.value(&json!({
                "phone": name(subject),
                "boots": shown.iter().map(view::boot).collect::<Vec<_>>(),
            }))?;
        } else if shown.is_empty() {
            context.output.line(format!("Nothing was heard of {}.", name(subject)))?;
        } else {
            let text: Vec<String> = shown.iter().map(|boot| text(boot, colour)).collect();
            context.output.line(text.join("\n\n"))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn name(subject: Subject) -> String {
    match subject {
        Subject::Phone(mac) => mac.device_name(),
        Subject::Address(address) => address.to_string(),
    }
}

/// A boot as a table, the moments counted from its first request.
fn text(boot: &Boot, colour: Colour) -> String {
    let mut text = heading(boot);
    let mut table =
        Table::new(["", "       AFTER", "WHAT", "NAME", "OVER", "OUTCOME", "   BYTES", "      TIME", ""]);
    for event in &boot.events {
        table.row(cells(event, boot.began()));
    }
    let table = table.to_string();
    for (place, line) in table.lines().enumerate() {
        let event = place.checked_sub(1).and_then(|place| boot.events.get(place));
        let line = event.map_or_else(|| line.to_owned(), |event| colour.event(event, line));
        let _ = write!(text, "\n{line}");
    }
    text
}

fn heading(boot: &Boot) -> String {
    let count = boot.events.len();
    let span = boot.booted() - boot.began();
    let seconds = span as f64 / 1000.0;
    let (began, ago) = (line_of(boot.began()), ago(boot.began(), now()));
    let things = if count == 1 { "one event" } else { &format!("{count} events") };
    format!("{began} UTC ({ago}): {things}, booting took {seconds:.1} s")
}

fn cells(event: &Event, began: i64) -> [String; 9] {
    let [what, name, over, outcome, bytes, took, reason] = event_cells(event);
    let after = format!("{:>12}", after(event.at - began));
    let (bytes, took) = (format!("{bytes:>8}"), format!("{took:>10}"));
    [sign(event).to_owned(), after, what, name, over, outcome, bytes, took, reason]
}

/// `+0.500 s`, `+12 min`, `+3 h`, `+5 days`.
fn after(milliseconds: i64) -> String {
    let seconds = milliseconds / 1000;
    match seconds {
        ..120 => format!("+{}.{:03} s", seconds, milliseconds.rem_euclid(1000)),
        120..7200 => format!("+{} min", seconds / 60),
        7200..172_800 => format!("+{} h", seconds / 3600),
        _ => format!("+{} days", seconds / 86_400),
    }
}

/// Prints what is there, and then whatever comes, until somebody stops it.
fn follow(
    stock: &Stock,
    subject: Subject,
    (mut last, shown): (i64, &[Boot]),
    context: &Context,
    colour: Colour,
) -> anyhow::Result<ExitCode> {
    for boot in shown {
        boot.events.iter().try_for_each(|event| line(event, context, colour))?;
    }
    while !context.output.console.is_gone() {
        let kept: Vec<KeptEvent> = stock.wait(stock.store.events_after(last, Some(subject), MOST))?;
        for one in &kept {
            last = one.id;
            line(&one.event, context, colour)?;
        }
        std::thread::sleep(LOOK);
    }
    Ok(ExitCode::SUCCESS)
}

/// One event as a line of its own; JSON on one line each.
fn line(event: &Event, context: &Context, colour: Colour) -> anyhow::Result<()> {
    if context.output.is_json() {
        context.output.bytes(format!("{}\n", serde_json::to_string(&view::event(event))?).as_bytes())?;
    } else {
        let [what, name, over, outcome, _, _, reason] = event_cells(event);
        let text = format!(
            "{}  {} {what:<14} {name:<36} {over:<11} {outcome:<15} {reason}",
            line_of(event.at),
            sign(event)
        );
        context.output.line(colour.event(event, text.trim_end()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_since_the_first_request_is_told_in_what_fits() {
        for (milliseconds, text) in [
            (0, "+0.000 s"),
            (1_250, "+1.250 s"),
            (119_999, "+119.999 s"),
            (600_000, "+10 min"),
            (10_800_000, "+3 h"),
            (400_000_000, "+4 days"),
        ] {
            assert_eq!(after(milliseconds), text);
        }
    }
}
