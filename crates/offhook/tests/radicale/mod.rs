//! A real Radicale for a test: Debian's, from the system or unpacked under `target/peers`.
#![expect(clippy::unwrap_used, reason = "tests")]
#![allow(dead_code, unreachable_pub, reason = "each test file uses what it needs")]

use std::fs::{self, File};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use pki::{Identity, KeyKind, Name, Request, Subject};
use tempfile::TempDir;

/// A server of address books with an address of its own, where anna is a user; killed when it goes.
pub struct Radicale {
    folder: TempDir,
    address: String,
    scheme: &'static str,
    process: Child,
}

pub const USER: &str = "anna";
pub const PASSWORD: &str = "for-tests-only";

impl Radicale {
    /// One without address books, over `http` or `https`.
    pub fn start(number: u8, scheme: &'static str) -> Self {
        let [.., high, low] = std::process::id().to_be_bytes();
        let address = format!("127.{}.{high}.{low}", 110 + number);
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        let names = vec![Name::Ip(address.parse().unwrap())];
        let subject = Subject { cn: "radicale".into(), o: "Example".into(), ou: "Tests".into() };
        let request = Request { subject, names, key: KeyKind::Rsa(2048), days: 30 };
        let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs().cast_signed();
        Identity::self_signed(&request, now).unwrap().write(at, "radicale").unwrap();
        fs::write(at.join("users"), format!("{USER}:{PASSWORD}\n")).unwrap();
        fs::write(at.join("config"), configuration(at, &address, scheme == "https")).unwrap();
        let process = Self::run(at, &address);
        Self { folder, address, scheme, process }
    }

    fn run(at: &Path, address: &str) -> Child {
        let mut radicale = Command::new("/usr/bin/python3");
        radicale.args(["-m", "radicale", "--config"]).arg(at.join("config")).current_dir(at);
        radicale.env("PYTHONPATH", modules()).env("PYTHONDONTWRITEBYTECODE", "1");
        let log = File::create(at.join("log")).unwrap();
        radicale.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let mut process = radicale.spawn().unwrap();
        let started = (0..1500).any(|_| {
            let answers = TcpStream::connect((address, PORT)).is_ok();
            if !answers {
                std::thread::sleep(Duration::from_millis(20));
            }
            answers || process.try_wait().unwrap().is_some()
        });
        let log = fs::read_to_string(at.join("log")).unwrap_or_default();
        assert!(started && process.try_wait().unwrap().is_none(), "radicale does not start: {log}");
        process
    }

    /// The address of something on it.
    pub fn url(&self, path: &str) -> String {
        format!("{}://{}:{PORT}{path}", self.scheme, self.address)
    }

    /// The certificate it shows over HTTPS.
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("radicale.crt.pem")
    }

    /// Puts a card into one of anna's address books.
    pub fn put(&self, book: &str, card: &str, text: &str) {
        let folder = self.book(book);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(".Radicale.props"), r#"{"tag": "VADDRESSBOOK"}"#).unwrap();
        // Never half of it.
        fs::write(folder.join(".new"), text).unwrap();
        fs::rename(folder.join(".new"), folder.join(card)).unwrap();
    }

    /// Takes a card away.
    pub fn remove(&self, book: &str, card: &str) {
        fs::remove_file(self.book(book).join(card)).unwrap();
    }

    fn book(&self, name: &str) -> PathBuf {
        self.folder.path().join("collections/collection-root").join(USER).join(name)
    }

    /// How often it was asked in that way so far.
    pub fn asked(&self, method: &str) -> usize {
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap();
        log.lines().filter(|line| line.contains(&format!("{method} request for"))).count()
    }

    /// Ends it as hard as can be.
    pub fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Radicale {
    fn drop(&mut self) {
        self.kill();
    }
}

const PORT: u16 = 5232;

/// A card as address books write them.
pub fn card(uid: &str, name: &str, numbers: &[(&str, &str)]) -> String {
    let numbers: String =
        numbers.iter().map(|(kind, number)| format!("TEL;TYPE={kind}:{number}\r\n")).collect();
    format!("BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:{name}\r\nN:{name};;;;\r\n{numbers}END:VCARD\r\n")
}

fn modules() -> PathBuf {
    let modules = "usr/lib/python3/dist-packages";
    if Path::new("/").join(modules).join("radicale").exists() {
        return Path::new("/").join(modules);
    }
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../target/peers")
        .canonicalize()
        .unwrap_or_default()
        .join(modules)
}

fn configuration(at: &Path, address: &str, secure: bool) -> String {
    let at = at.display();
    let (secure, yes) = if secure {
        ("True", format!("certificate = {at}/radicale.crt.pem\nkey = {at}/radicale.key.pem\n"))
    } else {
        ("False", String::new())
    };
    format!(
        "[server]\nhosts = {address}:{PORT}\nssl = {secure}\n{yes}[auth]\ntype = htpasswd\nhtpasswd_filename = {at}/users\n\
         htpasswd_encryption = plain\ndelay = 0\n[storage]\nfilesystem_folder = {at}/collections\n[logging]\nlevel = info\n"
    )
}
