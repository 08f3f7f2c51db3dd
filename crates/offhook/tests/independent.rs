//! The server held against a phone that was written from the description of the protocols alone, in another language:
//! `independent/phone.py` asks the Trust Verification Service and enrols, and `openssl` looks at what it was given.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

/// Only ends a test that hangs; the commands have as long.
const PATIENCE: Duration = Duration::from_secs(120);
const NAME: &str = "SEP001122AABBCC";
const OTHER: &str = "SEP00AABBCCDDEE";
const PHONE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/independent/phone.py");

/// A server on a machine of its own, where trust is on and two phones are known.
struct Office {
    folder: TempDir,
    child: Child,
}

impl Office {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listeners = "tftp provisioning secure_provisioning services secure_services tvs capf admin";
        let listen: String = listeners.split(' ').map(|name| format!("{name} = \"127.0.0.1:0\"\n")).collect();
        fs::write(folder.path().join("offhook.toml"), format!("[listen]\n{listen}")).unwrap();
        let ready = UnixDatagram::bind(folder.path().join("notify")).unwrap();
        ready.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_offhook"));
        alone(&mut command);
        command
            .args(["serve", "--ready-file", "ready.json"])
            .env("NOTIFY_SOCKET", folder.path().join("notify"));
        command.stdout(Stdio::null()).stderr(fs::File::create(folder.path().join("log")).unwrap());
        let office = Self { child: command.current_dir(folder.path()).spawn().unwrap(), folder };
        let mut told = [0; 4096];
        loop {
            let length = ready.recv(&mut told).unwrap_or_else(|error| panic!("{error}: {}", office.log()));
            if told[..length].starts_with(b"READY=1") {
                break;
            }
        }
        for (turn, phone) in [NAME, OTHER].into_iter().enumerate() {
            office.offhook(&format!("phone add {phone} --model 8845 --line {}", 1001 + turn));
        }
        office.offhook("trust enable --yes");
        office
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// Runs a program in the folder of the test, not forever.
    fn run(&self, program: &str, words: &[&str]) -> Output {
        let mut command = Command::new("timeout");
        alone(&mut command);
        command.arg(PATIENCE.as_secs().to_string()).arg(program).args(words);
        command.current_dir(self.folder.path()).stdin(Stdio::null()).output().unwrap()
    }

