//! Plain files over 6970, beside nginx and Apache.

use std::time::Duration;

use anyhow::{Context, Result};

use super::{Bench, Measurement, best, same_bytes};
use crate::{
    load::{
        Tally, fetch,
        http::{self, Ask, Connections, Plan},
    },
    report::Section,
    rounds::{Contender, Series, compare},
    servers::Server,
    site::{CONFIGURATION, FIRMWARE},
};

/// No run here takes longer on a machine that works.
const DEADLINE: Duration = Duration::from_secs(120);

pub(super) fn kept(bench: &Bench, about: &Measurement) -> Result<Section> {
    let servers = [bench.offhook()?, bench.nginx()?, bench.cached_nginx()?];
    let series = measure(bench, &servers, CONFIGURATION, 64, Connections::Kept, 100_000)?;
    let [offhook, nginx, ..] = series.as_slice() else { anyhow::bail!("a contender is missing") };
    let ratio = offhook.rate_against(nginx);
    Ok(about
        .section(
            "64 connections, each with one request under way. Like offhook, nginx sees a changed file with the next \
             request; with `open_file_cache`, shown for comparison, it does not.",
        )
        .series("requests/s", &series)
        .at_least("requests per second against nginx", 1.8, ratio))
}

pub(super) fn new_each(bench: &Bench, about: &Measurement) -> Result<Section> {
    let servers = [bench.offhook()?, bench.nginx()?, bench.cached_nginx()?];
    let series = measure(bench, &servers, CONFIGURATION, 64, Connections::NewEachTime, 40_000)?;
    let [offhook, nginx, ..] = series.as_slice() else { anyhow::bail!("a contender is missing") };
    let (rate, cpu) = (offhook.rate_against(nginx), offhook.cpu_against(nginx));
    Ok(about
        .section("64 at once, each file over a connection of its own that the client closes, as phones do.")
        .series("requests/s", &series)
        .at_least("requests per second against nginx", 1.0, rate)
        .at_most("server CPU per request against nginx", 1.0, cpu))
}

pub(super) fn big(bench: &Bench, about: &Measurement) -> Result<Section> {
    let servers = [bench.offhook()?, bench.nginx()?, bench.apache()?];
    let series = measure(bench, &servers, FIRMWARE, 4, Connections::Kept, 400)?;
    let (offhook, peers) = series.split_first().context("a contender is missing")?;
    let best = best(peers).context("a contender is missing")?;
    let what = format!("files per second against {}", best.name);
    let ratio = offhook.rate_against(best);
    Ok(about
        .section("4 connections, a firmware part of 5 MB again and again; the load reads every byte.")
        .series("files/s", &series)
        .at_least(&what, 1.0, ratio))
}

fn measure(
    bench: &Bench,
    servers: &[Server],
    name: &str,
    at_once: usize,
    connections: Connections,
    total: usize,
) -> Result<Vec<Series>> {
    same_bytes(servers, name, |server, name| fetch::http(server.http()?, name))?;
    let contenders: Result<Vec<Contender<'_>>> = servers
        .iter()
        .map(|server| {
            let plan = Plan { address: server.http()?, at_once, connections, deadline: DEADLINE };
            let ask = Ask::get(plan.address, name);
            Ok(Contender::new(&server.name, server.pid(), move || again(&plan, &ask, total)))
        })
        .collect();
    compare(bench.rounds, contenders?)
}

/// The same request, `total` times over all places.
pub(super) fn again(plan: &Plan, ask: &Ask, total: usize) -> Result<Tally> {
    let mut left = total;
    http::run(plan, &mut |_| {
        left = left.checked_sub(1)?;
        Some(ask)
    })
}
