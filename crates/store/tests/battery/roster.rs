//! The roster: what is answered from memory is what the database answers, whoever changed what.

use provision::inventory::{Change, GroupKind, Phone, State};
use provision::mac::Mac;
use provision::models;
use store::{Newcomer, Order, Page, PhoneQuery, Store};

use crate::place::{Place, battery, group, line, mac, name, number, phone, put};

battery!(
    memory_says_what_the_database_says,
    a_command_asks_the_database,
    more_than_is_named_is_read_again,
    newcomers_are_there_at_once,
    whoever_was_away_reads_anew,
);

/// The same numbers each time: a step that fails, fails again.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(self.0 >> 33).unwrap() % sides
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.roll(u32::try_from(of.len()).unwrap()) as usize].clone()
    }
}

const SITES: [&str; 4] = ["Berlin", "berlin", "Ωmega", "Aachen"];
const PROFILES: [&str; 2] = ["desk", "hall"];
const LINES: [&str; 6] = ["1001", "1002", "20", "alice", "2002", "Zoe"];
const FIRMWARE: [&str; 3] = ["sip88xx.14-2", "sip88xx.12-8", "sip79xx.9-4"];
const TEXTS: [&str; 9] = ["", "desk", "ÜBER", "über", "sep0011", "100%", "x", "room 7", "alice "];

async fn groups(store: &Store) {
    let sites = SITES.map(|name| Change::PutGroup(group(GroupKind::Site, name)));
    let profiles = PROFILES.map(|name| Change::PutGroup(group(GroupKind::Profile, name)));
    store.change(&sites.into_iter().chain(profiles).collect::<Vec<_>>()).await.unwrap();
}

fn some_phone(dice: &mut Dice) -> Phone {
    let lines: Vec<&str> = (0..dice.roll(4)).map(|_| dice.one(&LINES)).collect();
    let mut new = phone(mac(dice.roll(40)), &lines);
    new.model = dice.one(&[models::find("8845"), models::find("7965"), models::find("8861"), None]);
    new.site = dice.one(&[None, Some(SITES[0]), Some(SITES[1]), Some(SITES[2])]).map(str::to_owned);
    new.profile = dice.one(&[None, Some("desk"), Some("hall")]).map(str::to_owned);
    new.state = dice.one(&[State::Active, State::Active, State::Retired, State::Waiting]);
    new.description = dice.one(&["", "Room 7", "room 70", "Übergang", "100%", "z"]).to_owned();
    new.notes = dice.one(&["", "behind the Über door", "x"]).to_owned();
    if dice.roll(4) == 0 {
        new.layer.settings.set(name("firmware"), dice.one(&FIRMWARE));
    }
    new
}

async fn step(store: &Store, dice: &mut Dice) {
    let changes = match dice.roll(10) {
        0..=4 => put(some_phone(dice)),
        5 => {
            let there = store.phones(&PhoneQuery::default(), &Page::first(100)).await.unwrap().rows;
            let gone: Vec<Mac> = there.iter().map(|row| row.mac).filter(|_| dice.roll(5) == 0).collect();
            gone.into_iter().map(Change::RemovePhone).collect()
        }
        6 => {
            let mut other = line(dice.one(&LINES));
            other.settings.set(name("label"), dice.one(&["Room 7", "x", "Über"]));
            vec![Change::PutLine(other)]
        }
        7 | 8 => {
            let kind = dice.one(&GroupKind::ALL);
            let named = match kind {
                GroupKind::Site => dice.one(&SITES),
                GroupKind::Series => "8800",
                GroupKind::Profile => dice.one(&PROFILES),
            };
            let mut group = group(kind, named);
            if dice.roll(3) > 0 {
                group.layer.settings.set(name("firmware"), dice.one(&FIRMWARE));
            }
            vec![Change::PutGroup(group)]
        }
        _ => {
            let (mac, code) = (mac(dice.roll(60)), format!("C{}", dice.roll(u32::MAX)));
            let newcomer =
                Newcomer { mac, source: "192.0.2.1", now: 1_800_000_000 + i64::from(dice.roll(9)) };
            store.park(newcomer, 3, || code.clone()).await.unwrap();
            return;
        }
    };
    store.change(&changes).await.unwrap();
}

fn some_query(dice: &mut Dice) -> PhoneQuery {
    let named = |dice: &mut Dice, names: &[&str]| {
        (dice.roll(4) == 0)
            .then(|| if dice.roll(8) == 0 { "none".to_owned() } else { dice.one(names).to_owned() })
    };
    let orders =
        [Order::Address, Order::Description, Order::Model, Order::Site, Order::Profile, Order::Changed];
    PhoneQuery {
        text: (dice.roll(3) == 0).then(|| dice.one(&TEXTS).to_owned()),
        model: named(dice, &["8845", "7965"]),
        site: named(dice, &SITES),
        profile: named(dice, &PROFILES),
        state: (dice.roll(4) == 0).then(|| dice.one(&State::ALL)),
        line: (dice.roll(8) == 0).then(|| number(dice.one(&LINES))),
        firmware: named(dice, &FIRMWARE),
        among: (dice.roll(4) == 0).then(|| (0..30).map(|_| mac(dice.roll(70))).collect()),
        order: dice.one(&orders),
        backward: dice.roll(2) == 0,
    }
}

