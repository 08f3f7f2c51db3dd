//! What windows cost that show live what phones do: the server's processor time with three that listen, and with none.

use std::{
    fmt::Write as _,
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::{SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use provision::{
    inventory::{Change, Phone},
    mac::Mac,
    models,
};
use store::Store;

use super::{Bench, Measurement, page};
use crate::{
    cpu,
    load::{http::Ask, open},
    report::Section,
    servers::{Server, offhook},
};

/// Phones that start one after the other, again and again.
const PHONES: u16 = 500;
/// Files asked for a second, each by a phone by name: an event each.
const PER_SECOND: u32 = 200;
/// How long each measurement takes: all phones twice.
const SECONDS: u32 = 10;
const LISTENERS: usize = 3;
/// Percent of a core.
const WANTED: f64 = 5.0;
/// Lines of a listener come all the time; none for so long is a failure.
const PATIENCE: Duration = Duration::from_secs(30);

/// What was seen of one measurement.
struct Seen {
    /// The server's processor time, in percent of a core.
    share: f64,
    /// Events that a listener heard a second.
    heard: f64,
}

pub(super) fn listeners(bench: &Bench, about: &Measurement) -> Result<Section> {
    let dir = bench.site.dir("live");
    fs::create_dir_all(dir.join("data"))?;
    phones(&format!("sqlite://{}", dir.join("data/offhook.db").display()))?;
    let server = offhook::start(&bench.offhook, &dir, &bench.site.root(), bench.cores)?;
    page::user(bench, "live")?;
    let cookie = page::log_in(server.admin()?)?;
    measure(&server, &cookie, 0)?;
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for _ in 0..bench.rounds {
        without.push(measure(&server, &cookie, 0)?);
        with.push(measure(&server, &cookie, LISTENERS)?);
    }
    let median = |seen: &[Seen], of: fn(&Seen) -> f64| {
        let mut values: Vec<f64> = seen.iter().map(of).collect();
        values.sort_unstable_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or_default()
    };
    let mut table = "| | events a second, to each | server, of a core |\n| :-- | --: | --: |\n".to_owned();
    for (what, seen) in [("nobody listens", &without), ("three listen", &with)] {
        let (share, heard) = (median(seen, |seen| seen.share), median(seen, |seen| seen.heard));
        let _ = writeln!(table, "| {what} | {heard:.0} | {share:.1} % |");
    }
    let costs: Vec<Seen> = with
        .iter()
        .zip(&without)
        .map(|(with, without)| Seen { share: with.share - without.share, heard: 0.0 })
        .collect();
    let cost = median(&costs, |seen| seen.share);
    Ok(about
        .section(&format!(
            "{PHONES} phones ask for their trust list and their configuration, {PER_SECOND} files a second in all, while {LISTENERS} \
             browsers listen to `/live/events`, and while nobody does.",
        ))
        .table(table)
        .goal("three that listen", format!("under {WANTED} %"), format!("{cost:.1} %"), cost < WANTED))
}

/// The server's share of its core while phones start and so many listen.
fn measure(server: &Server, cookie: &str, listeners: usize) -> Result<Seen> {
    let (address, files) = (server.admin()?, server.http()?);
    let (heard, done) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let listening = (0..listeners)
        .map(|_| Listener::begin(address, cookie, heard.clone(), done.clone()))
        .collect::<Result<Vec<_>>>()?;
    let asks: Vec<Ask> = (0..PHONES)
        .flat_map(|number| {
            let name = mac(number).device_name();
            [format!("ITL{name}.tlv"), format!("{name}.cnf.xml")]
        })
        .map(|name| Ask::get(files, &name))
        .collect();
    let before = cpu::of_family(server.pid());
    let tally = open::run(files, &asks, PER_SECOND, (PER_SECOND * SECONDS) as usize)?;
    let spent = cpu::of_family(server.pid()).saturating_sub(before);
    done.store(true, Ordering::Relaxed);
    for one in listening {
        one.end()?;
    }
    // Trust is off: every other file is a miss, as it is for phones of such a server, and an event as well.
    ensure!(tally.failed <= tally.done, "{} files were refused", tally.failed);
    let heard = heard.load(Ordering::Relaxed) as f64 / listeners.max(1) as f64 / tally.wall.as_secs_f64();
    // Where less is heard than happens, less is paid for.
    let least = f64::from(PER_SECOND) * 0.9;
    ensure!(listeners == 0 || heard > least, "only {heard:.0} events a second were heard");
    Ok(Seen { share: spent.as_secs_f64() / tally.wall.as_secs_f64() * 100.0, heard })
}

/// A browser that shows what it hears.
struct Listener {
    stream: TcpStream,
    reading: JoinHandle<Result<()>>,
}

impl Listener {
    fn begin(
        address: SocketAddr,
        cookie: &str,
        heard: Arc<AtomicU64>,
        done: Arc<AtomicBool>,
    ) -> Result<Self> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let request = format!("GET /live/events HTTP/1.1\r\nHost: {address}\r\nCookie: {cookie}\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut line = String::new();
        reader.read_line(&mut line)?;
        ensure!(line.starts_with("HTTP/1.1 200"), "the server says {}", line.trim());
        let reading = thread::spawn(move || {
            loop {
                line.clear();
                let length = reader.read_line(&mut line);
                if done.load(Ordering::Relaxed) {
                    return Ok(());
                }
                ensure!(length.context("a listener heard nothing")? > 0, "a listener was cut off");
                if line.starts_with("event: event") {
                    heard.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
        Ok(Self { stream, reading })
    }

    fn end(self) -> Result<()> {
        // Gone or not, nobody reads it any more.
        let _ = self.stream.shutdown(std::net::Shutdown::Both);
        self.reading.join().map_err(|_| anyhow::anyhow!("a listener died"))?
    }
}

fn phones(url: &str) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let store = Store::open_or_create(url).await?;
        let phones: Vec<Change> = (0..PHONES)
            .map(|number| Change::PutPhone(Phone::new(mac(number), models::find("8845"))))
            .collect();
        store.change(&phones).await?;
        store.close().await;
        Ok(())
    })
}

fn mac(number: u16) -> Mac {
    let [a, b] = number.to_be_bytes();
    Mac::new([0, 0x12, 0, 0, a, b])
}
