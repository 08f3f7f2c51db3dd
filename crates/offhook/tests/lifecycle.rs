//! The real program from start to end: ready, reload, stop, and giving up root. What it tells its service manager is
//! what these tests wait for; nothing here looks at the clock.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

use std::fs;
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::Stdio;

mod machine;

use machine::Machine;
use machine::serving::{ALL, Serving, listen};
use nix::sys::signal::Signal;
use nix::unistd::{Uid, User};

/// A machine of which every user may see the files.
struct Place(Machine);

impl Place {
    fn new(settings: &str) -> Self {
        let place = Self(Machine::empty());
        fs::set_permissions(place.0.path(""), fs::Permissions::from_mode(0o755)).unwrap();
        place.configure(settings);
        place
    }

    fn configure(&self, settings: &str) {
        self.0.put("offhook.toml", format!("{settings}\n{}", listen(&ALL)));
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        self.0.put(name, bytes);
    }

    /// The server, not yet ready. It tells where it is in a folder that is its own, whoever it becomes.
    fn spawn(&self) -> Serving {
        Serving::begin(&self.0, READY, |_| ())
    }

    /// The server, ready.
    fn serve(&self) -> Serving {
        let mut server = self.spawn();
        server.hears("READY=1");
        server
    }
}

const READY: &str = "data/ready.json";

#[test]
fn an_empty_directory_is_enough() {
    let place = Place::new("");
    let server = place.serve();
    for listener in ["tftp", "provisioning", "secure_provisioning", "services", "secure_services", "admin"] {
        assert_ne!(server.address(listener).port(), 0);
    }
    assert!(server.get("admin", "/readyz").ends_with("ready\n"));
    assert!(server.get("provisioning", "/Ringlist.xml").starts_with("HTTP/1.1 200"));
    assert!(
        server
            .get("admin", "/metrics")
            .contains("offhook_requests_total{transport=\"http\",outcome=\"sent\"} 1\n")
    );
    let shown = server.said();
    let provisioning = server.address("provisioning");
    for part in [&provisioning.to_string(), "offhook simulate boot", "data/tftpboot", "http://127.0.0.1:"] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    server.signal(Signal::SIGTERM);
    let (status, stderr) = server.end();
    assert_eq!(status.code(), Some(0), "{stderr}");
    assert!(!place.0.path(READY).exists());
}

/// More than sockets hold, so that a transfer stands still until it is read.
const BIG: usize = 32 << 20;

#[test]
fn a_running_transfer_finishes_after_sigterm() {
    let place = Place::new("");
    place.put("data/tftpboot/firmware.loads", vec![7; BIG]);
    let mut server = place.serve();
    let provisioning = server.address("provisioning");
    let mut transfer = server.ask("provisioning", "/firmware.loads");
    let mut first = [0];
    transfer.read_exact(&mut first).unwrap();
    server.signal(Signal::SIGTERM);
    server.hears("STOPPING=1");
    let mut rest = Vec::new();
    transfer.read_to_end(&mut rest).unwrap();
    assert!(rest.len() >= BIG);
    assert!(rest.ends_with(&[7; 1024]));
    let (status, stderr) = server.end();
    assert_eq!(status.code(), Some(0), "{stderr}");
    assert!(TcpStream::connect(provisioning).is_err());
}

#[test]
fn a_transfer_that_stands_still_is_cut_at_the_deadline() {
    let place = Place::new("[limits]\nshutdown = \"100ms\"");
    place.put("data/tftpboot/firmware.loads", vec![7; BIG]);
    let server = place.serve();
    let mut transfer = server.ask("provisioning", "/firmware.loads");
    transfer.read_exact(&mut [0]).unwrap();
    server.signal(Signal::SIGINT);
    let (status, stderr) = server.end();
    assert_eq!(status.code(), Some(0), "{stderr}");
    assert!(stderr.contains("limits.shutdown"), "{stderr}");
}

#[test]
fn a_second_signal_waits_for_nothing() {
    let place = Place::new("[limits]\nshutdown = \"1h\"\nstall = \"1h\"");
    place.put("data/tftpboot/firmware.loads", vec![7; BIG]);
    let mut server = place.serve();
    let mut transfer = server.ask("provisioning", "/firmware.loads");
    transfer.read_exact(&mut [0]).unwrap();
    server.signal(Signal::SIGTERM);
    server.hears("STOPPING=1");
    server.signal(Signal::SIGTERM);
    let (status, stderr) = server.end();
    assert_eq!(status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("second signal"), "{stderr}");
}

