//! Many phones at once, each asking for eleven files one after the other.

use std::{collections::BTreeSet, net::SocketAddr, path::Path, time::Duration};

use anyhow::{Context, Result};

use super::{Bench, Measurement, best};
use crate::{
    load::{
        Tally, fetch,
        http::{self, Connections},
        tftp,
    },
    report::Section,
    rounds::{Contender, compare},
    servers::peers::Nginx,
    site::{self, PHONES},
};

const DEADLINE: Duration = Duration::from_secs(120);
const TFTP_PHONES: usize = 200;
/// What the storm over TFTP may take.
const TFTP_SECONDS: f64 = 0.35;

pub(super) fn http(bench: &Bench, about: &Measurement) -> Result<Section> {
    let offhook = bench.offhook()?;
    let names: Vec<Vec<String>> = (0..PHONES)
        .map(|phone| site::files_of(phone).iter().map(|name| format!("{name}.sgn")).collect())
        .collect();
    let signed = bench.site.dir("signed");
    keep_signed(bench, offhook.http()?, &names, &signed)?;
    let nginx = Nginx::default().start(&bench.site.dir("storm-nginx"), &signed, bench.cores)?;
    let contenders: Result<Vec<Contender<'_>>> = [&offhook, &nginx]
        .into_iter()
        .map(|server| {
            let address = server.http()?;
            let boots: Vec<Vec<http::Ask>> = names
                .iter()
                .map(|files| files.iter().map(|name| http::Ask::get(address, name)).collect())
                .collect();
            Ok(Contender::new(&server.name, server.pid(), move || storm_http(address, &boots)))
        })
        .collect();
    let series = compare(bench.rounds, contenders?)?;
    let [offhook, nginx] = series.as_slice() else { anyhow::bail!("a contender is missing") };
    let (ratio, failed) = (offhook.rate_against(nginx), offhook.failed());
    Ok(about
        .section(
            "1,000 phones at once, eleven signed files each, a new connection per file. offhook signs at request (all \
             of it was asked for once before); nginx has the same signed files on disk.",
        )
        .series("files/s", &series)
        .at_least("files per second against nginx", 1.0, ratio)
        .goal("files that failed", "0".to_owned(), failed.to_string(), failed == 0))
}

pub(super) fn tftp(bench: &Bench, about: &Measurement) -> Result<Section> {
    let servers = bench.tftp_servers()?;
    let boots: Vec<Vec<tftp::Ask>> = (0..TFTP_PHONES)
        .map(|phone| site::files_of(phone).iter().map(|name| tftp::Ask::plain(name)).collect())
        .collect();
    let contenders: Result<Vec<Contender<'_>>> = servers
        .iter()
        .map(|server| {
            let plan = tftp::Plan { address: server.tftp()?, at_once: TFTP_PHONES, deadline: DEADLINE };
            let boots = &boots;
            Ok(Contender::new(&server.name, server.pid(), move || storm_tftp(&plan, boots)))
        })
        .collect();
    let series = compare(bench.rounds, contenders?)?;
    let (offhook, peers) = series.split_first().context("a contender is missing")?;
    let best = best(peers).context("a contender is missing")?;
    let what = format!("files per second against the best, {}", best.name);
    let (wall, repeated, failed) = (offhook.wall(), offhook.repeated(), offhook.failed());
    Ok(about
        .section("200 phones at once, eleven files each, 512-byte blocks, a new port per file.")
        .series("transfers/s", &series)
        .at_least(&what, 1.0, offhook.rate_against(best))
        .goal(
            "the whole storm",
            format!("under {TFTP_SECONDS} s"),
            format!("{wall:.3} s"),
            wall < TFTP_SECONDS,
        )
        .goal("datagrams sent again", "0".to_owned(), repeated.to_string(), repeated == 0)
        .goal("files that failed", "0".to_owned(), failed.to_string(), failed == 0))
}

/// Asks offhook for every file once and keeps the answers for nginx.
fn keep_signed(bench: &Bench, offhook: SocketAddr, names: &[Vec<String>], root: &Path) -> Result<()> {
    let distinct: BTreeSet<&String> = names.iter().flatten().collect();
    for name in distinct {
        let bytes = fetch::http(offhook, name)?;
        bench.site.put(root, name, &bytes)?;
    }
    Ok(())
}

fn storm_http(address: SocketAddr, boots: &[Vec<http::Ask>]) -> Result<Tally> {
    let connections = Connections::NewEachTime;
    let plan = http::Plan { address, at_once: boots.len(), connections, deadline: DEADLINE };
    let mut left: Vec<_> = boots.iter().map(|files| files.iter()).collect();
    http::run(&plan, &mut |phone| left.get_mut(phone)?.next())
}

fn storm_tftp(plan: &tftp::Plan, boots: &[Vec<tftp::Ask>]) -> Result<Tally> {
    let mut left: Vec<_> = boots.iter().map(|files| files.iter()).collect();
    tftp::run(plan, &mut |phone| left.get_mut(phone)?.next())
}
