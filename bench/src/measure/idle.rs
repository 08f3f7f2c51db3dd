//! What a server costs when nobody asks for anything.

use std::{fmt::Write as _, thread, time::Duration};

use anyhow::Result;

use super::{Bench, Measurement};
use crate::{
    cpu::{self, Idle},
    report::Section,
};

/// After a start, until all is quiet.
const SETTLE: Duration = Duration::from_secs(3);
const WATCH: Duration = Duration::from_secs(10);
const RESIDENT_MB: f64 = 20.0;
/// One wake-up a second is nothing to speak of.
const SWITCHES: f64 = 1.0;

pub(super) fn idle(bench: &Bench, about: &Measurement) -> Result<Section> {
    let servers = [bench.offhook()?, bench.nginx()?, bench.apache()?];
    thread::sleep(SETTLE);
    let before: Vec<Idle> = servers.iter().map(|server| cpu::idle(server.pid())).collect();
    thread::sleep(WATCH);
    let after: Vec<Idle> = servers.iter().map(|server| cpu::idle(server.pid())).collect();
    let mut table = "| | resident | threads | wake-ups a second |\n| :-- | --: | --: | --: |\n".to_owned();
    for ((server, before), after) in servers.iter().zip(&before).zip(&after) {
        let (resident, switches) = (resident_mb(after), switches(before, after));
        let _ = writeln!(table, "| {} | {resident:.1} MB | {} | {switches:.1} |", server.name, after.threads);
    }
    let (resident, switches) = match (before.first(), after.first()) {
        (Some(before), Some(after)) => (resident_mb(after), switches(before, after)),
        _ => anyhow::bail!("offhook was not watched"),
    };
    Ok(about
        .section("All listeners bound, nobody asks, watched for ten seconds.")
        .table(table)
        .goal(
            "resident memory",
            format!("under {RESIDENT_MB} MB"),
            format!("{resident:.1} MB"),
            resident < RESIDENT_MB,
        )
        .goal(
            "wake-ups a second",
            format!("at most {SWITCHES}"),
            format!("{switches:.1}"),
            switches <= SWITCHES,
        ))
}

fn resident_mb(idle: &Idle) -> f64 {
    idle.resident_kb as f64 / 1024.0
}

fn switches(before: &Idle, after: &Idle) -> f64 {
    (after.switches - before.switches) as f64 / WATCH.as_secs_f64()
}
