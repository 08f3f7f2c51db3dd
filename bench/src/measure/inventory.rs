//! The inventory of a large installation: lists of it, one phone out of it, and the configuration made from that.

use std::{sync::OnceLock, time::Instant};

use anyhow::{Context as _, Result, ensure};
use provision::{
    inventory::{
        Change, Contact, ContactNumber, Group, GroupKind, Key, Line, Name, Number, NumberKind, Phone,
    },
    mac::Mac,
    models,
    render::{self, Surroundings},
};
use store::{ContactQuery, Page, PhoneQuery, Store};
use tokio::runtime::Runtime;

use super::{Bench, Measurement};
use crate::{
    load::Clock,
    postgres,
    report::Section,
    rounds::{Contender, Series, compare},
};

/// As many phones as a large installation has.
const PHONES: u32 = 100_000;
/// Phones on a page of a list.
const PAGE: u32 = 50;
/// Which page: the one in the middle, which is the farthest from both ends.
const PAGE_NUMBER: u64 = 1000;

/// The URL of the one that every measurement asks.
static SERVER: OnceLock<String> = OnceLock::new();

/// An inventory in each database.
struct Inventories {
    runtime: Runtime,
    stores: [(&'static str, Store); 2],
}

pub(super) fn listing(bench: &Bench, about: &Measurement) -> Result<Section> {
    let inventories = Inventories::filled(bench)?;
    let page = Page::at((PAGE_NUMBER - 1) * u64::from(PAGE), PAGE);
    let series = inventories.compare(bench, 50, async |store, _| {
        let listed = store.phones(&PhoneQuery::default(), &page).await?;
        ensure!(listed.rows.len() == PAGE as usize, "the page is not full");
        ensure!(listed.total == u64::from(PHONES), "phones are missing");
        Ok(())
    })?;
    let worst = series.iter().map(Series::median_wait).fold(0.0, f64::max);
    Ok(about
        .section(&format!(
            "Page {PAGE_NUMBER} of 100,000 phones, {PAGE} to a page, each with its lines and with the count of all, asked \
             by number of the page.",
        ))
        .series("pages/s", &series)
        .goal("the slower database", "within 20 ms".into(), milliseconds(worst), worst < 0.020))
}

pub(super) fn bundle(bench: &Bench, about: &Measurement) -> Result<Section> {
    let inventories = Inventories::filled(bench)?;
    let series = inventories.compare(bench, 5000, async |store, turn| {
        let bundle = store.bundle(mac(turn)).await?.context("a phone is missing")?;
        ensure!(bundle.lines.len() == 2 && bundle.groups.len() == 3, "lines or groups are missing");
        Ok(())
    })?;
    let file = series.first().map_or(0.0, Series::median_wait);
    Ok(about
        .section("One of 100,000 phones with its site, series, profile and two lines.")
        .series("phones/s", &series)
        .goal("from SQLite", "within 100 µs".into(), microseconds(file), file < 100e-6))
}

pub(super) fn cold(bench: &Bench, about: &Measurement) -> Result<Section> {
    let inventories = Inventories::filled(bench)?;
    let surroundings = Surroundings { server: "192.0.2.1".into(), ..Surroundings::default() };
    let series = inventories.compare(bench, 5000, async |store, turn| {
        let bundle = store.bundle(mac(turn)).await?.context("a phone is missing")?;
        let rendered = render::configuration(&bundle, &surroundings);
        ensure!(rendered.xml.len() > 2000, "the configuration is short");
        Ok(())
    })?;
    let file = series.first().map_or(0.0, Series::median_wait);
    Ok(about
        .section(
            "The same, and its configuration made from it: what a phone costs that nobody asked for before.",
        )
        .series("configurations/s", &series)
        .goal("from SQLite", "within 300 µs".into(), microseconds(file), file < 300e-6))
}

pub(super) fn search(bench: &Bench, about: &Measurement) -> Result<Section> {
    let inventories = Inventories::filled(bench)?;
    let series = inventories.compare(bench, 50, async |store, turn| {
        let query = PhoneQuery { text: Some(format!("person {turn}")), ..PhoneQuery::default() };
        let listed = store.phones(&query, &Page::first(PAGE)).await?;
        ensure!(listed.total > 0, "nothing is found");
        Ok(())
    })?;
    Ok(about
        .section("Phones by the name on one of their lines, somewhere in 100,000 phones and 200,000 lines, with the count of all.")
        .series("searches/s", &series))
}

pub(super) fn directory(bench: &Bench, about: &Measurement) -> Result<Section> {
    let inventories = Inventories::filled(bench)?;
    // From three keys, which thousands fit, to a whole name.
    let keys = ["685", "6855", "567407", "266206855", "7424"];
    let series = inventories.compare(bench, 200, async |store, turn| {
        let keypad = keys.get(turn as usize % keys.len()).map(|keys| (*keys).to_owned());
        let query = ContactQuery { keypad, ..ContactQuery::default() };
        let listed = store.contacts(&query, &Page::first(32)).await?;
        ensure!(!listed.rows.is_empty(), "nobody is found");
        Ok(())
    })?;
    let worst = series.iter().map(Series::median_wait).fold(0.0, f64::max);
    Ok(about
        .section("Contacts by the keys that spell their names, out of 100,000, 32 to a page, with the count of all.")
        .series("searches/s", &series)
        .goal("the slower database", "within 20 ms".into(), milliseconds(worst), worst < 0.020))
}

impl Inventories {
    fn filled(bench: &Bench) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let file = bench.site.path().join("inventory.db");
        let file = format!("sqlite://{}", file.display());
        let open = async |url: &str| {
            let store = Store::open_or_create(url).await?;
            if store.counts().await?.phones == 0 {
                fill(&store).await?;
            }
            anyhow::Ok(store)
        };
        let stores = [
            ("SQLite", runtime.block_on(open(&file))?),
            ("PostgreSQL", runtime.block_on(open(SERVER.get_or_init(postgres::database)))?),
        ];
        Ok(Self { runtime, stores })
    }

    /// Asks both databases in turns, so many questions a round.
    fn compare(
        &self,
        bench: &Bench,
        questions: u32,
        ask: impl AsyncFn(&Store, u32) -> Result<()>,
    ) -> Result<Vec<Series>> {
        let ask = &ask;
        let contender = |(name, store): &'_ (&'static str, Store)| {
            let (name, store) = (*name, store.clone());
            let mut turn = 0_u32;
            Contender::new(name, None, move || {
                let mut clock = Clock::start();
                self.runtime.block_on(async {
                    for _ in 0..questions {
                        let asked = Instant::now();
                        // Far from the one before, and never the same twice.
                        turn = turn.wrapping_add(7919);
                        ask(&store, turn % PHONES).await?;
                        clock.done(asked);
                    }
                    anyhow::Ok(())
                })?;
                Ok(clock.stop())
            })
        };
        compare(bench.rounds, self.stores.iter().map(contender).collect())
    }
}

