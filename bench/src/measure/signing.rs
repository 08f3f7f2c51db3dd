//! What signing at request time costs: nothing when the file was asked for before, one signature when not.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};

use super::{Bench, Measurement, http::again};
use crate::{
    cpu::Cores,
    load::{
        Tally, fetch,
        http::{self, Ask, Connections, Plan},
    },
    report::Section,
    rounds::{Contender, compare},
    servers::peers,
    site::{self, CONFIGURATION},
};

pub(super) const DEADLINE: Duration = Duration::from_secs(120);
/// Seconds that `openssl speed` signs for.
const SPEED_SECONDS: u64 = 2;

pub(super) fn warm(bench: &Bench, about: &Measurement) -> Result<Section> {
    let server = bench.offhook()?;
    let plan =
        Plan { address: server.http()?, at_once: 64, connections: Connections::Kept, deadline: DEADLINE };
    let signed_name = format!("{CONFIGURATION}.sgn");
    let (plain, signed) =
        (fetch::http(plan.address, CONFIGURATION)?, fetch::http(plan.address, &signed_name)?);
    ensure!(
        signed.ends_with(&plain) && signed.len() > plain.len(),
        "{signed_name} is not the signed {CONFIGURATION}"
    );
    let contenders = [CONFIGURATION, &signed_name].map(|name| {
        let ask = Ask::get(plan.address, name);
        Contender::new(if name == CONFIGURATION { "plain" } else { "signed" }, server.pid(), move || {
            again(&plan, &ask, 100_000)
        })
    });
    let series = compare(bench.rounds, contenders.into())?;
    let [plain, signed] = series.as_slice() else { anyhow::bail!("a contender is missing") };
    let ratio = signed.rate_against(plain);
    Ok(about
        .section("The same 13 KB file from offhook, as it is and with `.sgn`, over 64 kept connections.")
        .series("requests/s", &series)
        .at_least("signed against plain", 0.95, ratio))
}

pub(super) fn cold(bench: &Bench, about: &Measurement) -> Result<Section> {
    let per_round = site::COLD / (bench.rounds + 1);
    let per_round = per_round.min(1200);
    let server = bench.offhook()?;
    let plan =
        Plan { address: server.http()?, at_once: 16, connections: Connections::Kept, deadline: DEADLINE };
    let asks: Vec<Ask> = (0..site::COLD)
        .map(|number| Ask::get(plan.address, &format!("{}.sgn", site::cold(number))))
        .collect();
    let mut fresh = asks.iter();
    let contenders = vec![
        Contender::new("offhook", server.pid(), move || {
            let mut left = per_round;
            http::run(&plan, &mut |_| {
                left = left.checked_sub(1)?;
                fresh.next()
            })
        }),
        Contender::new("openssl speed rsa2048", None, || openssl_speed(bench.cores)),
    ];
    let series = compare(bench.rounds, contenders)?;
    let [offhook, openssl] = series.as_slice() else { anyhow::bail!("a contender is missing") };
    let ratio = offhook.rate_against(openssl);
    Ok(about
        .section(
            "Every request asks for a file that nobody has asked for before, so each needs an RSA-2048 signature. \
             Debian's `openssl speed` does nothing but sign, on the same core.",
        )
        .series("signatures/s", &series)
        .at_least("signatures per second against openssl speed", 0.9, ratio))
}

pub(super) fn openssl_speed(cores: Cores) -> Result<Tally> {
    let mut command = Command::new(peers::find("openssl")?);
    command.args(["speed", "-mr", "-seconds", &SPEED_SECONDS.to_string(), "rsa2048"]);
    let began = Instant::now();
    let output = cores.on_server_core(|| Ok(command.output()?))?;
    ensure!(output.status.success(), "openssl speed failed: {}", String::from_utf8_lossy(&output.stderr));
    // "+F2:2:2048:1245.3:41230.1": signatures and checks a second; before version 3 the seconds that each takes.
    let text = String::from_utf8_lossy(&output.stdout);
    let line =
        text.lines().find(|line| line.starts_with("+F2:")).context("openssl speed says nothing of RSA")?;
    let number: f64 = line.split(':').nth(3).context("openssl speed says no number")?.parse()?;
    let per_second = if number < 1.0 { number.recip() } else { number };
    let wall = Duration::from_secs(SPEED_SECONDS).min(began.elapsed());
    let done = (wall.as_secs_f64() * per_second) as u64;
    Ok(Tally { done, wall, ..Tally::default() })
}