fn some_page(dice: &mut Dice, query: &PhoneQuery) -> Page<Mac> {
    let goes_on = query.order == Order::Address && !query.backward && dice.roll(3) == 0;
    let after = goes_on.then(|| mac(dice.roll(45)));
    Page { after, offset: dice.one(&[0, 0, 0, 3, 7, 1000]), limit: dice.one(&[0, 1, 5, 50]) }
}

/// Compares some questions, and what there is to choose from.
async fn compare(memory: &Store, database: &Store, dice: &mut Dice, at: &str) {
    for _ in 0..8 {
        let query = some_query(dice);
        let page = some_page(dice, &query);
        let got = memory.phones(&query, &page).await.unwrap();
        let wanted = database.phones(&query, &page).await.unwrap();
        assert_eq!(got, wanted, "{at}: {query:?} {page:?}");
    }
    let facets = memory.facets().await.unwrap();
    assert_eq!(facets, database.facets().await.unwrap(), "{at}");
    for (firmware, count) in &facets.firmware {
        let query = PhoneQuery { firmware: Some(firmware.clone()), ..PhoneQuery::default() };
        assert_eq!(memory.phones(&query, &Page::first(0)).await.unwrap().total, *count, "{at}: {firmware}");
    }
}

async fn memory_says_what_the_database_says(place: Place) {
    let database = place.store().await;
    groups(&database).await;
    // Another process, which only reads.
    let memory = Store::open(&place.url).await.unwrap();
    memory.read_roster().await.unwrap();
    for seed in 1..=4 {
        let mut dice = Dice(seed);
        for number in 0..30 {
            // Sometimes several things move before anybody looks.
            for _ in 0..=dice.roll(3) {
                step(&database, &mut dice).await;
            }
            let at = format!("step {number} of {seed}");
            compare(&memory, &database, &mut dice, &at).await;
            assert!(memory.facets_at_hand().await.unwrap().is_some(), "{at}: nothing is at hand");
        }
    }
}

async fn a_command_asks_the_database(place: Place) {
    let store = place.store().await;
    store.change(&put(phone(mac(1), &["1001"]))).await.unwrap();
    assert_eq!(store.phones(&PhoneQuery::default(), &Page::first(9)).await.unwrap().total, 1);
    assert_eq!(store.facets_at_hand().await.unwrap(), None);
    assert_eq!(store.facets().await.unwrap().all, 1);
}

async fn more_than_is_named_is_read_again(place: Place) {
    let store = place.store().await;
    groups(&store).await;
    store.read_roster().await.unwrap();
    let mut dice = Dice(7);
    let many: Vec<Change> = (100..800).map(|n| Change::PutPhone(phone(mac(n), &[]))).collect();
    store.change(&many).await.unwrap();
    // The database answers at once, memory a little later.
    compare(&store, &place.store().await, &mut dice, "after many").await;
    store.read_roster().await.unwrap();
    assert_eq!(store.facets_at_hand().await.unwrap().unwrap().all, 700);
    compare(&store, &place.store().await, &mut dice, "read again").await;
    store.fill(true).await.unwrap().finish().await.unwrap();
    assert_eq!(store.phones(&PhoneQuery::default(), &Page::first(9)).await.unwrap().total, 0);
    store.read_roster().await.unwrap();
    assert_eq!(store.facets_at_hand().await.unwrap().unwrap().all, 0);
}

async fn newcomers_are_there_at_once(place: Place) {
    let store = place.store().await;
    store.read_roster().await.unwrap();
    let waiting = PhoneQuery { state: Some(State::Waiting), ..PhoneQuery::default() };
    for n in 0..9_u32 {
        let newcomer = Newcomer { mac: mac(n), source: "192.0.2.1", now: 1_800_000_000 + i64::from(n) };
        store.park(newcomer, 4, || format!("CODE{n}")).await.unwrap();
        let listed = store.phones(&waiting, &Page::first(50)).await.unwrap();
        let macs: Vec<Mac> = listed.rows.iter().map(|row| row.mac).collect();
        // Those that asked the longest ago are dropped.
        assert_eq!(macs, (n.saturating_sub(3)..=n).map(mac).collect::<Vec<_>>());
        assert!(store.facets_at_hand().await.unwrap().is_some());
    }
}

async fn whoever_was_away_reads_anew(place: Place) {
    let (store, other) = (place.store().await, place.store().await);
    store.read_roster().await.unwrap();
    for n in 0..250_u32 {
        let description = n.to_string();
        let changed = Phone { description, ..phone(mac(n % 3), &[]) };
        other.change(&[Change::PutPhone(changed)]).await.unwrap();
    }
    let listed = store.phones(&PhoneQuery::default(), &Page::first(9)).await.unwrap();
    let said: Vec<&str> = listed.rows.iter().map(|row| row.description.as_str()).collect();
    assert_eq!(said, ["249", "247", "248"]);
}