#[test]
fn a_reload_takes_up_what_it_can_and_names_the_rest() {
    let place = Place::new("");
    place.put("data/tftpboot/where.txt", "old root");
    place.put("other/where.txt", "new root");
    let mut server = place.serve();
    assert!(server.get("provisioning", "/where.txt").ends_with("old root"));
    place.configure("document_root = \"other\"\ndata_dir = \"elsewhere\"\n[access]\nadmin = [\"192.0.2.1\"]");
    // `/metrics` from here on is only for another machine.
    server.reload();
    assert!(server.get("provisioning", "/where.txt").ends_with("new root"));
    assert_eq!(server.get("admin", "/healthz"), "");
    server.signal(Signal::SIGTERM);
    let (status, stderr) = server.end();
    assert_eq!(status.code(), Some(0), "{stderr}");
    assert!(stderr.contains("data_dir was changed; that takes a restart"), "{stderr}");
}

#[test]
fn a_broken_file_changes_nothing() {
    let place = Place::new("");
    place.put("data/tftpboot/where.txt", "still here");
    let mut server = place.serve();
    place.configure("document_rot = \"other\"");
    server.reload();
    place.configure("document_root = \"absent\"");
    server.reload();
    // The keys are there.
    place.configure("document_root = \"data\"");
    server.reload();
    assert!(server.get("provisioning", "/where.txt").ends_with("still here"));
    assert!(server.get("admin", "/metrics").contains("offhook_reloads_refused_total 3\n"));
    server.signal(Signal::SIGTERM);
    let (status, stderr) = server.end();
    assert_eq!(status.code(), Some(0), "{stderr}");
    assert!(stderr.contains("did you mean document_root?"), "{stderr}");
    assert!(stderr.contains("the old one holds"), "{stderr}");
}

#[test]
fn an_occupied_port_is_told_before_anything_serves() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let place = Place::new("");
    let occupied = listen(&ALL).replace("admin = \"127.0.0.1:0\"", &format!("admin = \"{address}\""));
    place.put("offhook.toml", occupied);
    let (status, stderr) = place.spawn().end();
    assert_eq!(status.code(), Some(1));
    let last = stderr.lines().last().unwrap();
    assert!(last.starts_with("error: admin cannot listen on "), "{stderr}");
    for part in
        [address.as_str(), &format!("pid {}", std::process::id()), "listen.admin", "OFFHOOK__LISTEN__ADMIN"]
    {
        assert!(last.contains(part), "{part} in {stderr}");
    }
    assert!(!place.0.path(READY).exists());
}

#[test]
fn root_is_given_up_for_good() {
    if !Uid::effective().is_root() {
        eprintln!("skipped: only root has something to give up");
        return;
    }
    let nobody = User::from_name("nobody").unwrap().unwrap();
    let place = Place::new("user = \"nobody\"");
    let mut server = place.serve();
    let status = fs::read_to_string(format!("/proc/{}/status", server.process())).unwrap();
    let line =
        |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).unwrap().split_whitespace();
    assert!(line("Uid:").all(|uid| uid == nobody.uid.to_string()), "{status}");
    assert!(line("Gid:").all(|gid| gid == nobody.gid.to_string()), "{status}");
    assert!(line("Groups:").all(|gid| gid != "0"), "{status}");
    assert!(line("CapEff:").all(|set| set.bytes().all(|digit| digit == b'0')), "{status}");
    // It can still read its keys and the administrator's files.
    let key = fs::metadata(place.0.path("data/certificates/tftp.key.pem")).unwrap();
    assert_eq!((key.uid(), key.mode() & 0o777), (nobody.uid.as_raw(), 0o600));
    let signed = server.get("provisioning", "/Ringlist.xml.sgn");
    assert!(signed.starts_with("HTTP/1.1 200"), "{signed}{}", server.log());
    server.reload();
    server.signal(Signal::SIGTERM);
    assert_eq!(server.end().0.code(), Some(0));
}

#[test]
fn an_unknown_user_is_refused() {
    if !Uid::effective().is_root() {
        eprintln!("skipped: only root looks for whom to become");
        return;
    }
    let place = Place::new("user = \"nobody-of-that-name\"");
    let (status, stderr) = place.spawn().end();
    assert_eq!(status.code(), Some(1));
    assert!(stderr.contains("no such user"), "{stderr}");
}

/// A terminal that takes nothing must not hold up the server.
#[test]
fn nobody_has_to_read_the_log() {
    let place = Place::new("[log]\nfilter = \"trace\"");
    place.put("data/tftpboot/where.txt", "here");
    let mut server = Serving::begin(&place.0, READY, |command| {
        command.arg("--json").stderr(Stdio::piped());
    });
    let unread = server.unread();
    server.hears("READY=1");
    for _ in 0..2000 {
        assert!(server.get("provisioning", "/where.txt").ends_with("here"));
    }
    drop(unread);
    server.signal(Signal::SIGTERM);
    assert_eq!(server.end().0.code(), Some(0));
}
