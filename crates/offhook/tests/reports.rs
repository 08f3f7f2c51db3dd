//! Problem reports: uploaded by phones, held against the inventory, kept within limits, and read by the administrator.
#![expect(clippy::unwrap_used, reason = "tests")]

mod machine;
mod support;

use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use flate2::Compression;
use flate2::write::GzEncoder;
use machine::Machine;
use offhook::artifact::Artifacts;
use offhook::config::{Live, Resolved, Unknown};
use offhook::inventory::Inventory;
use offhook::listener::{App, services};
use provision::inventory::{Change, Phone};
use provision::render::Surroundings;
use store::{Page, Report, ReportQuery, Store};
use support::{Site, fetched_elsewhere};
use tokio::process::Command;
use tokio_util::sync::CancellationToken;

const MINE: &str = "001122334455";
const NOBODYS: &str = "00112233AABB";

/// A server on the data directory of a machine, which knows one phone.
struct Running {
    machine: Machine,
    site: Site,
    address: SocketAddr,
    store: Store,
}

async fn serve(change: impl FnOnce(&mut Resolved)) -> Running {
    let machine = Machine::empty();
    let mut site = Site::new();
    site.config.data_dir = machine.path("data");
    fs::create_dir_all(&site.config.data_dir).unwrap();
    change(&mut site.config);
    let url = format!("sqlite://{}", site.config.data_dir.join("offhook.db").display());
    let store = Store::open_or_create(&url).await.unwrap();
    store.change(&[Change::PutPhone(Phone::new(MINE.parse().unwrap(), None))]).await.unwrap();
    let config = Live::new(site.config.clone());
    let metrics = Arc::default();
    let inventory = Inventory::new(store.clone(), Surroundings::default());
    let artifacts = Artifacts::with_inventory(config.clone(), Arc::clone(&metrics), Some(inventory));
    let bound = services::bind(&site.config).unwrap().unwrap();
    let address = bound.local_addrs()[0];
    let app = App { config, artifacts, metrics, ..App::default() };
    tokio::spawn(bound.serve(app, CancellationToken::new()));
    Running { machine, site, address, store }
}

impl Running {
    /// Uploads a file as that phone; gives the status.
    async fn upload(&self, phone: &str, file: &[u8]) -> u16 {
        let path = self.site.outside().join("probrep.tar.gz");
        fs::write(&path, file).unwrap();
        let mut curl = Command::new("curl");
        curl.args(["-sS", "--max-time", "60", "-o", "/dev/null", "-w", "%{http_code}"]);
        curl.args([
            "-F",
            &format!("devicename=SEP{phone}"),
            "-F",
            "serialno=FCH1",
            "-F",
            "username=Anna Müller",
        ]);
        curl.args(["-F", &format!("prt_file=@{}", path.display())]);
        let ran = curl.arg(format!("http://{}/problem-report", self.address)).output().await.unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8_lossy(&ran.stdout).parse().unwrap()
    }

    async fn kept(&self) -> Vec<Report> {
        self.store.reports(&ReportQuery::default(), &Page::first(100)).await.unwrap().rows
    }

    fn files(&self) -> Vec<PathBuf> {
        let entries =
            fs::read_dir(self.machine.path("data/reports")).map(|entries| entries.collect::<Vec<_>>());
        let mut files: Vec<PathBuf> =
            entries.unwrap_or_default().into_iter().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    }
}

/// A report as phones make them: a tar.gz with a log, made by the tar of the system.
fn report(log: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("prt/logs")).unwrap();
    fs::write(folder.path().join("prt/logs/messages"), log).unwrap();
    let mut old = GzEncoder::new(Vec::new(), Compression::fast());
    old.write_all(b"0001 ERR Nov 22 20:00:00 tftp: Trust List Update Failed ITLSEP001122334455.tlv\n")
        .unwrap();
    fs::write(folder.path().join("prt/logs/messages.0.gz"), old.finish().unwrap()).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", folder.path().join("prt/link")).unwrap();
    let archive = folder.path().join("out.tar.gz");
    let mut tar = std::process::Command::new("tar");
    tar.arg("-czf").arg(&archive).arg("-C").arg(folder.path()).arg("prt");
    assert!(tar.status().unwrap().success());
    fs::read(archive).unwrap()
}