/// An inventory of that size in a file, for a server.
pub(super) fn fill_file(file: &std::path::Path) -> Result<()> {
    fill_url(&format!("sqlite://{}", file.display()))
}

/// The same on PostgreSQL; gives its URL.
pub(super) fn fill_server() -> Result<&'static str> {
    let url = SERVER.get_or_init(postgres::database);
    fill_url(url)?;
    Ok(url)
}

fn fill_url(url: &str) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let store = Store::open_or_create(url).await?;
        if store.counts().await?.phones == 0 {
            fill(&store).await?;
        }
        store.close().await;
        Ok(())
    })
}

async fn fill(store: &Store) -> Result<()> {
    let group = |kind, name: &str| {
        let mut group = Group::new(kind, name);
        set(&mut group.layer.settings, &[("web_access", "on"), ("time_zone", "Europe/Berlin")])?;
        anyhow::Ok(Change::PutGroup(group))
    };
    let groups = [
        group(GroupKind::Site, "Berlin")?,
        group(GroupKind::Series, "8800")?,
        group(GroupKind::Profile, "desk")?,
    ];
    store.change(&groups).await?;
    let all: Vec<u32> = (0..PHONES).collect();
    for some in all.chunks(10_000) {
        let mut changes = Vec::with_capacity(some.len() * 3);
        for place in some {
            changes.extend(phone(*place)?);
        }
        store.change(&changes).await?;
    }
    for some in all.chunks(10_000) {
        let contacts: Vec<Change> = some.iter().map(|place| Change::PutContact(contact(*place))).collect();
        store.change(&contacts).await?;
    }
    Ok(())
}

