//! Lists of a large installation over the REST API, as a program pages through them.

use std::{
    fmt::Write as _,
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::{Bench, Measurement, inventory};
use crate::{
    report::Section,
    servers::{Server, offhook},
};

/// What is asked in words, and where.
pub(super) type Asked = (&'static str, &'static str);

/// What is asked: the list from its begin and from its middle, sorted otherwise, narrowed, searched.
const ASKED: [Asked; 5] = [
    ("the first 50", "/api/v1/phones"),
    ("50 from the middle on", "/api/v1/phones?cursor=SEP00110000C350"),
    ("the 50 changed last", "/api/v1/phones?sort=-changed"),
    ("of a site", "/api/v1/phones?site=Berlin&state=active"),
    ("by a text", "/api/v1/phones?text=desk%2099"),
];
/// Programs at a time.
pub(super) const AT_ONCE: usize = 2;
/// Questions of each in a round.
const QUESTIONS: usize = 100;
pub(super) const WANTED: Duration = Duration::from_millis(50);
/// Longer than any answer of a server that works.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) fn listing(bench: &Bench, about: &Measurement) -> Result<Section> {
    let (file, server) = (bench.site.dir("api"), bench.site.dir("api-server"));
    fs::create_dir_all(file.join("data"))?;
    inventory::fill_file(&file.join("data/offhook.db"))?;
    let url = inventory::fill_server()?;
    let root = bench.site.root();
    let (mut table, worst_of_file) = {
        let server = offhook::start(&bench.offhook, &file, &root, bench.cores)?;
        lists(bench, &server, &file, "SQLite")?
    };
    let (rows, worst_of_server) = {
        let running = offhook::start_on(&bench.offhook, &server, &root, bench.cores, url)?;
        lists(bench, &running, &server, "PostgreSQL")?
    };
    rows.lines().skip(2).for_each(|row| {
        let _ = writeln!(table, "{row}");
    });
    let worst = worst_of_file.max(worst_of_server);
    Ok(about
        .section("Parts of the list of 100,000 phones, 50 phones each, two programs at a time over kept connections.")
        .table(table)
        .goal("99 % of every list", format!("within {}", milliseconds(WANTED)), milliseconds(worst), worst < WANTED))
}

/// The lists of a server with that database.
fn lists(bench: &Bench, server: &Server, dir: &Path, database: &str) -> Result<(String, Duration)> {
    let (address, token) = (server.admin()?, token(bench, dir)?);
    let header = format!("Authorization: Bearer {token}");
    let (table, worst) = measured(bench, address, &header, &ASKED, AT_ONCE)?;
    let rows = table.lines().enumerate().map(|(number, row)| match number {
        0 | 1 => format!("{row}\n"),
        _ => row.replacen(" | ", &format!(", {database} | "), 1) + "\n",
    });
    Ok((rows.collect(), worst))
}

/// How long each of these took, for whoever shows that header; and the worst of their slowest hundredth.
pub(super) fn measured(
    bench: &Bench,
    address: SocketAddr,
    header: &str,
    asked: &[Asked],
    at_once: usize,
) -> Result<(String, Duration)> {
    let mut table = "| | answers | median | 99 % within |\n| :-- | --: | --: | --: |\n".to_owned();
    let mut worst = Duration::ZERO;
    for (what, path) in asked {
        let mut times = Vec::new();
        for number in 0..=bench.rounds {
            let round = round(address, path, header, at_once)?;
            // The first does not count: what a server reads once, it has then.
            if number > 0 {
                times.extend(round);
            }
        }
        times.sort_unstable();
        let within = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
        let most = within(99);
        let _ = writeln!(
            table,
            "| {what} | {} | {} | {} |",
            times.len(),
            milliseconds(within(50)),
            milliseconds(most)
        );
        worst = worst.max(most);
    }
    Ok((table, worst))
}

pub(super) fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

/// A program that may read.
fn token(bench: &Bench, dir: &Path) -> Result<String> {
    let config = dir.join("offhook.toml");
    let mut command = Command::new(&bench.offhook);
    command.args(["token", "add", "bench", "--scope", "read", "--json", "--config"]).arg(config);
    let output = command.output()?;
    ensure!(output.status.success(), "token add: {}", String::from_utf8_lossy(&output.stderr));
    let shown: Value = serde_json::from_slice(&output.stdout)?;
    Ok(shown["secret"].as_str().context("token add prints the token")?.to_owned())
}

/// How long each answer took, of all programs.
fn round(address: SocketAddr, path: &str, header: &str, at_once: usize) -> Result<Vec<Duration>> {
    thread::scope(|scope| {
        let programs: Vec<_> = (0..at_once).map(|_| scope.spawn(|| program(address, path, header))).collect();
        let mut times = Vec::new();
        for program in programs {
            times.extend(program.join().map_err(|_| anyhow::anyhow!("a program died"))??);
        }
        Ok(times)
    })
}

fn program(address: SocketAddr, path: &str, header: &str) -> Result<Vec<Duration>> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{header}\r\n\r\n");
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut times = Vec::new();
    for _ in 0..QUESTIONS {
        let asked = Instant::now();
        (&stream).write_all(request.as_bytes())?;
        let body = answer(&mut reader)?;
        times.push(asked.elapsed());
        ensure!(body.len() > 1000, "{path}: the answer is short");
    }
    Ok(times)
}

fn answer(reader: &mut BufReader<TcpStream>) -> Result<Vec<u8>> {
    let (mut line, mut length) = (String::new(), 0);
    reader.read_line(&mut line)?;
    ensure!(line.starts_with("HTTP/1.1 200"), "the server says {}", line.trim());
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim().split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(body)
}
