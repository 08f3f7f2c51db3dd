//! `offhook serve` on a machine: begun on free ports, ready, asked, and ended softly or hard.

use std::fmt::Debug;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant, UNIX_EPOCH};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use virtual_phone::boot::{Flash, Phone};
use virtual_phone::network::{Network, Patience, Server};
use virtual_phone::report::Report;
use virtual_phone::trust::Checks;

use super::Machine;

/// Only ends a test that hangs.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Everything that listens.
pub const ALL: [&str; 8] =
    ["tftp", "provisioning", "secure_provisioning", "services", "secure_services", "tvs", "capf", "admin"];

/// A port where nobody answers.
const NOBODY: u16 = 1;

/// The section `[listen]` of a server of which only these listen, on free ports of loopback.
pub fn listen(on: &[&str]) -> String {
    let line = |name: &str| {
        let address = if on.contains(&name) { "127.0.0.1:0" } else { "" };
        format!("{name} = \"{address}\"\n")
    };
    format!("[listen]\n{}", ALL.map(line).concat())
}

/// A server that is ended when it goes. What it prints is in `said`, what it logs in `log`, on its machine.
pub struct Serving {
    child: Child,
    folder: PathBuf,
    ready_file: PathBuf,
    /// What it tells its service manager.
    notices: UnixDatagram,
}

impl Serving {
    /// The server of that machine, ready.
    pub fn on(machine: &Machine) -> Self {
        Self::with(machine, |_| ())
    }

    /// The same, begun in another way.
    pub fn with(machine: &Machine, adjust: impl FnOnce(&mut Command)) -> Self {
        let mut serving = Self::begin(machine, "ready.json", adjust);
        serving.hears("READY=1");
        serving
    }

    /// A server that is not yet ready.
    pub fn begin(machine: &Machine, ready_file: &str, adjust: impl FnOnce(&mut Command)) -> Self {
        let socket = machine.path("notify");
        let _ = fs::remove_file(&socket);
        let notices = UnixDatagram::bind(&socket).unwrap();
        // Whoever the server becomes may tell.
        fs::set_permissions(&socket, fs::Permissions::from_mode(0o777)).unwrap();
        // How often it is looked whether the server is still there.
        notices.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
        let mut command = machine.program();
        command.args(["serve", "--ready-file", ready_file]).env("NOTIFY_SOCKET", socket).stdin(Stdio::null());
        command.stdout(File::create(machine.path("said")).unwrap());
        command.stderr(File::create(machine.path("log")).unwrap());
        adjust(&mut command);
        let child = command.spawn().unwrap();
        Self { child, folder: machine.path(""), ready_file: machine.path(ready_file), notices }
    }