    /// The same; it must be content.
    fn ok(&self, program: &str, words: &[&str]) -> String {
        let ran = self.run(program, words);
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "{program} {words:?}: {said}\n{}", self.log());
        String::from_utf8_lossy(&ran.stdout).into_owned()
    }

    fn offhook(&self, words: &str) -> String {
        self.ok(env!("CARGO_BIN_EXE_offhook"), &words.split(' ').collect::<Vec<_>>())
    }

    fn openssl(&self, words: &str) -> String {
        self.ok("openssl", &words.split(' ').collect::<Vec<_>>())
    }

    fn show(&self, phone: &str) -> Value {
        serde_json::from_str(&self.offhook(&format!("lsc show {phone} --json"))).unwrap()
    }

    fn schedule(&self, phone: &str, words: &str) {
        self.offhook(&format!("lsc schedule {phone} {words}"));
    }

    /// The digest of a certificate as `openssl` has it.
    fn digest(&self, der: &str) -> String {
        let told = self.openssl(&format!("x509 -inform DER -in {der} -noout -fingerprint -sha256"));
        told.trim().rsplit('=').next().unwrap().replace(':', "").to_lowercase()
    }

    /// The digest of a certificate of the store, which is written to `NAME.der`.
    fn exported(&self, name: &str) -> String {
        self.offhook(&format!("cert export {name} {name}.der --der"));
        self.digest(&format!("{name}.der"))
    }

    fn phone(&self, command: &str, words: &str) -> Value {
        let ready: Value = serde_json::from_slice(&fs::read(self.path("ready.json")).unwrap()).unwrap();
        let listener = if command == "tvs" { "tvs" } else { "capf" };
        let server = ready["listeners"][listener][0].as_str().unwrap();
        let mut all = vec![PHONE, command, "--server", server];
        all.extend(words.split(' '));
        serde_json::from_str(&self.ok("python3", &all)).unwrap()
    }

    /// Asks as a phone, all on one connection; whoever answers must show the certificate `tvs`.
    fn ask(&self, words: &str) -> Vec<Value> {
        let told = self.phone("tvs", &format!("--device CP-8845-{NAME} {words}"));
        assert_eq!(told["shown"], self.exported("tvs"));
        told["answers"].as_array().unwrap().clone()
    }

    /// Enrols as a phone; what is stored lands in the folder `to`.
    fn enrol(&self, phone: &str, to: &str, words: &str) -> Value {
        fs::create_dir_all(self.path(to)).unwrap();
        let words = format!("--name {phone} --out {to} {words}");
        let told = self.phone("enrol", words.trim_end());
        assert_eq!(told["shown"], self.exported("capf"));
        assert_eq!(told["asked"], json!({"version": 3, "auth": 0}), "the server speaks first");
        assert_eq!(told["same_session"], true, "{told}");
        assert_eq!(told["one_write"], true, "each message leaves in one write: {told}");
        assert_eq!(told["closed"], false, "{told}");
        told
    }

    /// Enrols, and is turned away with that reason before it is told to do anything.
    fn ends(&self, phone: &str, words: &str, reason: u8) {
        let told = self.enrol(phone, "nothing", words);
        assert_eq!(told["reason"], reason, "{words}: {told}\n{}", self.log());
        assert_eq!(told["steps"], json!([[1, [7, 8]], [15, [1]]]), "{words}");
    }

    /// Enrols, and is given a certificate for a key of that kind: `rsa 2048`.
    fn installs(&self, phone: &str, to: &str, words: &str, key: &str) {
        let told = self.enrol(phone, to, words);
        let order = if key.starts_with("rsa") { json!([3, [10, 17]]) } else { json!([3, [17, 18]]) };
        let mut steps = told["steps"].clone();
        sort(&mut steps);
        assert_eq!(steps, json!([[1, [7, 8]], order, [9, [3, 4]], [15, [1]]]), "{}", self.log());
        assert_eq!(told["reason"], 1);
        assert_eq!((&told["key"], &told["type"], &told["head_fits"]), (&json!(key), &json!(1), &json!(true)));
        self.looks_at(phone, to);
        let shown = self.show(phone);
        assert_eq!(shown["scheduled"], Value::Null, "what is done is scheduled no more");
        assert_eq!(shown["held"]["sha256"], self.digest(&format!("{to}/certificate.der")));
    }

    /// What `openssl` says of a certificate that was given.
    fn looks_at(&self, phone: &str, folder: &str) {
        let x509 = |words: &str| {
            self.openssl(&format!("x509 -inform DER -in {folder}/certificate.der -noout {words}"))
        };
        self.openssl("x509 -inform DER -in capf.der -out capf.pem");
        self.openssl(&format!("x509 -inform DER -in {folder}/certificate.der -out {folder}/certificate.pem"));
        self.openssl(&format!("verify -CAfile capf.pem -partial_chain {folder}/certificate.pem"));
        assert_eq!(x509("-pubkey"), self.openssl(&format!("pkey -in {folder}/key.pem -pubout")));

        let issuer =
            self.openssl("x509 -inform DER -in capf.der -noout -subject -nameopt sep_multiline,sname,utf8");
        let own = |name: &str| {
            let lines = name.lines().skip(1).map(|line| line.trim().to_owned());
            lines.filter(|line| !line.starts_with("CN=")).collect::<Vec<_>>()
        };
        let subject = x509("-subject -nameopt sep_multiline,sname,utf8");
        assert_eq!(subject.lines().nth(1).unwrap().trim(), format!("CN={phone}"));
        assert_eq!(own(&subject), own(&issuer), "the rest of the name is the issuer's");

        let serial = x509("-serial");
        let serial = serial.trim().strip_prefix("serial=").unwrap();
        assert!((26..=32).contains(&serial.len()) && !serial.starts_with('-'), "{serial}");
        let text = x509("-text -certopt no_pubkey,no_sigdump");
        for expected in [
            "Signature Algorithm: sha256With",
            "X509v3 Basic Constraints: critical\n                CA:FALSE",
            "X509v3 Key Usage: critical\n                Digital Signature, Key Encipherment\n",
            "TLS Web Server Authentication, TLS Web Client Authentication, IPSec End System\n",
            &format!("X509v3 Subject Alternative Name: \n                URI:{phone}\n"),
        ] {
            assert!(text.contains(expected), "{expected} is missing: {text}");
        }
        x509(&format!("-checkend {}", 364 * 86_400));
        assert!(!self.lasts(&format!("{folder}/certificate.der"), 366), "it holds for 365 days");
    }

    fn lasts(&self, der: &str, days: u32) -> bool {
        let seconds = (days * 86_400).to_string();
        let words = ["x509", "-inform", "DER", "-in", der, "-noout", "-checkend", &seconds];
        self.run("openssl", &words).status.success()
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Without what this machine may have set for a server of its own.
fn alone(command: &mut Command) {
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("OFFHOOK")) {
        command.env_remove(name);
    }
}

