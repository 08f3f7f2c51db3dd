//! A phone's whole life: never seen, taken in, enrolled, encrypted; then every certificate is renewed, and it does not notice.
//! One phone of each series, against the real program.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use pki::{Curve, Identity, KeyKind, Lsc, PrivateKey, Request, Subject, SubjectKey};
use serde_json::Value;
use tempfile::TempDir;
use virtual_phone::boot::{Flash, Phone};
use virtual_phone::enrol::{EnrolReport, Enrolling, enrol};
use virtual_phone::mac::Mac;
use virtual_phone::models::{self, Model};
use virtual_phone::network::{Caller, Network, Patience, Server};
use virtual_phone::phone;
use virtual_phone::report::Report;
use virtual_phone::trust::Checks;

/// Only ends a test that hangs.
const PATIENCE: Duration = Duration::from_secs(120);
const MAC: Mac = Mac::new([0x58, 0x97, 0x1E, 0xCC, 0x97, 0xC1]);
const HOME: &str = "127.0.0.1";

fn now() -> i64 {
    UNIX_EPOCH.elapsed().unwrap().as_secs().cast_signed()
}

/// A server on a machine of its own.
struct Office {
    folder: TempDir,
    child: Child,
    runtime: tokio::runtime::Runtime,
    model: &'static Model,
    maker: Identity,
}

impl Office {
    /// One that takes phones of this model in by itself, and knows who made them.
    fn open(model: &'static Model) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = "\"127.0.0.1:0\"";
        let settings = format!(
            "[provisioning]\nlegacy_tls = true\nonboarding = \"register\"\nserver_name = \"localhost\"\n\
             [onboarding]\nrange = \"2000-2999\"\nprofile = \"desk\"\nmodel = \"{}\"\n\
             [listen]\ntftp = {at}\nprovisioning = {at}\nsecure_provisioning = {at}\nservices = {at}\n\
             secure_services = {at}\ntvs = {at}\ncapf = {at}\nadmin = \"\"\n",
            model.name
        );
        fs::write(folder.path().join("offhook.toml"), settings).unwrap();
        let subject = Subject { cn: "Maker CA".into(), o: "Maker".into(), ou: "Phones".into() };
        let request = Request { subject, names: vec![], key: KeyKind::Ec(Curve::P256), days: 9000 };
        let maker = Identity::self_signed(&request, now() - 400 * 86_400).unwrap();
        fs::write(folder.path().join("maker.pem"), maker.certificate.to_pem()).unwrap();
        let program = |words: &str| run(&folder, words);
        program("profile add desk");
        program("cert manufacturer add maker maker.pem");
        program("trust enable --yes");
        let child = serve(&folder);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { folder, child, runtime, model, maker }
    }

    /// Runs the program, which must be content.
    fn offhook(&self, words: &str) -> String {
        run(&self.folder, words)
    }

    fn json(&self, words: &str) -> Value {
        serde_json::from_str(&self.offhook(&format!("{words} --json"))).unwrap()
    }

    fn port(&self, listener: &str) -> u16 {
        let ready = fs::read(self.folder.path().join("ready.json")).unwrap();
        let ready: Value = serde_json::from_slice(&ready).unwrap();
        let address = ready["listeners"][listener][0].as_str().unwrap().parse::<SocketAddr>().unwrap();
        address.port()
    }

    fn network(&self) -> Network {
        let server = Server {
            name: "localhost".to_owned(),
            address: HOME.parse::<IpAddr>().unwrap(),
            http: self.port("provisioning"),
            https: self.port("secure_provisioning"),
            tftp: self.port("tftp"),
            tvs: self.port("tvs"),
        };
        Network::new(server, Patience::default())
    }

    fn boot(&self, flash: Flash, identity: Option<&Identity>) -> (Report, Flash) {
        let phone = Phone {
            identity: identity.cloned(),
            ..Phone::new(self.model, MAC, u32::try_from(now()).unwrap())
        };
        self.runtime.block_on(phone::boot(
            phone,
            flash,
            Arc::new(Checks::default()),
            &self.network(),
            None,
            |_| (),
        ))
    }

    fn comes_up(&self, flash: Flash, identity: &Identity) -> (Report, Flash) {
        let (report, flash) = self.boot(flash, Some(identity));
        assert!(report.verdict.comes_up, "{report:#?}");
        (report, flash)
    }

    /// What `cert renew` says, whether it did it or not.
    fn renewed(&self, certificate: &str) -> Value {
        let mut command = Command::new(env!("CARGO_BIN_EXE_offhook"));
        command.args(["cert", "renew", certificate, "--json"]).current_dir(self.folder.path());
        let told: Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
        told[0].clone()
    }

    /// Waits until the next one is in force: what phones do is on record a moment later.
    fn takes_over(&self, certificate: &str) {
        let deadline = std::time::Instant::now() + PATIENCE;
        loop {
            let told = self.renewed(certificate);
            if told["result"] == "replaced" {
                return;
            }
            assert!(std::time::Instant::now() < deadline, "{told}");
        }
    }

    /// Waits until the Trust Verification Service was asked about the one who signs files, once more than `before`.
    fn vouched(&self, before: usize) -> usize {
        let asked = || {
            let log = fs::read_to_string(self.folder.path().join("log")).unwrap();
            let line = |line: &&str| {
                line.contains("vouched for") && !line.contains("not vouched for") && line.contains("tftp")
            };
            log.lines().filter(line).count()
        };
        let deadline = std::time::Instant::now() + PATIENCE;
        while asked() <= before {
            assert!(std::time::Instant::now() < deadline, "nobody asked about it");
            std::thread::yield_now();
        }
        asked()
    }

