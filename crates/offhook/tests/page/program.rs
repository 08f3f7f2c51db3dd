//! The real program, as a new user runs it: started in an empty folder, with a page on a free port.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

/// Only ends a test that hangs.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) struct Program {
    folder: TempDir,
    child: Option<Child>,
}

impl Program {
    pub(crate) fn start() -> Self {
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
        let text = format!("[provisioning]\nserver_name = \"pbx.example.net\"\n[listen]\n{listen}");
        fs::write(folder.path().join("offhook.toml"), text).unwrap();
        let mut program = Self { folder, child: None };
        let socket = UnixDatagram::bind(program.path("notify")).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut command = program.command();
        command.args(["serve", "--ready-file", "ready.json"]).env("NOTIFY_SOCKET", program.path("notify"));
        command.stdout(fs::File::create(program.path("out")).unwrap());
        command.stderr(fs::File::create(program.path("log")).unwrap());
        program.child = Some(command.spawn().unwrap());
        let mut told = [0; 4096];
        while !socket.recv(&mut told).is_ok_and(|len| told[..len].starts_with(b"READY=1")) {
            let log = fs::read_to_string(program.path("log")).unwrap();
            assert!(!log.contains("error:"), "{log}");
        }
        program
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_offhook"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("OFFHOOK")) {
            command.env_remove(name);
        }
        command.current_dir(self.folder.path());
        command
    }

    /// The link for the first log-in, from what it printed.
    pub(crate) fn link(&self) -> String {
        let printed = fs::read_to_string(self.path("out")).unwrap();
        let line = printed.lines().find(|line| line.starts_with("First log-in")).expect("it prints a link");
        line.split_whitespace().last().unwrap().to_owned()
    }

    /// Where the page is.
    pub(crate) fn address(&self) -> String {
        self.link().split_once("/welcome").unwrap().0.to_owned()
    }

    /// Runs another command beside it; it must be content.
    pub(crate) fn ok(&self, words: &[&str]) -> String {
        let ran = self.command().args(words).stdin(Stdio::null()).output().unwrap();
        assert!(ran.status.success(), "offhook {words:?}: {}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stdout).unwrap()
    }

    /// A virtual phone boots.
    pub(crate) fn boot(&self, mac: &str, model: &str) {
        let ready: serde_json::Value =
            serde_json::from_slice(&fs::read(self.path("ready.json")).unwrap()).unwrap();
        let port = |listener: &str| {
            let address = ready["listeners"][listener][0].as_str().unwrap();
            address.rsplit_once(':').unwrap().1.to_owned()
        };
        let ports = [
            ("--http-port", port("provisioning")),
            ("--https-port", port("secure_provisioning")),
            ("--tftp-port", port("tftp")),
            ("--tvs-port", port("tvs")),
        ];
        let mut command = self.command();
        command.args(["simulate", "boot", "--model", model, "--mac", mac, "--server", "127.0.0.1"]);
        for (option, port) in ports {
            command.args([option, &port]);
        }
        // Whether it comes up is another test's question.
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
