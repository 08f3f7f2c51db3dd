//! `/problem-report`: phones upload what they have noted about a problem. It is streamed to disk, kept under
//! `reports/` in the data directory, and named by us: nothing a phone says becomes part of a path. The inventory tells
//! whether it knows the phone, and keeps a row of each report.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use http::header::CONTENT_TYPE;
use provision::mac::Mac;
use provision::objects::{Screen, Text};
use serde::Serialize;
use tokio::fs::{self, File};
use tokio::io::AsyncWriteExt;
use tokio::sync::Semaphore;

use super::multipart::{Event, Multipart};
use super::{Ask, Fault, Page, Rate, Route, ask};
use crate::config::Unknown;
use crate::inventory::Inventory;
use crate::reports;
use crate::trust::calendar;

pub(super) const ROUTE: Route =
    Route { path: "/problem-report", methods: "POST", answer: |ask| Box::pin(receive(ask)) };

/// A site's phones may all report the same night; more at once than this wait for nothing but the disk.
const AT_ONCE: usize = 128;
/// Phones behind one router share an address; each report is a person pressing keys.
const PER_ADDRESS: u32 = 20;
const ONE_MORE_EVERY: Duration = Duration::from_secs(30);
/// Somebody whose phone does not work presses the key a few times.
const PER_PHONE: u32 = 5;
const ONE_MORE_OF_A_PHONE: Duration = Duration::from_secs(120);
/// An upload that began so long ago has no end: its server died.
const LOST: Duration = Duration::from_secs(24 * 3600);
/// What stands with the report of a phone that nobody knows.
pub(super) const NOBODY: &str = "the inventory does not know this phone";
/// Reports of phones that nobody knows may take this part of the room.
const PART_OF_NOBODY: u64 = 4;
/// The longest of the small fields: a user's name.
const LONGEST_FIELD: usize = 256;
/// Fields and headers around the file.
const ROUND_IT: u64 = 64 << 10;

/// Who uploads at this moment, and who did a lot lately.
#[derive(Debug)]
pub(super) struct Counter {
    running: Semaphore,
    rate: Rate<IpAddr>,
    phones: Rate<Mac>,
    number: AtomicU64,
}

impl Default for Counter {
    fn default() -> Self {
        Self {
            running: Semaphore::new(AT_ONCE),
            rate: Rate::new(PER_ADDRESS, ONE_MORE_EVERY),
            phones: Rate::new(PER_PHONE, ONE_MORE_OF_A_PHONE),
            number: AtomicU64::new(0),
        }
    }
}

/// What is kept beside a report, for people and programs.
#[derive(Debug, Serialize)]
struct About {
    device: String,
    serial: String,
    user: String,
    from: IpAddr,
    received: String,
    bytes: u64,
    #[serde(skip_serializing_if = "String::is_empty")]
    note: String,
}

async fn receive(mut ask: Ask) -> Page {
    let services = ask.app.services.clone();
    let counter = services.reports();
    if !counter.rate.allows(ask.peer.ip(), Instant::now()) {
        return Err(Fault::TooOften);
    }
    let _place = counter.running.try_acquire().map_err(|_| Fault::Busy)?;
    let kind = ask.headers.get(CONTENT_TYPE).map(http::HeaderValue::as_bytes).unwrap_or_default();
    let form = Multipart::new(kind).map_err(|error| Fault::Bad(format!("This is no report: {error}.")))?;
    let folder = reports::folder(&ask.app.config.load().data_dir);
    room(&folder, ask.app.config.load().services.reports_bytes).await?;
    let number = counter.number.fetch_add(1, Ordering::Relaxed);
    let partial = Partial::create(&folder, number).await.map_err(|error| internal(&folder, &error))?;
    let (fields, bytes) = stream(&mut ask, form, &partial).await?;
    let sender = sender(&fields)?;
    if !counter.phones.allows(sender.device, Instant::now()) {
        return Err(Fault::TooOften);
    }
    let note = note(&ask, sender.device, bytes).await?;
    let kept = keep(&ask, &folder, partial, &sender, &note, bytes, number).await?;
    let phone = sender.device.device_name();
    tracing::info!(phone, peer = %ask.peer.ip(), bytes, note, "problem report received");
    write_down(&ask, kept).await;
    let thanks = Text::new(ask.phone(), "Problem report", "Received, thank you.")?;
    Ok(thanks.keys(|keys| keys.exit("Exit"))?.answer())
}

