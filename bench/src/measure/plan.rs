//! `offhook plan` for a large installation: every phone rendered and held against what it fetched last.

use std::{
    fmt::Write as _,
    fs,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use store::{Fetched, PhoneQuery, Store};

use super::{Bench, Measurement, inventory};
use crate::report::Section;

/// Phones of one question.
const AT_ONCE: u32 = 5000;

pub(super) fn fleet(bench: &Bench, about: &Measurement) -> Result<Section> {
    let dir = bench.site.dir("plan");
    fs::create_dir_all(dir.join("data"))?;
    let file = dir.join("data/offhook.db");
    inventory::fill_file(&file)?;
    let phones = fetch_all(&file)?;
    fs::write(dir.join("offhook.toml"), "")?;
    let mut times = Vec::new();
    for _ in 0..bench.rounds {
        times.push(plan(bench, &dir)?);
    }
    times.sort_unstable();
    let median = times.get(times.len() / 2).copied().unwrap_or_default();
    let mut table = "| | phones | seconds | a phone |\n| :-- | --: | --: | --: |\n".to_owned();
    let _ = writeln!(
        table,
        "| `offhook plan` | {phones} | {:.1} | {:.0} µs |",
        median.as_secs_f64(),
        median.as_secs_f64() * 1e6 / f64::from(phones.max(1))
    );
    Ok(about
        .section("100,000 phones in SQLite, all of which fetched something else than they would get now; on one core.")
        .table(table))
}

fn plan(bench: &Bench, dir: &Path) -> Result<Duration> {
    let mut command = Command::new(&bench.offhook);
    command.args(["plan", "--config", "offhook.toml"]).current_dir(dir).stdout(Stdio::null());
    let began = Instant::now();
    let mut child = bench.cores.on_server_core(|| Ok(command.spawn()?))?;
    let status = child.wait()?;
    ensure!(status.code() == Some(1), "every phone would get something else, and plan ends with {status}");
    Ok(began.elapsed())
}

/// Lets every phone have fetched a configuration of which nothing is left; gives how many there are.
fn fetch_all(file: &Path) -> Result<u32> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let store = Store::open_or_create(&format!("sqlite://{}", file.display())).await?;
        let (mut after, mut count) = (None, 0);
        loop {
            let phones = store.phones_after(after, AT_ONCE).await?;
            let Some(last) = phones.last() else { break };
            after = Some(last.mac);
            count += u32::try_from(phones.len())?;
            let fetched = phones.iter().map(|phone| Fetched {
                mac: phone.mac,
                stamp: "another".into(),
                fingerprint: Vec::new(),
                at: 1_790_000_000,
                transport: "http".into(),
                source: "192.0.2.1".into(),
            });
            store.remember_fetched(&fetched.collect::<Vec<_>>()).await?;
        }
        ensure!(
            u64::from(count) == store.phones(&PhoneQuery::default(), &store::Page::first(1)).await?.total,
            "phones are missing"
        );
        store.close().await;
        Ok(count)
    })
}
