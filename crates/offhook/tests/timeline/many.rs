//! A house that starts at once: nothing is lost, and memory stays within its bounds.

use std::collections::HashMap;
use std::fs;
use std::sync::Arc;

use store::{Store, Subject};
use virtual_phone::boot::{Flash, Over};
use virtual_phone::mac::Mac;
use virtual_phone::models;
use virtual_phone::storm::Storm;

use crate::site::{Site, now, runtime};

const PHONES: usize = 1000;
/// Far above what the server takes, far below what it would take if it kept everything.
const MOST_MEMORY: u64 = 600 << 20;

#[test]
fn a_thousand_phones_lose_nothing() {
    // All phones have the address of this machine.
    let mut site = Site::new("[timeline]\nper_second = 100000", &[]);
    let rows: String =
        (0..PHONES).map(|number| format!("SEP02{number:010X},8851,{}\n", 1000 + number)).collect();
    fs::write(site.path("phones.csv"), format!("mac,model,line1\n{rows}")).unwrap();
    site.ok("phone import phones.csv");
    let storm = Storm {
        phones: PHONES,
        at_once: 100,
        models: vec![models::find("8851").unwrap()],
        first: Mac::FIRST_OF_STORM,
        same: false,
        over: Over::AsPhone,
        flash: Flash::default(),
        now: now(),
    };
    let report = runtime().block_on(storm.run(Arc::new(site.network()), || ()));
    assert_eq!((report.phones, report.came_up), (PHONES, PHONES), "{report:#?}");
    let metrics = site.metrics();
    for reason in ["queue_full", "database_away", "crowd", "flood"] {
        let line = format!("offhook_events_dropped_total{{reason=\"{reason}\"}} 0");
        assert!(metrics.contains(&line), "{metrics}");
    }
    let memory = memory(site.process());
    assert!(memory < MOST_MEMORY, "{memory} bytes");
    site.stop();
    // The requests of all phones are kept.
    let asked: usize =
        report.transports.values().map(|one| one.taken + one.missing + one.rejected + one.failed).sum();
    let url = format!("sqlite://{}", site.path("data/offhook.db").display());
    runtime().block_on(async {
        let store = Store::open(&url).await.unwrap();
        assert_eq!(store.count_events().await.unwrap(), asked as u64);
        let one =
            store.events_of(Subject::Phone(provision::mac::Mac::new([2, 0, 0, 0, 0, 7])), 100).await.unwrap();
        assert_eq!(one.len(), asked / PHONES);
    });
    let all = site.json("phone why");
    let counts: HashMap<&str, u64> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["verdict"].as_str().unwrap(), row["count"].as_u64().unwrap()))
        .collect();
    assert_eq!(counts, HashMap::from([("configured", PHONES as u64)]), "{counts:?}");
}

/// What a process takes of real memory, at most so far.
fn memory(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}