    /// Waits until the service manager is told this.
    pub fn hears(&mut self, state: &str) {
        let began = Instant::now();
        let mut told = [0; 4096];
        loop {
            // Looked at first: what it told before its end is read all the same.
            let ended = self.child.try_wait().unwrap();
            match self.notices.recv(&mut told) {
                Ok(length)
                    if told[..length].split(|byte| *byte == b'\n').any(|line| line == state.as_bytes()) =>
                {
                    return;
                }
                Ok(_) => {}
                Err(_) if ended.is_none() && began.elapsed() < PATIENCE => {}
                Err(error) => panic!("no {state}: {error}, {ended:?}\n{}", self.log()),
            }
        }
    }

    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.process().cast_signed()), signal).unwrap();
    }

    /// Lets it read its configuration again, and waits until it has.
    pub fn reload(&mut self) {
        self.signal(Signal::SIGHUP);
        self.hears("RELOADING=1");
        self.hears("READY=1");
    }

    /// Waits for its end; gives what it logged as well.
    pub fn end(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().unwrap();
        (status, self.log())
    }

    /// What it says to a terminal that nobody reads.
    pub fn unread(&mut self) -> Option<ChildStderr> {
        self.child.stderr.take()
    }

    /// Stops it as an administrator does, so that what it remembers is kept.
    pub fn stop(self) {
        self.signal(Signal::SIGTERM);
        let (status, log) = self.end();
        assert!(status.success(), "{status}: {log}");
    }

    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// What it printed at its start.
    pub fn said(&self) -> String {
        fs::read_to_string(self.folder.join("said")).unwrap()
    }

    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.folder.join("log")).unwrap()).into_owned()
    }

    /// Where that listener is.
    pub fn address(&self, listener: &str) -> SocketAddr {
        let bound = self.bound(listener);
        *bound.first().unwrap_or_else(|| panic!("{listener} is off"))
    }

    pub fn port(&self, listener: &str) -> u16 {
        self.address(listener).port()
    }

    fn bound(&self, listener: &str) -> Vec<SocketAddr> {
        let ready: Value = serde_json::from_slice(&fs::read(&self.ready_file).unwrap()).unwrap();
        assert_eq!(ready["pid"], self.process(), "of another server");
        let bound = ready["listeners"][listener].as_array();
        bound.into_iter().flatten().map(|address| address.as_str().unwrap().parse().unwrap()).collect()
    }

    /// Asks a listener for something; nobody has read the answer yet.
    pub fn ask(&self, listener: &str, target: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address(listener)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        // Whoever is not let in may find the connection gone already.
        let _ = write!(stream, "GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
        stream
    }

    /// The whole answer, with its head.
    pub fn get(&self, listener: &str, target: &str) -> String {
        String::from_utf8_lossy(&answer(self.ask(listener, target))).into_owned()
    }

    /// The status and the body of an answer.
    pub fn fetch(&self, listener: &str, target: &str) -> (u16, Vec<u8>) {
        let answer = answer(self.ask(listener, target));
        let head = answer.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 4;
        let status = String::from_utf8_lossy(&answer[9..12]).parse().unwrap();
        (status, answer[head..].to_vec())
    }

    /// The server as a virtual phone finds it.
    pub fn network(&self) -> Network {
        self.network_at(Ipv4Addr::LOCALHOST.into())
    }

    /// The same at another of its addresses.
    pub fn network_at(&self, address: IpAddr) -> Network {
        let port = |listener: &str| {
            let bound = self.bound(listener);
            bound.iter().find(|bound| bound.ip() == address).map_or(NOBODY, SocketAddr::port)
        };
        let server = Server {
            name: "localhost".to_owned(),
            address,
            http: port("provisioning"),
            https: port("secure_provisioning"),
            tftp: port("tftp"),
            tvs: port("tvs"),
        };
        Network::new(server, Patience::default())
    }

    /// Boots a phone with what it kept, and gives what it keeps now.
    pub fn boot(&self, phone: Phone, flash: Flash) -> (Report, Flash) {
        boot(phone, flash, &self.network())
    }

    /// The ports of this server as options of `offhook simulate`.
    pub fn ports(&self) -> [String; 4] {
        let roads = ["http", "https", "tftp", "tvs"];
        let listeners = ["provisioning", "secure_provisioning", "tftp", "tvs"];
        std::array::from_fn(|at| format!("--{}-port={}", roads[at], self.port(listeners[at])))
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn answer(mut stream: TcpStream) -> Vec<u8> {
    let mut answer = Vec::new();
    // Whoever is not let in may see the connection reset.
    let _ = stream.read_to_end(&mut answer);
    answer
}

/// Asks again until the answer is as it must become: what a server does beside its answers may take a moment. Whoever asks
/// runs a command or talks to a server, which is pause enough.
pub fn until<T: Debug>(what: &str, mut ask: impl FnMut() -> T, is_right: impl Fn(&T) -> bool) -> T {
    let began = Instant::now();
    loop {
        let answer = ask();
        if is_right(&answer) {
            return answer;
        }
        assert!(began.elapsed() < PATIENCE, "never so: {what}: {answer:#?}");
        std::thread::yield_now();
    }
}

/// Boots a phone against whatever is there.
pub fn boot(phone: Phone, flash: Flash, network: &Network) -> (Report, Flash) {
    let checks = Arc::new(Checks::default());
    runtime().block_on(virtual_phone::phone::boot(phone, flash, checks, network, None, |_| ()))
}

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// The time, as phones have it.
pub fn now() -> u32 {
    u32::try_from(UNIX_EPOCH.elapsed().unwrap().as_secs()).unwrap()
}