/// The elements of a message may stand in any order where none is said.
fn sort(steps: &mut Value) {
    for step in steps.as_array_mut().unwrap() {
        step[1].as_array_mut().unwrap().sort_by_key(Value::as_u64);
    }
}

fn answer(question: &str, command: u8, told: Option<(&[u8], u32)>, certificate: Option<&str>) -> Value {
    let tags: &[u8] = match (told, certificate) {
        (None, _) => &[7],
        (Some(_), None) => &[7, 8, 9],
        (Some(_), Some(_)) => &[7, 2, 8, 9],
    };
    json!({
        "question": question, "protocol": 87, "version": 1, "command": command, "same_session": true, "tags": tags,
        "status": u8::from(told.is_none()), "certificate": certificate,
        "roles": told.map(|told| told.0), "ttl": told.map(|told| told.1),
    })
}

#[test]
fn a_certificate_is_vouched_for_as_described() {
    let office = Office::open();
    let make = |name: &str, subject: &str| {
        let request = format!("req -x509 -newkey rsa:2048 -nodes -keyout {name}.key -days 9 -subj {subject}");
        office.openssl(&format!("{request} -outform DER -out {name}.der"));
    };
    make("stranger", "/O=Example/CN=stranger");
    make("pbx", "/C=DE/ST=Hessen/L=Kassel/O=Example/OU=Voice/CN=pbx.example.net");
    office.offhook("cert import pbx pbx.der --role CCM --tvs-only --ttl 3600");
    let [tftp, pbx] = ["tftp", "pbx"].map(|name| office.exported(name));
    for name in ["application", "capf", "sast-1"] {
        office.exported(name);
    }
    let questions = [
        ("verify=application.der", 2, Some((&[7][..], 86_400)), None),
        ("verify=stranger.der", 2, None, None),
        ("verify=capf.der", 2, Some((&[4], 86_400)), None),
        ("verify=sast-1.der", 2, Some((&[0], 86_400)), None),
        ("query=tftp.der", 4, Some((&[3], 86_400)), Some(&*tftp)),
        ("query-other=tftp.der", 4, Some((&[3], 86_400)), Some(&*tftp)),
        ("query-wrong=tftp.der", 4, None, None),
        ("query=pbx.der", 4, Some((&[1], 3600)), Some(&*pbx)),
        ("query-other=pbx.der", 4, Some((&[1], 3600)), Some(&*pbx)),
        ("query=stranger.der", 4, None, None),
    ];
    let words: Vec<&str> = questions.iter().map(|question| question.0).collect();
    let expected = questions.map(|(question, command, told, whole)| answer(question, command, told, whole));
    assert_eq!(office.ask(&words.join(" ")), expected, "{}", office.log());
}

#[test]
fn a_question_that_is_none_ends_the_connection() {
    let office = Office::open();
    office.exported("tftp");
    let old = office.ask("--version 0 verify=tftp.der");
    assert_eq!((&old[0]["status"], &old[0]["roles"]), (&json!(0), &json!([3])), "old phones announce less");
    let closed = |question: &str| vec![json!({"question": question, "closed": true})];
    assert_eq!(office.ask("--version 2 verify=tftp.der"), closed("verify=tftp.der"));
    assert_eq!(office.ask("broken=tftp.der"), closed("broken=tftp.der"));
    let log = office.log();
    assert_eq!(log.matches("this is no request").count(), 2, "with a reason in the log: {log}");
}

