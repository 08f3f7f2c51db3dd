//! The real program, serving on free ports, and virtual phones that boot from it.

use std::fs;
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use tempfile::TempDir;
use virtual_phone::boot::{Flash, Over, Phone};
use virtual_phone::mac::Mac;
use virtual_phone::models::Model;
use virtual_phone::network::{Network, Patience, Server};
use virtual_phone::phone;
use virtual_phone::report::Report;
use virtual_phone::trust::Checks;

use crate::postgres;
use crate::site::Kept;

/// Only ends a test that hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// A machine on which the program serves.
pub(crate) struct Running {
    folder: TempDir,
    pub(crate) url: String,
    child: Option<Child>,
}

impl Running {
    /// `settings` are further sections of the configuration; `trusted` is whether phones get a list.
    pub(crate) fn new(kept: Kept, settings: &str, trusted: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = match kept {
            Kept::Sqlite => format!("sqlite://{}", folder.path().join("data/offhook.db").display()),
            Kept::Postgres => postgres::database(),
        };
        let listeners =
            ["tftp", "provisioning", "secure_provisioning", "services", "secure_services", "tvs", "capf"];
        let listen: String = listeners.iter().map(|name| format!("{name} = \"127.0.0.1:0\"\n")).collect();
        let text = format!("database = {url:?}\n{settings}\n[listen]\n{listen}admin = \"\"\n");
        fs::write(folder.path().join("offhook.toml"), text).unwrap();
        let mut running = Self { folder, url, child: None };
        if trusted {
            running.ok("trust enable --yes");
        }
        running.start();
        running
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn program(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_offhook"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("OFFHOOK")) {
            command.env_remove(name);
        }
        command.current_dir(self.folder.path());
        command
    }

    fn start(&mut self) {
        let socket = UnixDatagram::bind(self.path("notify")).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut command = self.program();
        command.args(["serve", "--ready-file", "ready.json"]).env("NOTIFY_SOCKET", self.path("notify"));
        command.stdout(fs::File::create(self.path("out")).unwrap());
        command.stderr(fs::File::create(self.path("log")).unwrap());
        self.child = Some(command.spawn().unwrap());
        let mut told = [0; 4096];
        while !socket.recv(&mut told).is_ok_and(|len| told[..len].starts_with(b"READY=1")) {
            assert!(!self.log().contains("error:"), "{}", self.log());
        }
    }

    /// Stops it softly and waits for its end.
    pub(crate) fn stop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        let process = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(process, rustix::process::Signal::TERM).unwrap();
        assert!(child.wait().unwrap().success(), "{}", self.log());
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap()
    }

    /// What it printed at its start.
    pub(crate) fn printed(&self) -> String {
        fs::read_to_string(self.path("out")).unwrap()
    }

    /// Runs another command beside it, split at spaces.
    pub(crate) fn run(&self, words: &str) -> Output {
        self.program().args(words.split(' ')).stdin(Stdio::null()).output().unwrap()
    }

    /// The same; it must be content.
    pub(crate) fn ok(&self, words: &str) -> String {
        let ran = self.run(words);
        assert!(ran.status.success(), "offhook {words}: {}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stdout).unwrap()
    }

    pub(crate) fn json(&self, words: &str) -> serde_json::Value {
        serde_json::from_slice(&self.run(&format!("{words} --json")).stdout).unwrap()
    }

    fn port(&self, listener: &str) -> u16 {
        let ready: serde_json::Value =
            serde_json::from_slice(&fs::read(self.path("ready.json")).unwrap()).unwrap();
        ready["listeners"][listener][0].as_str().unwrap().parse::<SocketAddr>().unwrap().port()
    }

    /// A page of the services, as text.
    pub(crate) fn page(&self, target: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port("services"))).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(stream, "GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    pub(crate) fn network(&self) -> Network {
        let server = Server {
            name: "localhost".to_owned(),
            address: IpAddr::from([127, 0, 0, 1]),
            http: self.port("provisioning"),
            https: self.port("secure_provisioning"),
            tftp: self.port("tftp"),
            tvs: self.port("tvs"),
        };
        Network::new(server, Patience::default())
    }

    /// Boots a phone that remembers nothing.
    pub(crate) fn boot(&self, model: &'static Model, mac: Mac, over: Over) -> Report {
        let phone = Phone { over, ..Phone::new(model, mac, now()) };
        let network = self.network();
        let booted =
            phone::boot(phone, Flash::default(), Arc::new(Checks::default()), &network, None, |_| ());
        runtime().block_on(booted).0
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

pub(crate) fn now() -> u32 {
    u32::try_from(UNIX_EPOCH.elapsed().unwrap().as_secs()).unwrap()
}
