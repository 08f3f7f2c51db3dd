//! The real program from start to end: ready, reload, stop, and giving up root. What it tells its service manager is
//! what these tests wait for; nothing here looks at the clock.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid, User};
use tempfile::TempDir;

/// Longer than any machine needs: it only ends a test that hangs.
const PATIENCE: Duration = Duration::from_secs(120);
const LISTEN: &str = "[listen]\ntftp = \"127.0.0.1:0\"\nprovisioning = \"127.0.0.1:0\"\nsecure_provisioning = \
                      \"127.0.0.1:0\"\nservices = \"127.0.0.1:0\"\nsecure_services = \"127.0.0.1:0\"\ntvs = \"127.0.0.1:0\"\ncapf = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n";

/// A directory with a configuration, and a socket for what a server in it tells its service manager.
struct Place {
    directory: TempDir,
    socket: UnixDatagram,
}

impl Place {
    fn new(settings: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let socket = UnixDatagram::bind(directory.path().join("notify")).unwrap();
        fs::set_permissions(directory.path().join("notify"), fs::Permissions::from_mode(0o777)).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let place = Self { directory, socket };
        place.configure(settings);
        place
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn configure(&self, settings: &str) {
        fs::write(self.path().join("offhook.toml"), format!("{settings}\n{LISTEN}")).unwrap();
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// The server, not yet ready.
    fn spawn(&self) -> Server<'_> {
        let child = Command::new(env!("CARGO_BIN_EXE_offhook"))
            .args(["serve", "--ready-file", "data/ready.json"])
            .current_dir(self.path())
            .env_remove("RUST_LOG")
            .env("NOTIFY_SOCKET", self.path().join("notify"))
            .stdout(File::create(self.path().join("stdout")).unwrap())
            .stderr(File::create(self.path().join("stderr")).unwrap())
            .spawn()
            .unwrap();
        Server { place: self, child }
    }

    /// The server, ready.
    fn serve(&self) -> Server<'_> {
        let server = self.spawn();
        server.wait_for("READY=1");
        server
    }
}

struct Server<'a> {
    place: &'a Place,
    child: Child,
}

impl Server<'_> {
    /// Waits until the service manager is told this.
    fn wait_for(&self, state: &str) {
        let mut told = [0; 4096];
        loop {
            let length = self
                .place
                .socket
                .recv(&mut told)
                .unwrap_or_else(|e| panic!("{state}: {e}\n{}", self.stderr()));
            if told[..length].split(|byte| *byte == b'\n').any(|line| line == state.as_bytes()) {
                return;
            }
        }
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().cast_signed()), signal).unwrap();
    }

    fn reload(&self) {
        self.signal(Signal::SIGHUP);
        self.wait_for("RELOADING=1");
        self.wait_for("READY=1");
    }

    fn end(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().unwrap();
        (status, self.stderr())
    }

    fn stderr(&self) -> String {
        fs::read_to_string(self.place.path().join("stderr")).unwrap()
    }

    fn address(&self, listener: &str) -> SocketAddr {
        let text = fs::read(self.place.path().join("data/ready.json")).unwrap();
        let ready: serde_json::Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(ready["pid"], self.child.id());
        ready["listeners"][listener][0].as_str().unwrap().parse().unwrap()
    }

    fn ask(&self, listener: &str, path: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address(listener)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        // Whoever is not let in may find the connection gone already.
        let _ = write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream
    }

    fn get(&self, listener: &str, path: &str) -> String {
        let mut answer = Vec::new();
        // Whoever is not let in may see the connection reset.
        let _ = self.ask(listener, path).read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

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
    let shown = fs::read_to_string(place.path().join("stdout")).unwrap();
    let provisioning = server.address("provisioning");
    for part in [&provisioning.to_string(), "offhook simulate boot", "data/tftpboot", "http://127.0.0.1:"] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    server.signal(Signal::SIGTERM);
    let (status, stderr) = server.end();
    assert_eq!(status.code(), Some(0), "{stderr}");
    assert!(!place.path().join("data/ready.json").exists());
}

/// More than sockets hold, so that a transfer stands still until it is read.
const BIG: usize = 32 << 20;

#[test]
fn a_running_transfer_finishes_after_sigterm() {
    let place = Place::new("");
    place.put("data/tftpboot/firmware.loads", vec![7; BIG]);
    let server = place.serve();
    let provisioning = server.address("provisioning");
    let mut transfer = server.ask("provisioning", "/firmware.loads");
    let mut first = [0];
    transfer.read_exact(&mut first).unwrap();
    server.signal(Signal::SIGTERM);
    server.wait_for("STOPPING=1");
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
    let server = place.serve();
    let mut transfer = server.ask("provisioning", "/firmware.loads");
    transfer.read_exact(&mut [0]).unwrap();
    server.signal(Signal::SIGTERM);
    server.wait_for("STOPPING=1");
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
    let server = place.serve();
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
    let server = place.serve();
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
    let listen = LISTEN.replacen("admin = \"127.0.0.1:0\"", &format!("admin = \"{address}\""), 1);
    fs::write(place.path().join("offhook.toml"), listen).unwrap();
    let (status, stderr) = place.spawn().end();
    assert_eq!(status.code(), Some(1));
    let last = stderr.lines().last().unwrap();
    assert!(last.starts_with("error: admin cannot listen on "), "{stderr}");
    for part in
        [address.as_str(), &format!("pid {}", std::process::id()), "listen.admin", "OFFHOOK__LISTEN__ADMIN"]
    {
        assert!(last.contains(part), "{part} in {stderr}");
    }
    assert!(!place.path().join("data/ready.json").exists());
}

#[test]
fn root_is_given_up_for_good() {
    if !Uid::effective().is_root() {
        eprintln!("skipped: only root has something to give up");
        return;
    }
    let nobody = User::from_name("nobody").unwrap().unwrap();
    let place = Place::new("user = \"nobody\"");
    let server = place.serve();
    let status = fs::read_to_string(format!("/proc/{}/status", server.child.id())).unwrap();
    let line =
        |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).unwrap().split_whitespace();
    assert!(line("Uid:").all(|uid| uid == nobody.uid.to_string()), "{status}");
    assert!(line("Gid:").all(|gid| gid == nobody.gid.to_string()), "{status}");
    assert!(line("Groups:").all(|gid| gid != "0"), "{status}");
    assert!(line("CapEff:").all(|set| set.bytes().all(|digit| digit == b'0')), "{status}");
    // It can still read its keys and the administrator's files.
    let key = fs::metadata(place.path().join("data/certificates/tftp.key.pem")).unwrap();
    assert_eq!((key.uid(), key.mode() & 0o777), (nobody.uid.as_raw(), 0o600));
    let signed = server.get("provisioning", "/Ringlist.xml.sgn");
    assert!(signed.starts_with("HTTP/1.1 200"), "{signed}{}", server.stderr());
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
    let mut child = Command::new(env!("CARGO_BIN_EXE_offhook"))
        .args(["--json", "serve", "--ready-file", "data/ready.json"])
        .current_dir(place.path())
        .env_remove("RUST_LOG")
        .env("NOTIFY_SOCKET", place.path().join("notify"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let unread = child.stderr.take();
    let server = Server { place: &place, child };
    fs::write(place.path().join("stderr"), "").unwrap();
    server.wait_for("READY=1");
    for _ in 0..2000 {
        assert!(server.get("provisioning", "/where.txt").ends_with("here"));
    }
    drop(unread);
    server.signal(Signal::SIGTERM);
    assert_eq!(server.end().0.code(), Some(0));
}
