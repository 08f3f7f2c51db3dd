//! A hundred phones upload a report of 20 MB each at the same time: what that costs in memory.

use std::{
    fmt::Write as _,
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use anyhow::{Result, ensure};
use provision::{
    inventory::{Change, Phone},
    mac::Mac,
};
use store::Store;

use super::{Bench, Measurement};
use crate::{cpu, load::upload, report::Section, servers::offhook};

const COUNT: u8 = 100;
const BYTES: usize = 20 << 20;
/// How often memory is looked at.
const LOOK: Duration = Duration::from_millis(5);
/// The uploads are twenty times as much.
const WANTED_MB: f64 = 100.0;

pub(super) fn memory(bench: &Bench, about: &Measurement) -> Result<Section> {
    let dir = bench.site.dir("uploads");
    fs::create_dir_all(dir.join("data"))?;
    phones(&format!("sqlite://{}", dir.join("data/offhook.db").display()))?;
    let more = "[services]\nreports = \"4 GiB\"\n";
    let server = offhook::start_with(&bench.offhook, &dir, &bench.site.root(), bench.cores, more)?;
    let address = server.services()?;
    let before = cpu::idle(server.pid()).resident_kb;
    let (peak, done) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let watching = {
        let (peak, done, pid) = (peak.clone(), done.clone(), server.pid());
        thread::spawn(move || {
            while !done.load(Ordering::Relaxed) {
                peak.fetch_max(cpu::idle(pid).resident_kb, Ordering::Relaxed);
                thread::sleep(LOOK);
            }
        })
    };
    let tally = upload::run(address, "/problem-report", COUNT, BYTES, |number| mac(number).device_name());
    done.store(true, Ordering::Relaxed);
    ensure!(watching.join().is_ok(), "whoever watched the memory panicked");
    let tally = tally?;
    let after = cpu::idle(server.pid()).resident_kb;
    let [before, peak, after] = [before, peak.load(Ordering::Relaxed), after].map(|kb| kb as f64 / 1024.0);
    let mut table = "| | uploads | failed | seconds | resident before | at most | after |\n".to_owned();
    table.push_str("| :-- | --: | --: | --: | --: | --: | --: |\n");
    let _ = writeln!(
        table,
        "| offhook | {} | {} | {:.1} | {before:.1} MB | {peak:.1} MB | {after:.1} MB |",
        tally.done,
        tally.failed,
        tally.wall.as_secs_f64()
    );
    Ok(about
        .section(
            "Problem reports of 20 MB from 100 phones at the same time, each sent as fast as it is taken.",
        )
        .table(table)
        .goal(
            "resident memory at most",
            format!("under {WANTED_MB} MB"),
            format!("{peak:.1} MB"),
            peak < WANTED_MB,
        )
        .goal("uploads that failed", "0".into(), tally.failed.to_string(), tally.failed == 0))
}

fn phones(url: &str) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let store = Store::open_or_create(url).await?;
        let phones = (0..COUNT).map(|number| Change::PutPhone(Phone::new(mac(number), None)));
        store.change(&phones.collect::<Vec<_>>()).await?;
        anyhow::Ok(())
    })
}

fn mac(number: u8) -> Mac {
    Mac::new([0, 0x50, 0xC2, 0, 0, number])
}