/// Two given names and a family name out of some thousands.
fn contact(place: u32) -> Contact {
    const FIRST: [&str; 16] = [
        "Anna", "Jörg", "Mehmet", "Olga", "Sophie", "Thomas", "Zoë", "Karl", "Ivana", "Bertil", "Dora",
        "Hugo", "Lea", "Pavel", "Ruth", "Yusuf",
    ];
    const BEGIN: [&str; 16] = [
        "Mül", "Schmi", "Yıl", "Щу", "O'Brie", "Mei", "No", "Wei", "Kar", "Tor", "Ha", "Lind", "Ber", "Da",
        "Fi", "Gro",
    ];
    const MIDDLE: [&str; 16] =
        ["le", "do", "ma", "ki", "nu", "se", "va", "ßo", "ri", "be", "ga", "po", "tu", "fe", "ja", "hi"];
    const END: [&str; 8] = ["r", "tz", "nn", "k", "sen", "wski", "ez", "dt"];
    let of = |names: &[&'static str], place: u32| {
        names.get(place as usize % names.len()).copied().unwrap_or_default()
    };
    let (first, second) = (of(&FIRST, place), of(&FIRST, place / 16));
    let family = [of(&BEGIN, place / 7), of(&MIDDLE, place / 112), of(&END, place / 1792)].concat();
    Contact {
        id: 0,
        book: "staff".into(),
        owner: None,
        name: format!("{first} {second} {family}"),
        organisation: format!("Department {}", place % 500),
        numbers: vec![ContactNumber { kind: NumberKind::Work, number: format!("+49 30 9{place:06}") }],
    }
}

/// A phone with two lines of its own.
fn phone(place: u32) -> Result<Vec<Change>> {
    let mut phone = Phone::new(mac(place), models::find("8845"));
    phone.description = format!("Desk {place}");
    phone.site = Some("Berlin".into());
    phone.profile = Some("desk".into());
    let mut changes = Vec::new();
    for button in 1..=2_u16 {
        let number: Number = format!("{button}{place:06}").parse()?;
        let mut line = Line::new(number.clone());
        let name = format!("Person {place}");
        let said = [("auth_name", number.as_str()), ("auth_password", "s3cret"), ("display_name", &name)];
        set(&mut line.settings, &said)?;
        phone.layer.keys.insert(button, Some(Key::line(number)));
        changes.push(Change::PutLine(line));
    }
    changes.push(Change::PutPhone(phone));
    Ok(changes)
}

fn set(settings: &mut provision::inventory::Settings, said: &[(&str, &str)]) -> Result<()> {
    for (name, value) in said {
        settings.set(Name::new(name)?, *value);
    }
    Ok(())
}

fn mac(place: u32) -> Mac {
    let [a, b, c, d] = place.to_be_bytes();
    Mac::new([0, 0x11, a, b, c, d])
}

fn milliseconds(seconds: f64) -> String {
    format!("{:.1} ms", seconds * 1e3)
}

fn microseconds(seconds: f64) -> String {
    format!("{:.0} µs", seconds * 1e6)
}
