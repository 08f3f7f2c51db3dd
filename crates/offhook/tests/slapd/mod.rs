//! A real slapd for a test: Debian's, from the system or unpacked under `target/peers`.
#![expect(clippy::unwrap_used, reason = "tests")]
#![allow(dead_code, unreachable_pub, reason = "each test file uses what it needs")]

use std::fmt::Write;
use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use pki::{Identity, KeyKind, Name, Request, Subject};
use tempfile::TempDir;

/// A directory service with an address of its own; killed when it goes.
pub struct Slapd {
    folder: TempDir,
    address: String,
    process: Child,
}

impl Slapd {
    /// One that holds `people`: name, number, mobile number.
    pub fn start(number: u8, people: impl IntoIterator<Item = (String, String, Option<String>)>) -> Self {
        let [.., high, low] = std::process::id().to_be_bytes();
        let address = format!("127.{}.{high}.{low}", 90 + number);
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        fs::create_dir(at.join("db")).unwrap();
        let names = vec![Name::Ip(address.parse().unwrap())];
        let subject = Subject { cn: "slapd".into(), o: "Example".into(), ou: "Tests".into() };
        let request = Request { subject, names, key: KeyKind::Rsa(2048), days: 30 };
        let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs().cast_signed();
        Identity::self_signed(&request, now).unwrap().write(at, "slapd").unwrap();
        fs::write(at.join("slapd.conf"), configuration(at)).unwrap();
        fs::write(at.join("people.ldif"), ldif(people)).unwrap();
        let filled = program("slapadd")
            .arg("-f")
            .arg(at.join("slapd.conf"))
            .arg("-l")
            .arg(at.join("people.ldif"))
            .output();
        let filled = filled.unwrap();
        assert!(filled.status.success(), "slapadd: {}", String::from_utf8_lossy(&filled.stderr));
        let process = Self::run(at, &address);
        Self { folder, address, process }
    }

    fn run(at: &Path, address: &str) -> Child {
        let urls = format!("ldap://{address}:13890 ldaps://{address}:16360");
        let mut slapd = program("slapd");
        slapd.args(["-d", "0", "-h", &urls, "-f"]).arg(at.join("slapd.conf"));
        let process = slapd.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let answers = || TcpStream::connect((address, 16360)).is_ok();
        let started = (0..1000).any(|_| {
            let answers = answers();
            if !answers {
                std::thread::sleep(Duration::from_millis(20));
            }
            answers
        });
        assert!(started, "slapd does not start");
        process
    }

    /// Where it is, in the clear or encrypted.
    pub fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{}:{}", self.address, if scheme == "ldap" { 13890 } else { 16360 })
    }

    /// The certificate it shows.
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("slapd.crt.pem")
    }

    /// Ends it as hard as can be.
    pub fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Slapd {
    fn drop(&mut self) {
        self.kill();
    }
}

fn peers() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/peers").canonicalize().unwrap_or_default()
}

/// What a Debian package put there, wherever the package is.
fn placed(path: &str) -> PathBuf {
    let installed = Path::new("/").join(path);
    if installed.exists() { installed } else { peers().join(path) }
}

fn program(name: &str) -> Command {
    let mut command = Command::new(placed(&format!("usr/sbin/{name}")));
    // A library of its own lies beside it.
    let libraries = fs::read_dir(peers().join("usr/lib")).into_iter().flatten().flatten();
    let libraries: Vec<_> = libraries.map(|entry| entry.path().display().to_string()).collect();
    command.env("LD_LIBRARY_PATH", libraries.join(":"));
    command
}

fn configuration(at: &Path) -> String {
    let mut text = String::new();
    for schema in ["core", "cosine", "inetorgperson"] {
        let _ = writeln!(text, "include {}", placed(&format!("etc/ldap/schema/{schema}.schema")).display());
    }
    let at = at.display();
    let modules = placed("usr/lib/ldap");
    let _ = write!(
        text,
        "modulepath {}\nmoduleload back_mdb\npidfile {at}/slapd.pid\nTLSCertificateFile {at}/slapd.crt.pem\n\
         TLSCertificateKeyFile {at}/slapd.key.pem\nsizelimit size.soft=1000 size.hard=1000 size.prtotal=unlimited\n\
         database mdb\nsuffix dc=example,dc=net\nrootdn cn=admin,dc=example,dc=net\nrootpw for-tests-only\n\
         directory {at}/db\nmaxsize 104857600\naccess to * by users read by anonymous auth\n",
        modules.display()
    );
    text
}

fn ldif(people: impl IntoIterator<Item = (String, String, Option<String>)>) -> String {
    let mut text = "dn: dc=example,dc=net\nobjectClass: dcObject\nobjectClass: organization\no: Example\ndc: example\n\n\
                    dn: ou=people,dc=example,dc=net\nobjectClass: organizationalUnit\nou: people\n\n\
                    dn: cn=reader,dc=example,dc=net\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\n\
                    cn: reader\nuserPassword: for-tests-only\n\n"
        .to_owned();
    for (number, (name, telephone, mobile)) in people.into_iter().enumerate() {
        let _ = write!(
            text,
            "dn: uid=u{number},ou=people,dc=example,dc=net\nobjectClass: inetOrgPerson\nuid: u{number}\ncn: {name}\nsn: {name}\n\
             telephoneNumber: {telephone}\n"
        );
        if let Some(mobile) = mobile {
            let _ = writeln!(text, "mobile: {mobile}");
        }
        text.push('\n');
    }
    text
}
