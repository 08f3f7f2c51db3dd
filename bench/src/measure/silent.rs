//! Requests beside connections that say nothing.

use std::time::Duration;

use anyhow::Result;

use super::{Bench, Measurement, http::again};
use crate::{
    load::{
        Clock, Tally,
        http::{Ask, Connections, Plan},
        silent,
    },
    report::Section,
    rounds::{Contender, compare},
    servers::Server,
    site::CONFIGURATION,
};

const SILENT: usize = 400;
const REQUESTS: usize = 4000;
/// A server that has not answered by now has stopped answering.
const DEADLINE: Duration = Duration::from_secs(10);

pub(super) fn beside(bench: &Bench, about: &Measurement) -> Result<Section> {
    let (offhook, nginx, apache) = (bench.offhook()?, bench.nginx()?, bench.apache()?);
    let contenders = vec![
        contender(&offhook, 0)?,
        contender(&offhook, SILENT)?,
        contender(&nginx, 0)?,
        contender(&nginx, SILENT)?,
        contender(&apache, 0)?,
        contender(&apache, SILENT)?,
    ];
    let series = compare(bench.rounds, contenders)?;
    let [alone, beside, ..] = series.as_slice() else { anyhow::bail!("a contender is missing") };
    let (ratio, failed) = (beside.rate_against(alone), beside.failed());
    Ok(about
        .section(
            "4,000 requests, 8 at once, each over a new connection: without and with 400 connections that are open and \
             say nothing.",
        )
        .series("requests/s", &series)
        .at_least("with against without silent connections", 0.9, ratio)
        .goal("requests that failed", "0".to_owned(), failed.to_string(), failed == 0))
}

fn contender(server: &Server, count: usize) -> Result<Contender<'_>> {
    let address = server.http()?;
    let plan = Plan { address, at_once: 8, connections: Connections::NewEachTime, deadline: DEADLINE };
    let ask = Ask::get(address, CONFIGURATION);
    let name = if count == 0 { server.name.clone() } else { format!("{}, {count} silent", server.name) };
    Ok(Contender::new(name, server.pid(), move || {
        // A server that takes no more connections is seen by the requests.
        let silent = silent::open(address, count).ok();
        let tally = again(&plan, &ask, REQUESTS).unwrap_or_else(|_| stopped());
        drop(silent);
        Ok(tally)
    }))
}

/// Not one answer within the deadline.
fn stopped() -> Tally {
    let mut clock = Clock::start();
    (0..REQUESTS).for_each(|_| clock.failed());
    Tally { wall: DEADLINE, ..clock.stop() }
}
