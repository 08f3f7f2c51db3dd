//! The real program on a machine of its own, and virtual phones that boot from it.

use std::fs;
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant, UNIX_EPOCH};

use serde_json::Value;
use tempfile::TempDir;
use virtual_phone::boot::{Flash, Over, Phone};
use virtual_phone::mac::Mac;
use virtual_phone::models;
use virtual_phone::network::{Network, Patience, Server};
use virtual_phone::phone;
use virtual_phone::report::Report;
use virtual_phone::trust::Checks;

/// Only ends a test that hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) const ONE: Mac = Mac::new([2, 0, 0, 0, 0, 1]);

/// A machine on which the program serves.
pub(crate) struct Site {
    folder: TempDir,
    child: Option<Child>,
}

impl Site {
    /// `settings` are further sections of the configuration; `before` are commands that run before it serves.
    pub(crate) fn new(settings: &str, before: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listeners = [
            "tftp",
            "provisioning",
            "secure_provisioning",
            "services",
            "secure_services",
            "tvs",
            "capf",
            "admin",
        ];
        let listen: String = listeners.iter().map(|name| format!("{name} = \"127.0.0.1:0\"\n")).collect();
        fs::write(folder.path().join("offhook.toml"), format!("{settings}\n[listen]\n{listen}")).unwrap();
        let mut site = Self { folder, child: None };
        before.iter().for_each(|words| drop(site.ok(words)));
        site.start();
        site
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts a file into the document root.
    pub(crate) fn put(&self, name: &str, bytes: &[u8]) {
        let path = self.path("data/tftpboot").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
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
        command.stdout(Stdio::null()).stderr(fs::File::create(self.path("log")).unwrap());
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

    /// The server's process.
    pub(crate) fn process(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// Runs a command, split at spaces.
    pub(crate) fn run(&self, words: &str) -> Output {
        self.program().args(words.split(' ')).stdin(Stdio::null()).output().unwrap()
    }

    /// The same; it must be content.
    pub(crate) fn ok(&self, words: &str) -> String {
        let ran = self.run(words);
        assert!(ran.status.success(), "offhook {words}: {}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stdout).unwrap()
    }

    pub(crate) fn json(&self, words: &str) -> Value {
        let ran = self.run(&format!("{words} --json"));
        serde_json::from_slice(&ran.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&ran.stderr)))
    }

    /// The verdict on a phone, once it is that: events take a moment to be written down.
    pub(crate) fn verdict(&self, mac: Mac, expected: &str) -> Value {
        let mut said: Vec<Value> = Vec::new();
        let began = Instant::now();
        while began.elapsed() < PATIENCE / 2 {
            let last = self.json(&format!("phone why SEP{mac}"));
            if last["verdict"] == expected {
                return last;
            }
            if said.last().is_none_or(|before| before["verdict"] != last["verdict"]) {
                said.push(last);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("{expected} never came: {said:#?}");
    }

    /// Every event of a phone, once there are so many.
    pub(crate) fn events(&self, mac: Mac, least: usize) -> Vec<Value> {
        let mut events = Vec::new();
        for _ in 0..400 {
            let timeline = self.json(&format!("phone timeline SEP{mac} --boots 100"));
            let boots = timeline["boots"].as_array().unwrap();
            events = boots.iter().flat_map(|boot| boot["events"].as_array().unwrap().clone()).collect();
            if events.len() >= least {
                return events;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("{least} events never came: {events:#?}");
    }

    pub(crate) fn port(&self, listener: &str) -> u16 {
        let ready: Value = serde_json::from_slice(&fs::read(self.path("ready.json")).unwrap()).unwrap();
        ready["listeners"][listener][0].as_str().unwrap().parse::<SocketAddr>().unwrap().port()
    }

    /// One request and the whole answer.
    pub(crate) fn get(&self, listener: &str, target: &str, from: Option<IpAddr>) -> String {
        let runtime = runtime();
        let mut stream = runtime.block_on(async {
            let socket = tokio::net::TcpSocket::new_v4().unwrap();
            if let Some(from) = from {
                socket.bind(SocketAddr::new(from, 0)).unwrap();
            }
            let to = SocketAddr::from(([127, 0, 0, 1], self.port(listener)));
            socket.connect(to).await.unwrap().into_std().unwrap()
        });
        stream.set_nonblocking(false).unwrap();
        ask(&mut stream, target)
    }

    pub(crate) fn metrics(&self) -> String {
        self.get("admin", "/metrics", None)
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

    /// Boots a phone of that model over its own roads.
    pub(crate) fn boot(&self, model: &str, mac: Mac) -> Report {
        self.boot_with(model, mac, Over::AsPhone, Flash::default()).0
    }

    pub(crate) fn boot_with(&self, model: &str, mac: Mac, over: Over, flash: Flash) -> (Report, Flash) {
        let phone = Phone { over, ..Phone::new(models::find(model).unwrap(), mac, now()) };
        let network = self.network();
        runtime().block_on(phone::boot(phone, flash, Arc::new(Checks::default()), &network, None, |_| ()))
    }
}

fn ask(stream: &mut TcpStream, target: &str) -> String {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

impl Drop for Site {
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

/// The name of each event, over what it came and how it ended.
pub(crate) fn shown(events: &[Value]) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let one = |event: &Value| {
        let name = text(&event["name"]);
        (name.trim_start_matches('/').to_owned(), text(&event["via"]), text(&event["outcome"]))
    };
    events.iter().map(one).collect()
}