/// What a phone says of itself.
struct Sender {
    device: Mac,
    serial: String,
    user: String,
}

fn sender(fields: &BTreeMap<String, Vec<u8>>) -> Result<Sender, Fault> {
    let said = |name: &str| clean(fields.get(name).map(Vec::as_slice).unwrap_or_default());
    let device = said("devicename")
        .parse()
        .map_err(|_| Fault::Bad("This report does not say which phone it is of.".to_owned()))?;
    Ok(Sender { device, serial: said("serialno"), user: said("username") })
}

/// What the administrator should know of a report of that phone; a fault when it is not wanted. While the database is away
/// nobody knows, and phones have problems just then: the report is kept.
async fn note(ask: &Ask, device: Mac, bytes: u64) -> Result<String, Fault> {
    let Some(inventory) = ask.app.artifacts.inventory() else { return Ok(String::new()) };
    let known = inventory.ask(|store| async move { store.phone(device).await }).await;
    let settings = ask.app.config.load().services.clone();
    match known {
        Err(_) => Ok(String::new()),
        Ok(Some(_)) => Ok(from_elsewhere(ask, inventory, device).await.unwrap_or_default()),
        Ok(None) if settings.unknown_reports == Unknown::Refuse => Err(Fault::Nobody),
        Ok(None) => {
            let taken = inventory.ask(|store| async move { store.report_bytes(NOBODY).await }).await;
            let taken = u64::try_from(taken.unwrap_or_default()).unwrap_or_default();
            if taken.saturating_add(bytes) > settings.reports_bytes / PART_OF_NOBODY {
                return Err(Fault::Full);
            }
            Ok(NOBODY.to_owned())
        }
    }
}

/// Anybody can say that they are a phone; who is elsewhere than the phone was is worth a word.
async fn from_elsewhere(ask: &Ask, inventory: &Inventory, device: Mac) -> Option<String> {
    let fetched = inventory.ask(|store| async move { store.fetched(device).await }).await.ok()??;
    let here = ask.peer.ip().to_canonical();
    let there: IpAddr = fetched.source.parse().ok()?;
    (there != here && there.is_ipv4() == here.is_ipv4())
        .then(|| format!("it came from {here}, and the phone took its configuration from {there}"))
}

/// A row in the inventory. Without it the file is there all the same, with its note beside it.
async fn write_down(ask: &Ask, report: store::Report) {
    let Some(inventory) = ask.app.artifacts.inventory() else { return };
    let config = ask.app.config.load_full();
    let (most, file) = (config.services.reports_per_phone, report.file.clone());
    let kept = inventory.ask(|store| async move { store.keep_report(&report, most).await }).await;
    match kept {
        Ok((_, gone)) => {
            for old in gone {
                if let Err(error) = reports::delete(&config.data_dir, &old) {
                    tracing::warn!(%error, "an old problem report cannot be deleted");
                }
            }
        }
        Err(_) => tracing::error!(file, "a problem report lies on the disk, and nobody could write it down"),
    }
}

/// A file that is being written; gone if it does not come to its end.
struct Partial {
    path: PathBuf,
    kept: bool,
}

