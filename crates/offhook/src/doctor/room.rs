//! How much room the database takes, how fast it answers, and how full the folder of reports is.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use store::Store;

use super::{Finding, Site, wait};

/// Every phone that asks for something new waits so long.
const SLOW: Duration = Duration::from_millis(250);
/// What an answer may take before it is none.
const PATIENCE: Duration = Duration::from_secs(8);

pub(super) fn database(site: &Site) -> Vec<Finding> {
    let database = &site.resolved.database;
    if database.file().is_some_and(|file| !file.exists()) {
        return Vec::new();
    }
    let asked = async {
        let store = Store::open(database.url()).await.ok()?;
        let began = Instant::now();
        let counts = store.counts().await.ok()?;
        let took = began.elapsed();
        store.close().await;
        Some((counts.total(), took))
    };
    let asked = wait(async { tokio::time::timeout(PATIENCE, asked).await.ok().flatten() }).flatten();
    // Why it does not answer was said already.
    let Some((total, took)) = asked else { return Vec::new() };
    let size = database.file().map(size_of);
    let size = size.map(|bytes| format!(", {}", shown(bytes))).unwrap_or_default();
    let text = format!("{total} things in it{size}, counted in {} ms", took.as_millis());
    vec![if took > SLOW {
        Finding::note(text, "it answers slowly: look at its disk, its memory and the network between")
    } else {
        Finding::good(text)
    }]
}

/// The file, and what SQLite lays beside it.
fn size_of(file: &Path) -> u64 {
    let beside = |ending: &str| {
        let mut path = file.as_os_str().to_owned();
        path.push(ending);
        fs::metadata(path).map_or(0, |metadata| metadata.len())
    };
    ["", "-wal", "-shm"].into_iter().map(beside).sum()
}

/// Problem reports of phones against what they may take.
pub(super) fn reports(site: &Site) -> Vec<Finding> {
    let folder = site.resolved.data_dir.join("reports");
    let used = within(&folder, 4);
    let most = site.resolved.services.reports_bytes;
    if used == 0 {
        return Vec::new();
    }
    let text = format!("problem reports take {} of {}", shown(used), shown(most));
    vec![if used > most / 10 * 9 {
        Finding::note(text, "delete old ones, or raise services.reports: no more are taken beyond that")
    } else {
        Finding::good(text)
    }]
}

fn within(folder: &Path, depth: u8) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() && depth > 0 => within(&entry.path(), depth - 1),
        Ok(metadata) if metadata.is_file() => metadata.len(),
        _ => 0,
    };
    entries.map(size).sum()
}

/// Bytes for people.
fn shown(bytes: u64) -> String {
    match bytes {
        0..10_240 => format!("{bytes} bytes"),
        10_240..10_485_760 => format!("{} KiB", bytes >> 10),
        10_485_760..10_737_418_240 => format!("{} MiB", bytes >> 20),
        _ => format!("{} GiB", bytes >> 30),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::super::Level;
    use super::*;
    use crate::config::Resolved;

    #[test]
    fn a_folder_that_is_almost_full_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let mut resolved = Resolved { data_dir: folder.path().to_owned(), ..Resolved::default() };
        let look = |resolved: &Resolved| reports(&Site { resolved: resolved.clone(), bound: None });
        assert!(look(&resolved).is_empty());
        fs::create_dir_all(folder.path().join("reports/SEP001122334455")).unwrap();
        fs::write(folder.path().join("reports/SEP001122334455/one"), vec![0; 950]).unwrap();
        assert_eq!(look(&resolved)[0].level, Level::Good);
        resolved.services.reports_bytes = 1000;
        assert_eq!(look(&resolved)[0].level, Level::Note);
    }
}
