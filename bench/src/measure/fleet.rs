//! Phones of the inventory at a running server: one that was asked for before, beside a plain file; and whole fleets that
//! nobody asked for before, beside nothing but signing.

use std::{fs, sync::Mutex, thread, time::Instant};

use anyhow::{Context, Result, ensure};
use pki::{Identity, KeyKind, Request, Subject};
use provision::{
    inventory::{Bundle, Change, Group, GroupKind, Key, Line, Name, Number, Phone},
    mac::Mac,
    models,
    render::{self, Surroundings},
};
use store::Store;
use wire::signature::Digest;

use super::{
    Bench, Measurement,
    http::again,
    signing::{DEADLINE, openssl_speed},
};
use crate::{
    cpu,
    load::{
        Clock, Tally, fetch,
        http::{self, Ask, Connections, Plan},
    },
    report::Section,
    rounds::{Contender, compare},
    servers::Server,
};

/// Phones of the inventory behind the server.
const PHONES: u32 = 20_000;
/// Phones that ask for the first time in a round.
const COLD: usize = 1200;
/// Phones that two cores render and sign in a round.
const SIGNED: usize = 3000;
/// No less of the rate at which two cores do nothing but sign.
const SHARE: f64 = 0.8;

pub(super) fn warm(bench: &Bench, about: &Measurement) -> Result<Section> {
    let server = served(bench)?;
    let plan =
        Plan { address: server.http()?, at_once: 64, connections: Connections::Kept, deadline: DEADLINE };
    let made = configuration(0);
    let bytes = fetch::http(plan.address, &made)?;
    ensure!(bytes.len() > 2000, "{made} is short");
    // The same bytes under a name that nobody makes.
    let plain = "plain-of-the-same-size.xml";
    bench.site.put(&bench.site.root(), plain, &bytes)?;
    ensure!(fetch::http(plan.address, plain)? == bytes, "{plain} is not what was put there");
    let contenders = [(plain, "a plain file"), (&*made, "from the inventory")].map(|(name, called)| {
        let ask = Ask::get(plan.address, name);
        Contender::new(called, server.pid(), move || again(&plan, &ask, 100_000))
    });
    let series = compare(bench.rounds, contenders.into())?;
    let [plain, made] = series.as_slice() else { anyhow::bail!("a contender is missing") };
    let ratio = made.rate_against(plain);
    Ok(about
        .section(&format!(
            "A configuration of {} bytes that offhook made from the inventory and has at hand, and a plain file of the same \
             bytes, over 64 kept connections.",
            bytes.len()
        ))
        .series("requests/s", &series)
        .at_least("made against plain", 0.95, ratio))
}

pub(super) fn cold(bench: &Bench, about: &Measurement) -> Result<Section> {
    let server = served(bench)?;
    let plan =
        Plan { address: server.http()?, at_once: 16, connections: Connections::Kept, deadline: DEADLINE };
    let per_round = COLD.min(PHONES as usize / (bench.rounds + 1));
    // The first phones were asked for already, by whoever measured before.
    let names = (1..PHONES).map(|place| format!("{}.sgn", configuration(place)));
    let asks: Vec<Ask> = names.map(|name| Ask::get(plan.address, &name)).collect();
    let mut fresh = asks.iter();
    let contenders = vec![
        Contender::new("offhook", server.pid(), move || {
            let mut left = per_round;
            http::run(&plan, &mut |_| {
                left = left.checked_sub(1)?;
                fresh.next()
            })
        }),
        Contender::new("openssl speed rsa2048", None, || openssl_speed(bench.cores)),
    ];
    let series = compare(bench.rounds, contenders)?;
    let [offhook, openssl] = series.as_slice() else { anyhow::bail!("a contender is missing") };
    let ratio = offhook.rate_against(openssl);
    Ok(about
        .section(
            "Phones of the inventory that nobody asked for before, each over HTTP: read from SQLite, made and signed. \
             Debian's `openssl speed` does nothing but sign, on the same core.",
        )
        .series("files/s", &series)
        .at_least("offhook against bare signing", SHARE, ratio))
}

