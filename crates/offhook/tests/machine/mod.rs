//! A machine with a data directory of its own, on which the real program is run.
//!
//! The tests of commands run twice: alone, and as part of `served`, where a server runs on each machine before the first
//! command, so that every command is done by it.
#![expect(clippy::unwrap_used, reason = "tests")]
#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    unused_macros,
    reason = "each test file uses what it needs"
)]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use tempfile::TempDir;

pub mod serving;

/// What a run of a program gave.
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
    pub bytes: Vec<u8>,
}

pub struct Machine {
    /// Ended before its folder goes.
    server: OnceLock<serving::Serving>,
    /// Nothing has to be begun any more, or never.
    begun: AtomicBool,
    folder: TempDir,
}

/// A snapshot that is the same whether a server does it or not.
macro_rules! snapshot {
    ($name:expr, $value:expr) => {{
        let module = module_path!().trim_start_matches("served::").replace("::", "__");
        insta::with_settings!({ prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(format!("{module}__{}", $name), $value);
        });
    }};
}
pub(crate) use snapshot;

/// Whether a server is to do what commands say.
fn is_served() -> bool {
    module_path!().starts_with("served::")
}

impl Machine {
    /// A machine with nothing on it.
    pub fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("offhook.toml"), "[provisioning]\nserver_name = \"pbx.example.net\"\n")
            .unwrap();
        Self { server: OnceLock::new(), begun: AtomicBool::new(!is_served()), folder }
    }

    /// The same, on which no server runs unless a test begins one.
    pub fn alone(self) -> Self {
        self.begun.store(true, Ordering::Relaxed);
        self
    }

    /// A machine whose inventory is in that database.
    pub fn with_database(url: &str) -> Self {
        let machine = Self::empty();
        let settings = format!("database = {url:?}\n[provisioning]\nserver_name = \"pbx.example.net\"\n");
        machine.put("offhook.toml", settings);
        machine
    }

    /// A machine after its first start. Making keys takes a while, so it is made once and copied.
    pub fn new() -> Self {
        static FIRST: OnceLock<Machine> = OnceLock::new();
        let first = FIRST.get_or_init(|| {
            let machine = Self::empty().alone();
            machine.ok("trust enable --yes");
            machine.ok("trust disable --yes");
            machine
        });
        let machine = Self::empty();
        fs::create_dir_all(machine.path("data/certificates")).unwrap();
        for entry in fs::read_dir(first.path("data/certificates")).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), machine.path("data/certificates").join(entry.file_name())).unwrap();
        }
        machine
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), bytes).unwrap();
    }

    pub fn get(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    /// Copies a file of the vectors onto the machine.
    pub fn vector(&self, name: &str) -> String {
        let own = Path::new(name).file_name().unwrap().to_str().unwrap().to_owned();
        self.put(&own, vector(name));
        own
    }

    /// The program, in the folder of this machine, and without what the one who runs the tests has set for it.
    pub fn program(&self) -> Command {
        self.serve();
        self.command(env!("CARGO_BIN_EXE_offhook"))
    }

    /// Begins the server, if one is to do everything and does not run yet. All machines have the usual ports, each at an
    /// address of its own, so that phones are told the same as without a server.
    fn serve(&self) {
        if self.begun.swap(true, Ordering::Relaxed) {
            return;
        }
        let name = self.folder.path().file_name().unwrap().to_str().unwrap().bytes();
        let number = name.fold(7_u32, |number, byte| number.wrapping_mul(131).wrapping_add(byte.into()));
        let [_, a, b, c] = number.to_be_bytes();
        let ports = [
            ("TFTP", 69),
            ("PROVISIONING", 6970),
            ("SECURE_PROVISIONING", 6971),
            ("SERVICES", 6972),
            ("SECURE_SERVICES", 6973),
            ("TVS", 2445),
            ("CAPF", 3804),
            ("ADMIN", 8970),
        ];
        let serving = serving::Serving::with(self, |command| {
            for (name, port) in ports {
                command.env(format!("OFFHOOK__LISTEN__{name}"), format!("127.{}.{b}.{c}:{port}", a | 64));
            }
        });
        assert!(self.path("data/offhook.sock").exists(), "{}", serving.log());
        assert!(self.server.set(serving).is_ok());
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("OFFHOOK")) {
            command.env_remove(name);
        }
        command.env_remove("SUDO_USER").env_remove("RUST_LOG").current_dir(self.folder.path());
        command
    }

    /// Runs the program with these words, split at spaces.
    pub fn offhook(&self, words: &str) -> Ran {
        run(&mut self.program(), words)
    }

    /// Runs the program with exactly these words, and `input` on standard input.
    pub fn given(&self, words: &[&str], input: &str) -> Ran {
        run_with(self.program().args(words), input)
    }

    /// Runs a line as a shell does, with the program in its path.
    pub fn in_a_shell(&self, line: &str, input: &str) -> Ran {
        let program = Path::new(env!("CARGO_BIN_EXE_offhook"));
        let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
        run_with(self.command("sh").args(["-c", line]).env("PATH", path), input)
    }

    /// Runs the program with exactly these words, which must be content; gives what it printed.
    pub fn exactly(&self, words: &[&str]) -> String {
        let ran = self.given(words, "");
        assert_eq!(ran.code, 0, "offhook {words:?}: {}{}", ran.out, ran.err);
        ran.out
    }

    /// Runs the program, which must be content; gives what it printed.
    pub fn ok(&self, words: &str) -> String {
        let ran = self.offhook(words);
        assert_eq!(ran.code, 0, "offhook {words}: {}{}", ran.out, ran.err);
        ran.out
    }

    /// The same, read as JSON.
    pub fn json(&self, words: &str) -> serde_json::Value {
        serde_json::from_str(&self.ok(&format!("{words} --json"))).unwrap()
    }

    /// Runs the program, which must end with this code; gives what it complained about.
    pub fn fails(&self, code: i32, words: &str) -> String {
        let ran = self.offhook(words);
        assert_eq!(ran.code, code, "offhook {words}: {}{}", ran.out, ran.err);
        ran.out + &ran.err
    }

    /// Runs the program on a terminal on which somebody types `answer`.
    pub fn on_terminal(&self, words: &str, answer: &str) -> Ran {
        let line = format!("{} {words}", env!("CARGO_BIN_EXE_offhook"));
        run_with(self.command("script").args(["-qec", &line, "/dev/null"]), answer)
    }

    /// Runs the system's `openssl`, which must be content.
    pub fn openssl(&self, words: &str) -> Ran {
        let ran = run(&mut self.command("openssl"), words);
        assert_eq!(ran.code, 0, "openssl {words}: {}", ran.err);
        ran
    }
}

fn run(command: &mut Command, words: &str) -> Ran {
    let words = words.split(' ').filter(|word| !word.is_empty());
    Ran::from(command.args(words).stdin(Stdio::null()).output().unwrap())
}

fn run_with(command: &mut Command, input: &str) -> Ran {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = piped.spawn().unwrap();
    // Programs that read nothing may have closed it.
    let _ = running.stdin.take().unwrap().write_all(input.as_bytes());
    Ran::from(running.wait_with_output().unwrap())
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
            bytes: output.stdout,
        }
    }
}

/// A file that a working implementation made, or a key of its.
pub fn vector(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../pki/vectors").join(name)).unwrap()
}
