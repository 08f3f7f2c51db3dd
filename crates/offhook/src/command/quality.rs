//! `offhook quality`: what users reported about calls, from their phones.

use std::process::ExitCode;
use std::str::FromStr;

use provision::mac::Mac;
use serde_json::{Value, json};
use store::{Quality, QualitySummary};

use super::Context;
use crate::services::quality::{loss, meaning, milliseconds};
use crate::trust::calendar::utc;

mod list;
mod show;

/// Show what users reported about the quality of calls, with the figures of each call
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    List(list::Args),
    Show(show::Args),
}

impl Args {
    /// Does what the command says.
    pub fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        match self.verb {
            Verb::List(args) => args.run(context),
            Verb::Show(args) => args.run(context),
        }
    }
}

/// A report, or all of a phone: `17`, `SEP001122334455`.
#[derive(Clone, Copy, Debug)]
enum Which {
    Report(i64),
    Phone(Mac),
}

impl FromStr for Which {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // Twelve digits are the address of a phone; nobody has that many reports.
        if text.len() < 12
            && let Ok(number) = text.parse()
        {
            return Ok(Self::Report(number));
        }
        text.parse().map(Self::Phone).map_err(|_| {
            format!("{text:?} is neither the number of a report nor a phone such as SEP001122334455")
        })
    }
}

/// The figures of a call: their names, and what they are, as far as they are known.
fn figures(report: &Quality) -> Vec<(&'static str, String)> {
    let call = &report.call;
    let counted = |packets: Option<i64>, lost: Option<i64>, jitter: Option<i64>| {
        let lost = lost.map(|lost| match packets {
            Some(packets) => loss(packets, lost),
            None => lost.to_string(),
        });
        let packets = packets.map(|packets| format!("{packets} packets"));
        let parts = [
            packets,
            lost.map(|l| format!("lost {l}")),
            jitter.map(|j| format!("jitter {}", milliseconds(j))),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    };
    let all = [
        ("codec", call.codec.clone()),
        ("heard", counted(call.packets, call.lost, call.jitter)),
        ("said", counted(call.sent, call.sent_lost, call.sent_jitter)),
        ("round trip", call.round_trip.map(milliseconds)),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

fn value(report: &Quality) -> Value {
    let call = &report.call;
    json!({
        "id": report.id,
        "phone": report.mac.device_name(),
        "at": utc(report.at),
        "line": report.line,
        "reason": report.reason,
        "codec": call.codec,
        "packets": call.packets,
        "lost": call.lost,
        "jitter_ms": call.jitter.map(thousandths),
        "sent": call.sent,
        "sent_lost": call.sent_lost,
        "sent_jitter_ms": call.sent_jitter.map(thousandths),
        "round_trip_ms": call.round_trip.map(thousandths),
        "raw": call.raw,
    })
}

fn summary_value(phone: &QualitySummary) -> Value {
    json!({
        "phone": phone.mac.device_name(),
        "reports": phone.reports,
        "last": utc(phone.last),
        "packets": phone.packets,
        "lost": phone.lost,
        "worst_jitter_ms": phone.jitter.map(thousandths),
        "longest_round_trip_ms": phone.round_trip.map(thousandths),
    })
}

/// What the reports of a phone say together, in the columns of [`SUMMARY`].
fn summary_cells(phone: &QualitySummary) -> [String; 6] {
    let lost = phone.packets.zip(phone.lost).map(|(packets, lost)| loss(packets, lost));
    [
        phone.mac.device_name(),
        phone.reports.to_string(),
        utc(phone.last),
        lost.unwrap_or_default(),
        phone.jitter.map(milliseconds).unwrap_or_default(),
        phone.round_trip.map(milliseconds).unwrap_or_default(),
    ]
}

const SUMMARY: [&str; 6] = ["PHONE", "REPORTS", "LAST", "LOST", "WORST JITTER", "LONGEST ROUND TRIP"];

/// Milliseconds of microseconds, for programs.
fn thousandths(micros: i64) -> f64 {
    // Calls have no times beyond what this holds exactly.
    f64::from(i32::try_from(micros).unwrap_or(i32::MAX)) / 1000.0
}
