//! Somebody is looked up among a hundred thousand, half of them contacts of the inventory and half on cards in a file.

use std::{fmt::Write as _, fs, path::Path, time::Duration};

use anyhow::{Result, ensure};
use provision::inventory::{Change, Contact, ContactNumber, NumberKind};
use store::Store;

use super::{Bench, Measurement};
use crate::{
    load::{Tally, fetch, http::Ask, open},
    report::Section,
    rounds::{Contender, Series, compare},
    servers::offhook,
};

/// Contacts of each source.
const HALF: u32 = 50_000;
const PER_SECOND: u32 = 1000;
/// Requests of a round: five seconds.
const COUNT: usize = 5000;
const WANTED: Duration = Duration::from_millis(10);

/// From what thousands fit to what one does: beginnings, words, digits of a number, keys, and everybody.
const SEARCHES: [&str; 8] =
    ["who=mu", "who=anna+m", "who=12345", "keys=685", "keys=26620685", "who=zoe", "keys=7424", "who="];

pub(super) fn search(bench: &Bench, about: &Measurement) -> Result<Section> {
    let dir = bench.site.dir("directory");
    let cards = dir.join("cards.vcf");
    fs::create_dir_all(dir.join("data"))?;
    fill(&dir, &cards)?;
    let more = format!("[directory.sources.cards]\nkind = \"vcard\"\npath = \"{}\"\n", cards.display());
    let server = offhook::start_with(&bench.offhook, &dir, &bench.site.root(), bench.cores, &more)?;
    let address = server.services()?;
    let names: Vec<String> = SEARCHES.iter().map(|search| format!("directory/found?{search}")).collect();
    ready(address)?;
    let asks: Vec<Ask> = names.iter().map(|name| Ask::get(address, name)).collect();
    let run = || -> Result<Tally> { open::run(address, &asks, PER_SECOND, COUNT) };
    let series = compare(bench.rounds, vec![Contender::new("offhook", server.pid(), run)])?;
    let p99 = series.first().map_or(f64::MAX, Series::p99);
    let failed: u64 = series.iter().map(Series::failed).sum();
    Ok(about
        .section(&format!(
            "{} people, half in the inventory and half in a file of vCards, looked up {PER_SECOND} times a second whatever becomes of \
             the answers: by beginnings of names, by digits, by keys. A wait begins when its request was due.",
            2 * HALF
        ))
        .series("searches/s", &series)
        .goal("99 % of the answers", "within 10 ms".into(), format!("{:.2} ms", p99 * 1e3), p99 < WANTED.as_secs_f64())
        .goal("searches that failed", "0".into(), failed.to_string(), failed == 0))
}

/// Waits until every source is in memory.
fn ready(address: std::net::SocketAddr) -> Result<()> {
    for _ in 0..300 {
        let both = ["contacts", "cards"].map(|source| {
            let shown = fetch::http(address, &format!("directory/found?source={source}&who=zoe"));
            shown.is_ok_and(|page| String::from_utf8_lossy(&page).contains("<DirectoryEntry>"))
        });
        if both == [true, true] {
            // What the database was asked for until now is in memory soon after.
            std::thread::sleep(Duration::from_secs(3));
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    anyhow::bail!("the directory does not find anybody")
}

fn fill(dir: &Path, cards: &Path) -> Result<()> {
    let mut text = String::new();
    for place in 0..HALF {
        let (name, number) = person(place);
        let _ = write!(
            text,
            "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:{name}\r\nTEL;TYPE=work:{number}\r\nEND:VCARD\r\n"
        );
    }
    fs::write(cards, text)?;
    let url = format!("sqlite://{}", dir.join("data/offhook.db").display());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let store = Store::open_or_create(&url).await?;
        ensure!(store.counts().await?.contacts == 0, "contacts are there already");
        let contacts = (HALF..2 * HALF).map(|place| {
            let (name, number) = person(place);
            let numbers = vec![ContactNumber { kind: NumberKind::Work, number }];
            let book = "all".to_owned();
            Change::PutContact(Contact {
                id: 0,
                book,
                owner: None,
                name,
                organisation: String::new(),
                numbers,
            })
        });
        store.change(&contacts.collect::<Vec<_>>()).await?;
        anyhow::Ok(())
    })
}

fn person(place: u32) -> (String, String) {
    const GIVEN: [&str; 10] =
        ["Anna", "Bob", "Carla", "Dieter", "Eva", "Frank", "Жанна", "Hanna", "Igor", "Zoe"];
    const FAMILY: [&str; 12] = [
        "Müller", "Schmidt", "Shchukin", "Smith", "Novák", "García", "Rossi", "Dubois", "Kowalski", "Jensen",
        "Nguyen", "Öztürk",
    ];
    let of =
        |names: &[&'static str], at: u32| names.get(at as usize % names.len()).copied().unwrap_or_default();
    (format!("{} {} {place}", of(&GIVEN, place), of(&FAMILY, place / 10)), format!("+49 30 5{place:06}"))
}
