//! Files over TFTP, beside dnsmasq, atftpd and tftpd-hpa.

use std::time::Duration;

use anyhow::{Context, Result};

use super::{Bench, Measurement, best, same_bytes};
use crate::{
    load::{
        Tally, fetch,
        tftp::{self, Ask, Plan},
    },
    report::Section,
    rounds::{Contender, Series, compare},
    servers::Server,
    site::{CONFIGURATION, FIRMWARE},
};

const DEADLINE: Duration = Duration::from_secs(120);
/// What fits an Ethernet frame: 1500 less the heads of IP, UDP and TFTP, and room for a tunnel.
const BLOCK: u16 = 1428;

pub(super) fn one(bench: &Bench, about: &Measurement) -> Result<Section> {
    let series = measure(bench, &bench.tftp_servers()?, &Ask::plain(CONFIGURATION), 1, 1000)?;
    against_best(
        about.section("512-byte blocks, one transfer after the other.").series("transfers/s", &series),
        &series,
    )
}

pub(super) fn sixteen(bench: &Bench, about: &Measurement) -> Result<Section> {
    crowd(bench, about, 16)
}

pub(super) fn many(bench: &Bench, about: &Measurement) -> Result<Section> {
    crowd(bench, about, 128)
}

fn crowd(bench: &Bench, about: &Measurement, clients: usize) -> Result<Section> {
    let series = measure(bench, &bench.tftp_servers()?, &Ask::plain(CONFIGURATION), clients, 3000)?;
    let [offhook, dnsmasq, ..] = series.as_slice() else { anyhow::bail!("a contender is missing") };
    let (rate, cpu) = (offhook.rate_against(dnsmasq), offhook.cpu_against(dnsmasq));
    Ok(about
        .section(&format!("512-byte blocks, {clients} transfers at once, each from a new port as phones do."))
        .series("transfers/s", &series)
        .at_least("transfers per second against dnsmasq", 1.2, rate)
        .at_most("server CPU per transfer against dnsmasq", 1.0, cpu))
}

pub(super) fn big_one(bench: &Bench, about: &Measurement) -> Result<Section> {
    big(bench, about, 1, 12)
}

pub(super) fn big_many(bench: &Bench, about: &Measurement) -> Result<Section> {
    big(bench, about, 200, 200)
}

fn big(bench: &Bench, about: &Measurement, clients: usize, total: usize) -> Result<Section> {
    let ask = Ask::with_options(FIRMWARE, BLOCK, 1);
    let series = measure(bench, &bench.tftp_servers()?, &ask, clients, total)?;
    let how = format!("Blocks of {BLOCK} bytes in lock step, {clients} transfers at once.");
    against_best(about.section(&how).series("transfers/s", &series), &series)
}

pub(super) fn window(bench: &Bench, about: &Measurement) -> Result<Section> {
    let server = bench.offhook()?;
    let plan = Plan { address: server.tftp()?, at_once: 1, deadline: DEADLINE };
    let contenders = [16, 1].map(|size| {
        let ask = Ask::with_options(FIRMWARE, BLOCK, size);
        Contender::new(format!("window of {size}"), server.pid(), move || again(&plan, &ask, 12))
    });
    let series = compare(bench.rounds, contenders.into())?;
    let [wide, narrow] = series.as_slice() else { anyhow::bail!("a contender is missing") };
    let ratio = wide.rate_against(narrow);
    Ok(about
        .section("offhook alone: one client, 16 blocks under way at once, and one.")
        .series("transfers/s", &series)
        .at_least("window of 16 against window of 1", 5.0, ratio))
}

fn against_best(section: Section, series: &[Series]) -> Result<Section> {
    let (offhook, peers) = series.split_first().context("a contender is missing")?;
    let best = best(peers).context("a contender is missing")?;
    let what = format!("transfers per second against the best, {}", best.name);
    Ok(section.at_least(&what, 1.0, offhook.rate_against(best)))
}

fn measure(
    bench: &Bench,
    servers: &[Server],
    ask: &Ask,
    at_once: usize,
    total: usize,
) -> Result<Vec<Series>> {
    for name in [CONFIGURATION, FIRMWARE] {
        same_bytes(servers, name, |server, name| fetch::tftp(server.tftp()?, name))?;
    }
    let contenders: Result<Vec<Contender<'_>>> = servers
        .iter()
        .map(|server| {
            let plan = Plan { address: server.tftp()?, at_once, deadline: DEADLINE };
            Ok(Contender::new(&server.name, server.pid(), move || again(&plan, ask, total)))
        })
        .collect();
    compare(bench.rounds, contenders?)
}

fn again(plan: &Plan, ask: &Ask, total: usize) -> Result<Tally> {
    let mut left = total;
    tftp::run(plan, &mut |_| {
        left = left.checked_sub(1)?;
        Some(ask)
    })
}