impl Partial {
    async fn create(folder: &Path, number: u64) -> io::Result<Self> {
        fs::create_dir_all(folder).await?;
        let path = folder.join(format!(".coming-{}-{number}", std::process::id()));
        File::create(&path).await?;
        Ok(Self { path, kept: false })
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.kept {
            // The folder may be gone with it.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Reads the form: the file to disk, the small fields into memory.
async fn stream(
    ask: &mut Ask,
    mut form: Multipart,
    partial: &Partial,
) -> Result<(BTreeMap<String, Vec<u8>>, u64), Fault> {
    let config = ask.app.config.load_full();
    let most = config.services.report_bytes;
    let mut file = File::create(&partial.path).await.map_err(|error| internal(&partial.path, &error))?;
    let mut body = ask.body().ok_or(Fault::Stopped)?;
    let (mut fields, mut name, mut written, mut read) =
        (BTreeMap::<String, Vec<u8>>::new(), String::new(), 0_u64, 0_u64);
    let mut has_file = false;
    while let Some(data) = ask::next(&mut body, config.limits.stall).await? {
        read += data.len() as u64;
        if read > most + ROUND_IT {
            return Err(Fault::TooLarge(most));
        }
        form.feed(&data);
        loop {
            match form.event().map_err(|error| Fault::Bad(format!("This is no report: {error}.")))? {
                None => break,
                Some(Event::Part(part)) => {
                    has_file |= part == "prt_file";
                    name = part;
                }
                Some(Event::Content(bytes)) if name == "prt_file" => {
                    written += bytes.len() as u64;
                    file.write_all(&bytes).await.map_err(|error| internal(&partial.path, &error))?;
                }
                Some(Event::Content(bytes))
                    if matches!(name.as_str(), "devicename" | "serialno" | "username") =>
                {
                    let field = fields.entry(name.clone()).or_default();
                    if field.len() + bytes.len() > LONGEST_FIELD {
                        return Err(Fault::Bad(format!("This is no report: its {name} is too long.")));
                    }
                    field.extend(bytes);
                }
                // Fields nobody knows are let pass.
                Some(Event::Content(_)) => {}
                Some(Event::Over) if !has_file || written == 0 => {
                    return Err(Fault::Bad("This report holds no file.".to_owned()));
                }
                Some(Event::Over) => {
                    file.flush().await.map_err(|error| internal(&partial.path, &error))?;
                    return Ok((fields, written));
                }
            }
        }
    }
    Err(Fault::Stopped)
}

/// Gives the finished file its name, and writes down what the phone said.
async fn keep(
    ask: &Ask,
    folder: &Path,
    mut partial: Partial,
    sender: &Sender,
    note: &str,
    bytes: u64,
    number: u64,
) -> Result<store::Report, Fault> {
    let now = calendar::now();
    let (device, received) = (sender.device.device_name(), calendar::utc(now));
    let about = About {
        device: device.clone(),
        serial: sender.serial.clone(),
        user: sender.user.clone(),
        from: ask.peer.ip(),
        received: received.clone(),
        bytes,
        note: note.to_owned(),
    };
    let stem = format!("{device}-{}-{:x}{number}", received.replace([':', '-'], ""), std::process::id());
    let text = serde_json::to_vec_pretty(&about).map_err(|error| Fault::Internal(error.to_string()))?;
    let finish = async {
        fs::write(folder.join(format!("{stem}.json")), text).await?;
        fs::rename(&partial.path, folder.join(format!("{stem}.tar.gz"))).await
    };
    finish.await.map_err(|error| internal(folder, &error))?;
    partial.kept = true;
    Ok(store::Report {
        id: 0,
        mac: sender.device,
        at: now,
        serial: about.serial,
        user: about.user,
        source: ask.peer.ip().to_canonical().to_string(),
        bytes: bytes.cast_signed(),
        file: format!("{stem}.tar.gz"),
        note: about.note,
    })
}

/// What phones wrap around a value: line feeds before, quotes of both kinds.
fn clean(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    let text = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\''));
    text.chars().filter(|c| !c.is_control()).collect()
}

/// Whether another report fits; what is kept is the administrator's to delete.
async fn room(folder: &Path, most: u64) -> Result<(), Fault> {
    let folder = folder.to_owned();
    let used = tokio::task::spawn_blocking(move || used(&folder)).await;
    match used.map_err(io::Error::other).and_then(|used| used) {
        Ok(used) if used < most => Ok(()),
        Ok(used) => {
            tracing::error!(
                used,
                most,
                "no room for problem reports: delete some, or raise services.reports"
            );
            Err(Fault::Full)
        }
        Err(error) => Err(Fault::Internal(error.to_string())),
    }
}

fn used(folder: &Path) -> io::Result<u64> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    let mut sum = 0;
    for entry in entries.filter_map(Result::ok) {
        // A file that vanishes meanwhile counts nothing.
        let Ok(file) = entry.metadata() else { continue };
        let is_lost = entry.file_name().to_string_lossy().starts_with(".coming-")
            && file.modified().is_ok_and(|at| at.elapsed().is_ok_and(|age| age > LOST));
        if is_lost && std::fs::remove_file(entry.path()).is_ok() {
            continue;
        }
        sum += file.len();
    }
    Ok(sum)
}

fn internal(path: &Path, error: &io::Error) -> Fault {
    Fault::Internal(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_lose_what_phones_wrap_around_them() {
        for (sent, meant) in [
            (&b"SEP001122AABBCC"[..], "SEP001122AABBCC"),
            (b"\"SEP001122AABBCC\"", "SEP001122AABBCC"),
            (b"\r\n'SEP001122AABBCC'\r\n", "SEP001122AABBCC"),
            (b"\nAnna M\xc3\xbcller", "Anna Müller"),
            (b"", ""),
        ] {
            assert_eq!(clean(sent), meant);
        }
    }
}