const LOG: &str = "0001 NOT Nov 23 06:12:01.100 boot: hello\n\
    0002 ERR Nov 23 06:12:02.100 SECD: invalid file SEP001122334455.cnf.xml.sgn, authenticated fail. Reason:14\n\
    0003 ERR Nov 23 06:12:03.100 something else failed at 17\n\
    0004 ERR Nov 23 06:12:04.100 something else failed at 18\n";

#[tokio::test]
async fn a_report_is_kept_and_the_administrator_reads_what_the_phone_complains_about() {
    let running = serve(|_| ()).await;
    let bytes = report(LOG);
    assert_eq!(running.upload(MINE, &bytes).await, 200);
    let kept = running.kept().await;
    assert_eq!(
        (kept.len(), &*kept[0].serial, &*kept[0].user, &*kept[0].note),
        (1, "FCH1", "Anna Müller", "")
    );
    assert_eq!((kept[0].bytes, &*kept[0].source), (i64::try_from(bytes.len()).unwrap(), "127.0.0.1"));

    let machine = &running.machine;
    let list = machine.ok("report list");
    assert!(list.contains("SEP001122334455") && list.contains("Anna Müller"), "{list}");
    let listed = machine.json("report list --phone SEP001122334455");
    assert_eq!((&listed["total"], &listed["reports"][0]["file"]), (&1.into(), &kept[0].file.clone().into()));
    let shown = machine.ok("report show 1 --files");
    for part in [
        "It refused a trust list",
        "It refused a signed file",
        "SEP001122334455.cnf.xml.sgn",
        "What to do: ",
        "prt/logs/messages:2  0002 ERR",
        "something else failed at 17 (2 times)",
        "prt/logs/messages.0.gz",
        "Left alone: prt/link, for it is a link.",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    let told = machine.json("report show 1");
    assert_eq!(told["contents"]["complaints"][0]["id"], "trust-list-refused");
    assert_eq!(told["contents"]["complaints"][1]["about"], "trust");
    assert_eq!(told["contents"]["other_errors"][0]["count"], 2);

    machine.ok("report get 1 --out fetched.tar.gz");
    assert_eq!(machine.get("fetched.tar.gz"), bytes);
    assert!(
        machine.fails(1, "report get 1 --out fetched.tar.gz").contains("fetched.tar.gz"),
        "nothing is written over"
    );
    assert_eq!(machine.offhook("report download 1 --out -").bytes, bytes);
    machine.ok("report unpack 1");
    assert_eq!(machine.get("report-1/prt/logs/messages"), LOG.as_bytes());
    assert!(!machine.path("report-1/prt/link").exists());
    assert!(machine.fails(1, "report unpack 1").contains("report-1"));
    assert!(machine.fails(1, "report show 7").contains("report list"));

    machine.ok("report remove 1");
    assert_eq!((running.kept().await, running.files()), (vec![], vec![]));
    assert!(machine.ok("report list").contains("No phone has uploaded"));
}

#[tokio::test]
async fn phones_that_nobody_knows_are_noted_or_refused() {
    let running = serve(|config| config.services.reports_bytes = 40_000).await;
    assert_eq!(running.upload(NOBODYS, &[7; 6000]).await, 200);
    assert_eq!(running.kept().await[0].note, "the inventory does not know this phone");
    assert!(running.machine.ok("report list").contains("does not know this phone"));
    assert_eq!(running.upload(NOBODYS, &[7; 6000]).await, 507, "they have a quarter of the room");
    assert_eq!(running.upload(MINE, &[7; 6000]).await, 200, "which takes nothing from the others");
    // One that says it is a phone, and is elsewhere than the phone was.
    running.store.remember_fetched(&[fetched_elsewhere(MINE)]).await.unwrap();
    assert_eq!(running.upload(MINE, &[7; 600]).await, 200);
    assert!(running.kept().await[0].note.contains("took its configuration from 192.0.2.77"));

    let strict = serve(|config| config.services.unknown_reports = Unknown::Refuse).await;
    assert_eq!(strict.upload(NOBODYS, &[7; 600]).await, 403);
    assert_eq!((strict.kept().await.len(), strict.files()), (0, vec![]));
    assert_eq!(strict.upload(MINE, &[7; 600]).await, 200);
}

#[tokio::test]
async fn of_each_phone_the_last_few_are_kept_and_it_cannot_send_without_end() {
    let running = serve(|config| config.services.reports_per_phone = 2).await;
    for length in 1..=5_usize {
        assert_eq!(running.upload(MINE, &vec![7; length * 100]).await, 200);
    }
    let kept: Vec<_> = running.kept().await.iter().map(|report| report.bytes).collect();
    assert_eq!(kept, [500, 400]);
    assert_eq!(running.files().len(), 4, "each with its note: {:?}", running.files());
    assert_eq!(running.upload(MINE, &[7; 100]).await, 429);
    assert_eq!(running.files().len(), 4, "and nothing is left of what was refused");
}

#[tokio::test]
async fn what_has_no_row_and_what_has_no_file_is_told() {
    let running = serve(|_| ()).await;
    assert_eq!(running.upload(MINE, &report(LOG)).await, 200);
    let stray = running.machine.path("data/reports/SEP001122334455-20261123T000000Z-x.tar.gz");
    fs::write(&stray, "x").unwrap();
    let ran = running.machine.offhook("report list");
    assert!(
        ran.err.contains("1 more in") && ran.err.contains("SEP001122334455-20261123T000000Z-x.tar.gz"),
        "{}",
        ran.err
    );
    let file = running.machine.path("data/reports").join(&running.kept().await[0].file);
    fs::remove_file(&file).unwrap();
    assert!(running.machine.fails(1, "report show 1").contains("is not here"));
    // A row that leads elsewhere, from a backup that somebody wrote, leads nowhere.
    let wrong = Report { file: "../offhook.db".into(), ..running.kept().await[0].clone() };
    running.store.keep_report(&wrong, 10).await.unwrap();
    assert!(running.machine.fails(1, "report get 2").contains("is no name of a report's file"));
    assert!(running.machine.fails(1, "report remove 2").contains("is no name"));
    assert!(running.machine.path("data/offhook.db").exists());
}

/// The most memory this process ever held, in KiB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Sends a report of that length piece by piece, from an address of its own.
async fn upload_slowly(server: SocketAddr, number: u8, length: usize) -> std::io::Result<Vec<u8>> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    const PIECE: [u8; 16 << 10] = [0x5a; 16 << 10];
    let front = format!(
        "--x\r\nContent-Disposition: form-data; name=\"devicename\"\r\n\r\nSEP0011223300{number:02X}\r\n\
         --x\r\nContent-Disposition: form-data; name=\"prt_file\"; filename=\"a\"\r\n\r\n"
    );
    let end = "\r\n--x--\r\n";
    let whole = front.len() + length + end.len();
    let socket = tokio::net::TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from(([127, 61, 0, number], 0)))?;
    let mut stream = socket.connect(server).await?;
    let head = format!(
        "POST /problem-report HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: {whole}\r\n\
         Connection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(front.as_bytes()).await?;
    for _ in 0..length / PIECE.len() {
        stream.write_all(&PIECE).await?;
    }
    stream.write_all(end.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(answer)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_uploads_at_once_go_to_the_disk_and_not_into_memory() {
    const EACH: usize = 4 << 20;
    const PHONES: u8 = 60;
    let running = serve(|config| config.services.reports_bytes = 4 << 30).await;
    let before = peak();
    let mut sending = tokio::task::JoinSet::new();
    for number in 0..PHONES {
        sending.spawn(upload_slowly(running.address, number, EACH));
    }
    while let Some(sent) = sending.join_next().await {
        let answer = sent.unwrap().unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
    }
    let kept = running.kept().await;
    assert_eq!(kept.len(), usize::from(PHONES));
    assert!(kept.iter().all(|report| report.bytes == i64::try_from(EACH).unwrap()));
    // Together they are 240 MiB.
    let grown = peak().saturating_sub(before);
    assert!(grown < 80 << 10, "{grown} KiB");
}