#[test]
fn a_phone_enrols_by_its_password_as_described() {
    let office = Office::open();
    office.ends(NAME, "", 0);
    office.ends("SEP0000000000EE", "", 9);

    office.schedule(NAME, "--password 13579");
    office.ends(NAME, "--password 24680", 7);
    office.ends(NAME, "--password 13579 --version 4", 7);
    assert_eq!(office.show(NAME)["scheduled"]["wrong_passwords"], 1);
    assert_eq!(office.show(NAME)["held"], Value::Null);
    office.installs(NAME, "first", "--password 13579 --version 2", "rsa 2048");
    office.ends(NAME, "--password 13579", 0);

    office.schedule(NAME, "--no-password --key-size 3072");
    office.installs(NAME, "second", "", "rsa 3072");

    office.schedule(OTHER, "--password 13579");
    for wrong in ["1", "135790", "97531"] {
        office.ends(OTHER, &format!("--password {wrong}"), 7);
    }
    office.ends(OTHER, "--password 13579", 7);
    assert_eq!(office.show(OTHER)["scheduled"]["locked"], true);
    office.schedule(OTHER, "--password 13579");
    office.installs(OTHER, "other", "--password 13579", "rsa 2048");
}

#[test]
fn a_phone_enrols_by_the_certificate_it_has_as_described() {
    let office = Office::open();
    office.schedule(NAME, "--no-password");
    office.installs(NAME, "first", "", "rsa 2048");
    office.schedule(NAME, "--certificate --key-size 1024");
    office.ends(NAME, "", 7);
    office.ends(NAME, "--holds first --spoil sha1", 7);
    office.ends(NAME, "--holds first --spoil sha512", 7);
    office.ends(NAME, &format!("--holds first --signed-name {OTHER}"), 7);
    office.installs(NAME, "second", "--holds first", "rsa 1024");
    office.schedule(NAME, "--lsc --curve secp384r1");
    office.installs(NAME, "third", "--holds second --sudi", "ec secp384r1");
    office.schedule(NAME, "--certificate");
    office.installs(NAME, "fourth", "--holds third", "rsa 2048");

    office.schedule(OTHER, "--certificate");
    office.ends(OTHER, "--holds fourth", 7);
    office.ends(OTHER, &format!("--holds fourth --signed-name {NAME}"), 7);

    office.schedule(NAME, "--no-password --fetch");
    let told = office.enrol(NAME, "nothing", "--has first");
    assert_eq!((&told["steps"], &told["reason"]), (&json!([[1, [7, 8]], [11, []], [15, [1]]]), &json!(0)));
    assert_eq!(office.show(NAME)["held"]["sha256"], office.digest("first/certificate.der"));
    office.schedule(NAME, "--no-password --delete");
    let told = office.enrol(NAME, "nothing", "");
    assert_eq!((&told["steps"], &told["reason"]), (&json!([[1, [7, 8]], [13, []], [15, [1]]]), &json!(1)));
    assert_eq!(office.show(NAME)["held"], Value::Null);
}

#[test]
fn a_phone_enrols_by_the_certificate_of_its_maker_as_described() {
    let office = Office::open();
    office.openssl(
        "req -x509 -newkey rsa:2048 -nodes -keyout maker.key -out maker.pem -days 9 -subj /O=Maker/CN=Maker",
    );
    for (folder, name) in [("mic", format!("CP-8845-{NAME}")), ("wrong", format!("CP-8845-{OTHER}"))] {
        fs::create_dir(office.path(folder)).unwrap();
        let request = format!("req -newkey rsa:2048 -nodes -keyout {folder}/key.pem -out {folder}/request");
        office.openssl(&format!("{request} -subj /O=Maker/CN={name}"));
        let signed =
            format!("x509 -req -in {folder}/request -CA maker.pem -CAkey maker.key -CAcreateserial -days 9");
        office.openssl(&format!("{signed} -outform DER -out {folder}/certificate.der"));
    }
    office.schedule(NAME, "--mic");
    office.ends(NAME, "--holds mic --sudi", 7);
    office.offhook("cert manufacturer add maker maker.pem");
    office.ends(NAME, "--holds wrong --sudi", 7);
    office.ends(NAME, "--holds mic --sudi --spoil sudi", 7);
    office.installs(NAME, "first", "--holds mic --sudi", "rsa 2048");
    office.schedule(NAME, "--lsc");
    office.ends(NAME, "--holds mic --sudi", 7);
}
