//! The server held against a phone that was written from the description of the protocols alone, in another language:
//! `independent/phone.py` asks the Trust Verification Service and enrols, and `openssl` looks at what it was given.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "../machine/mod.rs"]
mod machine;

mod enrolment;
mod tvs;

use std::fs;
use std::process::{Command, Output, Stdio};

use machine::Machine;
use machine::serving::{ALL, PATIENCE, Serving, listen};
use serde_json::{Value, json};

const NAME: &str = "SEP001122AABBCC";
const OTHER: &str = "SEP00AABBCCDDEE";
const PHONE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/independent/phone.py");

/// A server on a machine of its own, where trust is on and two phones are known.
struct Office {
    serving: Serving,
    machine: Machine,
}

impl Office {
    fn open() -> Self {
        let machine = Machine::empty();
        machine.put("offhook.toml", listen(&ALL));
        let office = Self { serving: Serving::on(&machine), machine };
        for (turn, phone) in [NAME, OTHER].into_iter().enumerate() {
            office.offhook(&format!("phone add {phone} --model 8845 --line {}", 1001 + turn));
        }
        office.offhook("trust enable --yes");
        office
    }

    fn log(&self) -> String {
        self.serving.log()
    }

    /// Runs a program in the folder of the test, not forever.
    fn run(&self, program: &str, words: &[&str]) -> Output {
        let mut command = Command::new("timeout");
        command.arg(PATIENCE.as_secs().to_string()).arg(program).args(words);
        command.current_dir(self.machine.path("")).stdin(Stdio::null()).output().unwrap()
    }

    /// The same; it must be content.
    fn ok(&self, program: &str, words: &[&str]) -> String {
        let ran = self.run(program, words);
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "{program} {words:?}: {said}\n{}", self.log());
        String::from_utf8_lossy(&ran.stdout).into_owned()
    }

    fn offhook(&self, words: &str) -> String {
        self.machine.ok(words)
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
        let server = self.serving.address(if command == "tvs" { "tvs" } else { "capf" }).to_string();
        let mut all = vec![PHONE, command, "--server", &server];
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
        fs::create_dir_all(self.machine.path(to)).unwrap();
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

/// The elements of a message may stand in any order where none is said.
fn sort(steps: &mut Value) {
    for step in steps.as_array_mut().unwrap() {
        step[1].as_array_mut().unwrap().sort_by_key(Value::as_u64);
    }
}