pub(super) fn signed(bench: &Bench, about: &Measurement) -> Result<Section> {
    let bundles = bundles(bench)?;
    let bundles: Vec<Bundle> = bundles.into_iter().take(SIGNED).collect();
    let signer = signer()?;
    let around = Surroundings { server: "192.0.2.1".into(), ..Surroundings::default() };
    let size = bundles.first().map_or(0, |bundle| render::configuration(bundle, &around).xml.len());
    let payload = vec![b'x'; size];
    let sign = |bundle: &Bundle, payload: &[u8]| -> Result<()> {
        let name = format!("{}.cnf.xml.sgn", bundle.phone.mac.device_name());
        signer.sign_file(&name, payload, Digest::Sha1, 0)?;
        Ok(())
    };
    let rendered = |bundle: &Bundle| sign(bundle, render::configuration(bundle, &around).xml.as_bytes());
    let contenders = vec![
        Contender::new("made and signed", None, || on_two_cores(bench, &bundles, &rendered)),
        Contender::new("only signed", None, || {
            on_two_cores(bench, &bundles, &|bundle: &Bundle| sign(bundle, &payload))
        }),
    ];
    let series = compare(bench.rounds, contenders)?;
    let [made, only] = series.as_slice() else { anyhow::bail!("a contender is missing") };
    let ratio = made.rate_against(only);
    let whole = 100_000.0 / made.rate().max(1e-9);
    Ok(about
        .section(&format!(
            "{SIGNED} phones a round on two cores, without a server around it; 100,000 phones take {whole:.0} s at that rate."
        ))
        .series("files/s", &series)
        .at_least("made and signed against only signed", SHARE, ratio))
}

/// A server whose inventory is full.
fn served(bench: &Bench) -> Result<Server> {
    let data = bench.site.dir("offhook").join("data");
    fs::create_dir_all(&data)?;
    on_runtime(async { filled(&format!("sqlite://{}", data.join("offhook.db").display())).await.map(drop) })?;
    bench.offhook()
}

fn bundles(bench: &Bench) -> Result<Vec<Bundle>> {
    let url = format!("sqlite://{}", bench.site.path().join("fleet.db").display());
    on_runtime(async {
        let store = filled(&url).await?;
        Ok(store.bundles(None, PHONES).await?)
    })
}

fn on_runtime<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}

async fn filled(url: &str) -> Result<Store> {
    let store = Store::open_or_create(url).await?;
    if store.phone(mac(0)).await?.is_some() {
        return Ok(store);
    }
    let mut changes: Vec<Change> = ["Berlin", "8800", "desk"]
        .into_iter()
        .zip(GroupKind::ALL)
        .map(|(name, kind)| Change::PutGroup(Group::new(kind, name)))
        .collect();
    for place in 0..PHONES {
        changes.extend(phone(place)?);
    }
    store.change(&changes).await?;
    Ok(store)
}

/// An 8845 with two lines of its own.
fn phone(place: u32) -> Result<Vec<Change>> {
    let mut phone = Phone::new(mac(place), models::find("8845"));
    phone.site = Some("Berlin".into());
    phone.profile = Some("desk".into());
    let mut changes = Vec::new();
    for button in 1..=2_u16 {
        let number: Number = format!("{button}{place:06}").parse()?;
        let mut line = Line::new(number.clone());
        line.settings.set(Name::new("label")?, format!("Desk {place}"));
        line.settings.set(Name::new("auth_password")?, "a password of twenty");
        phone.layer.keys.insert(button, Some(Key::line(number)));
        changes.push(Change::PutLine(line));
    }
    changes.push(Change::PutPhone(phone));
    Ok(changes)
}

fn mac(place: u32) -> Mac {
    let [a, b, c, d] = place.to_be_bytes();
    Mac::new([0, 0x50, a, b, c, d])
}

fn configuration(place: u32) -> String {
    format!("{}.cnf.xml", mac(place).device_name())
}

fn signer() -> Result<Identity> {
    let subject = Subject { cn: "TFTP".into(), o: "Example".into(), ou: "Phones".into() };
    let request = Request { subject, names: Vec::new(), key: KeyKind::Rsa(2048), days: 30 };
    Ok(Identity::self_signed(&request, 1_750_000_000)?)
}

/// Every phone once, by two threads with a core each.
fn on_two_cores(
    bench: &Bench,
    bundles: &[Bundle],
    one: &(impl Fn(&Bundle) -> Result<()> + Sync),
) -> Result<Tally> {
    let clock = Mutex::new(Clock::start());
    let halves = bundles.split_at(bundles.len() / 2);
    thread::scope(|scope| {
        let clock = &clock;
        let half = |(core, half): (usize, &'_ [Bundle])| -> Result<()> {
            cpu::pin(core)?;
            for bundle in half {
                let began = Instant::now();
                one(bundle)?;
                clock.lock().map_err(|_| anyhow::anyhow!("a thread panicked"))?.done(began);
            }
            Ok(())
        };
        let shares = [(bench.cores.server, halves.0), (bench.cores.load, halves.1)];
        let threads: Vec<_> = shares.map(|share| scope.spawn(move || half(share))).into();
        threads.into_iter().try_for_each(|thread| thread.join().ok().context("a thread panicked")?)
    })?;
    Ok(clock.into_inner().map_err(|_| anyhow::anyhow!("a thread panicked"))?.stop())
}
