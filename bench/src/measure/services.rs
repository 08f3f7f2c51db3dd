//! What every key of a phone asks for first, beside a minimal Flask application that gives the same three answers.

use std::{fs, process::Command, time::Duration};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{Bench, Measurement};
use crate::{
    load::{
        fetch,
        http::{self, Ask, Connections, Plan},
    },
    report::Section,
    rounds::{Contender, compare},
    servers::{Server, offhook, peers},
};

/// The slower one answers about a thousand times a second.
const DEADLINE: Duration = Duration::from_secs(120);
const AT_ONCE: usize = 64;
/// Answers of a round: offhook needs more of them to be measured at all.
const MANY: usize = 60_000;
const FEW: usize = 3000;
const WANTED: f64 = 25.0;

pub(super) fn answers(bench: &Bench, about: &Measurement) -> Result<Section> {
    let dir = bench.site.dir("services");
    fs::create_dir_all(dir.join("data"))?;
    let root = bench.site.root();
    let offhook = offhook::start(&bench.offhook, &dir, &root, bench.cores)?;
    let password = allow(bench)?;
    let flask = peers::flask(&bench.site.dir("flask"), &password, bench.cores)?;
    let names =
        [format!("authentication?UserID=bench&Password={password}"), "services".into(), "directory".into()];
    for name in &names {
        let answers = [says(offhook.services()?, name)?, says(flask.http()?, name)?];
        ensure!(answers[0] == answers[1], "{name}: the answers differ:\n{}\n{}", answers[0], answers[1]);
    }
    let contenders = vec![
        contender(&offhook, offhook.services()?, &names, MANY),
        contender(&flask, flask.http()?, &names, FEW),
    ];
    let series = compare(bench.rounds, contenders)?;
    let [offhook, flask] = series.as_slice() else { anyhow::bail!("a contender is missing") };
    let (rate, cpu) = (offhook.rate_against(flask), flask.cpu_against(offhook));
    Ok(about
        .section(
            "`/authentication` with a right password, `/services` and the menu of `/directory` in turn, over 64 kept \
             connections; the Flask application gives the same bytes under Apache mod_wsgi with 5 threads.",
        )
        .series("answers/s", &series)
        .at_least("answers per second against Flask", WANTED, rate)
        .at_least("server CPU of Flask per answer against ours", WANTED, cpu))
}

fn contender<'a>(
    server: &'a Server,
    address: std::net::SocketAddr,
    names: &'a [String],
    count: usize,
) -> Contender<'a> {
    let plan = Plan { address, at_once: AT_ONCE, connections: Connections::Kept, deadline: DEADLINE };
    let asks: &'static [Ask] = names.iter().map(|name| Ask::get(address, name)).collect::<Vec<_>>().leak();
    Contender::new(&server.name, server.pid(), move || {
        let mut asked = 0..count;
        http::run(&plan, &mut |_| asks.get(asked.next()? % asks.len()))
    })
}

/// An answer without the address it was asked at.
fn says(address: std::net::SocketAddr, name: &str) -> Result<String> {
    let text = String::from_utf8(fetch::http(address, name)?)?;
    Ok(text.replace(&address.to_string(), "server"))
}

/// Somebody who may push; gives their password.
fn allow(bench: &Bench) -> Result<String> {
    let config = bench.site.dir("services").join("offhook.toml");
    let mut command = Command::new(&bench.offhook);
    command.args(["push", "allow", "bench", "--json", "--config"]).arg(config);
    let output = command.output()?;
    ensure!(output.status.success(), "push allow: {}", String::from_utf8_lossy(&output.stderr));
    let shown: Value = serde_json::from_slice(&output.stdout)?;
    Ok(shown["password"].as_str().context("push allow prints a password")?.to_owned())
}