    /// The certificate that the phone was made with.
    fn mic(&self) -> Identity {
        let key = PrivateKey::generate(KeyKind::Rsa(2048)).unwrap();
        let device = format!("CP-{}-{}", self.model.name, MAC.device_name());
        let spki = SubjectKey::from_spki(&key.to_spki().unwrap()).unwrap();
        let serial = pki::random_serial().unwrap();
        let lsc = Lsc { device: &device, key: &spki, serial, days: 3000 };
        Identity { certificate: self.maker.issue(&lsc, now() - 86_400).unwrap(), chain: vec![], key }
    }

    fn enrol(&self, certificate: &Identity) -> EnrolReport {
        let phone = Enrolling {
            mac: MAC,
            password: String::new(),
            certificate: Some(certificate.clone()),
            sudi: None,
            key: None,
            now: now(),
        };
        let caller = Caller { model: self.model, from: None, trusted: None };
        let (network, port) = (self.network(), self.port("capf"));
        self.runtime.block_on(enrol(phone, &network, port, caller))
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn run(folder: &TempDir, words: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_offhook"));
    let done = command.args(words.split(' ')).current_dir(folder.path()).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "offhook {words}: {out}{err}");
    out.into_owned()
}

fn serve(folder: &TempDir) -> Child {
    let socket = UnixDatagram::bind(folder.path().join("notify")).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let log = || fs::read_to_string(folder.path().join("log")).unwrap_or_default();
    let child = Command::new(env!("CARGO_BIN_EXE_offhook"))
        .args(["serve", "--ready-file", "ready.json"])
        .current_dir(folder.path())
        .env("NOTIFY_SOCKET", folder.path().join("notify"))
        .stdout(Stdio::null())
        .stderr(fs::File::create(folder.path().join("log")).unwrap())
        .spawn()
        .unwrap();
    let mut told = [0; 4096];
    while !socket.recv(&mut told).is_ok_and(|len| told[..len].starts_with(b"READY=1")) {
        assert!(!log().contains("error:"), "{}", log());
    }
    child
}

fn lives(model: &str) {
    let model = models::find(model).unwrap();
    let office = Office::open(model);
    let name = MAC.device_name();

    // Nobody has ever seen it. It comes, is taken in, and holds a trust list from then on.
    let (report, flash) = office.boot(Flash::default(), None);
    assert!(report.verdict.comes_up, "{report:#?}");
    assert_eq!(
        office.json(&format!("phone show {name}"))["phone"]["profile"].as_str().unwrap_or("desk"),
        "desk"
    );

    // Its configuration is encrypted from now on: it enrols with what it was made with, and comes up with what it got.
    office.offhook("lsc schedule --profile desk --mic");
    office.offhook("lsc encrypt --profile desk");
    let (report, flash) = office.boot(flash, None);
    assert!(!report.verdict.comes_up && report.verdict.why.contains("enrol"), "{report:#?}");
    let report = office.enrol(&office.mic());
    assert!(report.succeeded, "{report:#?}");
    let lsc = report.installed.unwrap();
    let (report, mut flash) = office.comes_up(flash, &lsc);
    assert!(report.steps.iter().any(|step| step.file.ends_with(".enc.sgn")), "{report:#?}");

    // Every certificate but those that sign lists is renewed, one after the other, and it never holds the new list.
    for certificate in ["tftp", "provisioning", "provisioning-rsa", "application", "capf"] {
        let told = office.json(&format!("cert renew {certificate}"));
        assert_eq!(told[0]["result"], "replaced", "{certificate}");
        flash = office.comes_up(flash, &lsc).1;
    }
    let (_, kept) = office.comes_up(flash, &lsc);
    let asked = office.vouched(0);
    assert!(office.offhook("trust plan").contains("tftp"));

    // The service that vouches for all of them: its next certificate is in the list first.
    assert_eq!(office.json("cert renew tvs")[0]["result"], "prepared");
    let early = office.renewed("tvs");
    assert_eq!((early["result"].as_str(), early["phones"][0].as_str()), (Some("waits"), Some(&*name)));
    office.offhook("trust publish");
    let (_, kept) = office.comes_up(kept, &lsc);
    office.takes_over("tvs");
    office.offhook("cert renew tftp");
    let (_, kept) = office.comes_up(kept, &lsc);
    office.vouched(asked);

    // It renews its own certificate with the one it holds, whoever issues now.
    office.offhook("lsc schedule --profile desk --lsc");
    let report = office.enrol(&lsc);
    assert!(report.succeeded, "{report:#?}");
    office.offhook("trust publish");
    office.comes_up(kept, &report.installed.unwrap());
}

#[test]
fn a_phone_of_the_6900_series_lives_through_it() {
    lives("6961");
}

#[test]
fn a_phone_of_the_7800_series_lives_through_it() {
    lives("7841");
}

#[test]
fn a_phone_of_the_7900_series_lives_through_it() {
    lives("7965");
}

#[test]
fn a_phone_of_the_8800_series_lives_through_it() {
    lives("8845");
}

#[test]
fn a_phone_of_the_8900_series_lives_through_it() {
    lives("8961");
}

#[test]
fn a_phone_of_the_9900_series_lives_through_it() {
    lives("9971");
}
