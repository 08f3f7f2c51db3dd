//! Virtual phones of every model against the real program, over every road they can use.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    fs,
    net::{IpAddr, SocketAddr},
    os::unix::net::UnixDatagram,
    path::Path,
    process::{Child, Command, Output, Stdio},
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use pki::{Identity, KeyKind, Request, Subject, seal};
use tempfile::TempDir;
use virtual_phone::{
    ask::Transport,
    boot::{Flash, Over, Phone},
    mac::Mac,
    models::{self, Model, Series, Tls},
    network::{Network, Patience, Server},
    phone,
    report::{Outcome, Report},
    storm::Storm,
    trust::Checks,
};
use wire::signature::Digest;

/// Only ends a test that hangs.
const PATIENCE: Duration = Duration::from_secs(120);
const FIRST_MAC: Mac = Mac::new([0, 0x11, 0x22, 0x33, 0x44, 0]);
const BOTH: &str = "[\"127.0.0.1:0\", \"[::1]:0\"]";

/// A server on a machine of its own, with a configuration for a phone of each model.
struct Site {
    folder: TempDir,
    child: Child,
}

impl Site {
    /// `settings` are further lines of the configuration; `trusted` is whether phones get a list.
    fn new(settings: &str, trusted: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listen = format!(
            "{settings}\n[listen]\ntftp = {BOTH}\nprovisioning = {BOTH}\nsecure_provisioning = {BOTH}\nservices = {BOTH}\nsecure_services = {BOTH}\ntvs = {BOTH}\ncapf = {BOTH}\nadmin = \"\"\n"
        );
        fs::write(folder.path().join("offhook.toml"), listen).unwrap();
        if trusted {
            let enabled = program(folder.path(), &["trust", "enable", "--yes"]);
            assert!(enabled.status.success(), "{}", String::from_utf8_lossy(&enabled.stderr));
        }
        let root = folder.path().join("data/tftpboot");
        fs::create_dir_all(&root).unwrap();
        for model in models::all() {
            fs::write(root.join(format!("{}.cnf.xml", mac(model).device_name())), configuration(model))
                .unwrap();
        }
        let socket = UnixDatagram::bind(folder.path().join("notify")).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_offhook"))
            .args(["serve", "--ready-file", "ready.json"])
            .current_dir(folder.path())
            .env("NOTIFY_SOCKET", folder.path().join("notify"))
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        let site = Self { folder, child };
        let mut told = [0; 4096];
        while !socket.recv(&mut told).is_ok_and(|len| told[..len].starts_with(b"READY=1")) {
            assert!(site.is_quiet(), "{}", site.log());
        }
        site
    }

    fn is_quiet(&self) -> bool {
        !self.log().contains("error:")
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        fs::write(self.folder.path().join("data/tftpboot").join(name), bytes).unwrap();
    }

    fn certificate(&self, name: &str) -> Identity {
        let folder = self.folder.path().join("data/certificates");
        let file = |ending| folder.join(format!("{name}.{ending}.pem"));
        Identity::read(&file("crt"), &file("key")).unwrap()
    }

    fn port(&self, listener: &str, address: IpAddr) -> u16 {
        let ready = fs::read(self.folder.path().join("ready.json")).unwrap();
        let ready: serde_json::Value = serde_json::from_slice(&ready).unwrap();
        let addresses = ready["listeners"][listener].as_array().unwrap();
        let mut addresses =
            addresses.iter().map(|text| text.as_str().unwrap().parse::<SocketAddr>().unwrap());
        addresses.find(|bound| bound.ip() == address).unwrap().port()
    }

    fn network(&self, address: &str) -> Network {
        let address = address.parse().unwrap();
        let server = Server {
            name: "localhost".to_owned(),
            address,
            http: self.port("provisioning", address),
            https: self.port("secure_provisioning", address),
            tftp: self.port("tftp", address),
            tvs: self.port("tvs", address),
        };
        Network::new(server, Patience::default())
    }

    fn boot(&self, phone: Phone, flash: Flash) -> (Report, Flash) {
        self.boot_at("127.0.0.1", phone, flash)
    }

    fn boot_at(&self, address: &str, phone: Phone, flash: Flash) -> (Report, Flash) {
        let checks = Arc::new(Checks::default());
        let network = self.network(address);
        runtime().block_on(phone::boot(phone, flash, checks, &network, None, |_| ()))
    }

    /// `offhook simulate …` against this server.
    fn simulate(&self, words: &str) -> Output {
        let home = "127.0.0.1".parse().unwrap();
        let [http, https, tftp] =
            ["provisioning", "secure_provisioning", "tftp"].map(|name| self.port(name, home).to_string());
        let mut args = vec!["simulate"];
        args.extend(words.split(' '));
        args.extend(["--http-port", &http, "--https-port", &https, "--tftp-port", &tftp]);
        program(self.folder.path(), &args)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_offhook")).args(args).current_dir(folder).output().unwrap()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn now() -> u32 {
    u32::try_from(UNIX_EPOCH.elapsed().unwrap().as_secs()).unwrap()
}

fn model(name: &str) -> &'static Model {
    models::find(name).unwrap()
}

fn mac(model: &Model) -> Mac {
    FIRST_MAC.plus(u64::try_from(models::all().iter().position(|other| other == model).unwrap()).unwrap())
}

fn phone(model: &'static Model) -> Phone {
    Phone::new(model, mac(model), now())
}

/// Makes a phone ask for everything the server makes by itself, a wallpaper included.
fn configuration(model: &Model) -> String {
    let wallpaper = match &model.wallpaper {
        Some((_, (640, 480))) if model.name.starts_with("894") => "Dunes-640x480.png",
        _ => "Dunes.png",
    };
    format!(
        "<device><devicePool><callManagerGroup><members><member priority='0'><callManager><ports>\
         <sipPort>5060</sipPort></ports><processNodeName>192.0.2.10</processNodeName></callManager></member>\
         </members></callManagerGroup></devicePool><sipProfile><sipLines><line button='1'><featureID>9</featureID>\
         <featureLabel>Reception</featureLabel><name>100</name><authPassword>s3cret</authPassword></line></sipLines>\
         <dialTemplate>DialTemplate.xml</dialTemplate><softKeyFile>SoftKeys.xml</softKeyFile></sipProfile>\
         <featurePolicyFile>FeaturePolicy.xml</featurePolicyFile>\
         <commonProfile><backgroundImageAccess>false</backgroundImageAccess></commonProfile>\
         <vendorConfig><defaultWallpaperFile>{wallpaper}</defaultWallpaperFile></vendorConfig>\
         <userLocale><name>English_United_States</name></userLocale>\
         <networkLocaleInfo><name>United_States</name></networkLocaleInfo></device>"
    )
}

/// Nothing is amiss: it comes up, and every answer was a file it took or a plain `not there`.
fn assert_clean(report: &Report) {
    assert!(report.verdict.comes_up, "{report:#?}");
    assert_eq!(report.warnings, [""; 0], "{report:#?}");
    for step in &report.steps {
        assert!(matches!(step.outcome, Outcome::Taken | Outcome::Missing), "{report:#?}");
    }
}

fn step<'a>(report: &'a Report, file: &str) -> &'a virtual_phone::report::Step {
    let found =
        report.steps.iter().find(|step| step.file.starts_with(file) && step.outcome == Outcome::Taken);
    found.unwrap_or_else(|| panic!("no {file}: {report:#?}"))
}

#[test]
fn every_model_comes_up_without_trust_over_every_road_and_both_families() {
    let site = Site::new("", false);
    for model in models::all() {
        let mut roads = vec![Over::AsPhone, Over::Only(Transport::Tftp)];
        if model.roads.contains(&Transport::Http) {
            roads.push(Over::Only(Transport::Http));
        }
        if model.roads.contains(&Transport::Https) {
            roads.push(Over::Only(Transport::Https));
        }
        for over in roads {
            for address in ["127.0.0.1", "::1"] {
                let (report, flash) = site.boot_at(address, Phone { over, ..phone(model) }, Flash::default());
                assert_clean(&report);
                assert!(flash.trust.is_empty());
                let expected = !matches!(model.series, Series::S7900) && model.wallpaper.is_some();
                assert_eq!(
                    report.steps.iter().any(|step| step.file.contains("Dunes")),
                    expected,
                    "{report:#?}"
                );
            }
        }
    }
}

#[test]
fn every_model_comes_up_with_a_list_of_version_1_0_and_keeps_it() {
    let site = Site::new("[trust]\nversion = \"1.0\"\n", true);
    for model in models::all().iter().filter(|model| !model.ctl_only) {
        for over in [Over::AsPhone, Over::Only(Transport::Tftp)] {
            let (first, flash) = site.boot(Phone { over, ..phone(model) }, Flash::default());
            assert_clean(&first);
            assert!(step(&first, "ITL").note.contains("trusted blindly"));
            for file in ["SEP", "DialTemplate", "Ringlist"] {
                let signed_by = step(&first, file).signed_by.as_ref();
                assert!(signed_by.is_some_and(|by| by.starts_with("CN=TFTP,")), "{file}: {first:#?}");
            }
            let (second, _) = site.boot(Phone { over, ..phone(model) }, flash);
            assert_clean(&second);
            assert!(step(&second, "ITL").note.contains("holds already"));
        }
    }
    // Those that know no ITL go on as if there were none.
    for model in models::all().iter().filter(|model| model.ctl_only) {
        let (report, flash) = site.boot(phone(model), Flash::default());
        assert_clean(&report);
        assert!(flash.trust.is_empty() && step(&report, "SEP").file.ends_with(".xml"));
    }
}

#[test]
fn a_list_of_version_1_1_takes_new_phones_to_https() {
    let site = Site::new("[trust]\nversion = \"1.1\"\n", true);
    for model in models::all().iter().filter(|model| !model.ctl_only) {
        let (report, flash) = site.boot(phone(model), Flash::default());
        assert_clean(&report);
        let configuration = step(&report, "SEP");
        assert!(configuration.file.ends_with(".cnf.xml.sgn"));
        let over_https = model.roads.contains(&Transport::Https);
        assert_eq!(configuration.transport == Transport::Https, over_https, "{report:#?}");
        assert_eq!(configuration.signed_by.is_none(), over_https, "the connection or the signature vouches");
        assert!(step(&report, "DialTemplate.xml.sgn").signed_by.is_some());
        let (again, _) = site.boot(phone(model), flash);
        assert_clean(&again);
    }
}

#[test]
fn sha_512_is_for_phones_that_know_it() {
    let site = Site::new("[trust]\ndigest = \"sha512\"\n", true);
    for name in ["8845", "7841", "8832"] {
        assert_clean(&site.boot(phone(model(name)), Flash::default()).0);
    }
    for name in ["7942", "6941", "9971", "8945"] {
        let (report, _) = site.boot(phone(model(name)), Flash::default());
        assert!(report.warnings[0].contains("SHA-512"), "{report:#?}");
    }
}

#[test]
fn old_phones_reach_6971_only_with_legacy_tls() {
    let https = |model| Phone { over: Over::Only(Transport::Https), ..phone(model) };
    // One of each series: a handshake with RSA key exchange costs the server milliseconds.
    let old = ["6941", "7942", "8945", "9971"].map(model);
    assert!(old.iter().all(|model| model.tls == Tls::V1_0));
    let site = Site::new("", false);
    let (refused, _) = site.boot(https(model("7942")), Flash::default());
    assert!(!refused.verdict.comes_up && !refused.was_answered(), "{refused:#?}");
    drop(site);
    for trusted in [false, true] {
        let site = Site::new("[provisioning]\nlegacy_tls = true\n", trusted);
        for model in old {
            let (report, _) = site.boot(https(model), Flash::default());
            assert_clean(&report);
            let note = &step(&report, "SEP").note;
            assert!(note.contains("TLSv1 AES"), "{note}");
        }
        assert_clean(&site.boot(https(model("8845")), Flash::default()).0);
    }
}

#[test]
fn a_phone_of_another_server_refuses_this_one() {
    let (home, other) = (Site::new("", true), Site::new("", true));
    let model = model("8861");
    let (_, flash) = other.boot(phone(model), Flash::default());
    let (report, kept) = home.boot(phone(model), flash);
    assert!(!report.verdict.comes_up);
    assert!(report.warnings[0].contains("which is not in the trust list this phone holds"), "{report:#?}");
    assert!(report.verdict.next_step.as_ref().unwrap().contains("erase the list"));
    let https = report.steps.iter().find(|step| step.transport == Transport::Https).unwrap();
    assert!(https.note.contains("not in the trust list in role TFTP"), "{https:?}");
    // It goes home as if nothing had been.
    assert_clean(&other.boot(phone(model), kept).0);
}

#[test]
fn a_phone_accepts_a_renewed_certificate_that_tvs_vouches_for() {
    let site = Site::new("[provisioning]\nlegacy_tls = true\n", true);
    let offhook = |words: &str| {
        let words: Vec<&str> = words.split(' ').collect();
        let done = program(site.folder.path(), &words);
        assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
    };
    // TLS 1.2 and 6971; TLS 1.2 and HTTP; TLS 1.0 and TFTP.
    let models = ["8845", "7841", "9971"].map(model);
    let held = models.map(|model| site.boot(phone(model), Flash::default()).1);
    // The lists they hold are not replaced: whoever signs or serves from now on stands in none of them.
    offhook("trust disable --yes");
    for name in ["tftp", "provisioning", "provisioning-rsa"] {
        offhook(&format!("cert make {name} --replace"));
    }
    for (model, flash) in models.into_iter().zip(held.clone()) {
        let (report, _) = site.boot(phone(model), flash);
        assert_clean(&report);
        let note = &step(&report, "SEP").note;
        assert!(note.contains("the trust verification service vouches for"), "{}: {note}", model.name);
    }
    // Nor does it matter that the one who signs the next list is new.
    offhook("cert make sast-1 --replace --yes");
    offhook("trust enable --yes");
    offhook("trust publish");
    for (model, flash) in models.into_iter().zip(held.clone()) {
        let (report, flash) = site.boot(phone(model), flash);
        assert_clean(&report);
        let note = &step(&report, "ITLSEP").note;
        assert!(note.contains("as SAST"), "{}: {note}", model.name);
        let (again, _) = site.boot(phone(model), flash);
        assert!(!step(&again, "SEP").note.contains("verification"), "it holds the new list now: {again:#?}");
    }
    // A role that is taken away is no longer vouched for.
    offhook("trust disable --yes");
    offhook("cert role remove tftp TFTP");
    let [_, _, without] = held;
    let (report, _) = site.boot(phone(model("9971")), without);
    let refused = report.steps.iter().find(|step| step.file.starts_with("SEP")).unwrap();
    assert!(refused.note.contains("service does not vouch for CN=TFTP"), "{report:#?}");
    assert!(!report.verdict.comes_up);
}

#[test]
fn an_encrypted_configuration_in_the_document_root_is_read_by_the_phone_with_the_key() {
    let site = Site::new("[trust]\nversion = \"1.0\"\n", true);
    let model = model("8861");
    let subject = Subject { cn: mac(model).device_name(), o: "Example".into(), ou: "Phones".into() };
    let request = Request { subject, names: vec![], key: KeyKind::Rsa(2048), days: 1 };
    let lsc = Identity::self_signed(&request, i64::from(now())).unwrap();
    let name = format!("{}.cnf.xml.enc.sgn", mac(model).device_name());
    let (xml, signer) = (configuration(model), site.certificate("tftp"));
    let sealed =
        seal::encrypt(&name, xml.as_bytes(), &lsc.certificate, &signer, Digest::Sha1, now()).unwrap();
    let hash = lsc.certificate.md5_hex();
    let stub = format!("<device><certHash>{hash}</certHash><encrConfig>true</encrConfig></device>");
    site.put(&name, &sealed);
    site.put(&name.replace(".enc.sgn", ""), stub.as_bytes());
    let with_key = || Phone { identity: Some(lsc.clone()), ..phone(model) };
    let (report, flash) = site.boot(with_key(), Flash::default());
    assert_clean(&report);
    assert!(step(&report, &name).note.starts_with("decrypted"));
    assert!(flash.encrypted);
    assert_clean(&site.boot(with_key(), flash).0);
    let (stranger, _) = site.boot(phone(model), Flash::default());
    assert!(stranger.verdict.why.contains("a certificate it does not have"), "{stranger:#?}");
}

#[test]
fn the_command_prints_steps_settings_and_verdict() {
    let site = Site::new("", true);
    let mac = mac(model("8845"));
    let first = site.simulate(&format!("boot --model 8845 --mac {mac} --state kept"));
    let text = String::from_utf8(first.stdout).unwrap();
    assert_eq!(first.status.code(), Some(0), "{text}");
    for expected in [
        "its first list, trusted blindly",
        "  1  line  100     Reception",
        "comes up: it has its configuration",
    ] {
        assert!(text.contains(expected), "{text}");
    }
    assert!(!text.contains("s3cret"));
    let second = site.simulate(&format!("boot --model 8845 --mac {mac} --state kept --json"));
    let report: serde_json::Value = serde_json::from_slice(&second.stdout).unwrap();
    assert_eq!(report["verdict"]["comes_up"], true);
    assert!(report["steps"][2]["note"].as_str().unwrap().contains("the list it holds already"), "{report:#}");
    assert_eq!(report["settings"]["call_managers"][0]["address"], "192.0.2.10");
}

#[test]
fn the_command_fails_when_the_phone_does_not_come_up() {
    let site = Site::new("[provisioning]\nonboarding = \"reject\"", false);
    let unknown = site.simulate("boot --model 8845 --mac 0200000000AA");
    let text = String::from_utf8(unknown.stdout).unwrap();
    assert_eq!(unknown.status.code(), Some(1), "{text}");
    assert!(text.contains("SEP0200000000AA does not come up: there is no configuration for it"), "{text}");
    assert!(text.contains("next step: "), "{text}");
    for wrong in ["boot --model 8888 --mac 0200000000AA", "boot --model 8845 --mac x", "storm --models 1,2"] {
        assert_eq!(site.simulate(wrong).status.code(), Some(2), "{wrong}");
    }
}

#[test]
fn a_storm_of_all_models_leaves_nobody_behind() {
    let site = Site::new("", true);
    let models: Vec<&Model> = models::all().iter().filter(|model| !model.ctl_only).collect();
    // The configurations were given out in the order of all models, of which the first two are left out here.
    let storm = Storm {
        phones: models.len(),
        at_once: models.len(),
        first: mac(models[0]),
        models,
        same: false,
        over: Over::AsPhone,
        flash: Flash::default(),
        now: now(),
    };
    let network = Arc::new(site.network("127.0.0.1"));
    let report = runtime().block_on(storm.run(network, || ()));
    assert_eq!((report.phones, report.came_up), (38, 38), "{report:#?}");
    assert!(
        report.stopped.is_empty() && report.troubles.is_empty() && report.warnings.is_empty(),
        "{report:#?}"
    );
    assert!(report.transports.values().all(|counts| counts.failed == 0 && counts.rejected == 0));
    assert!(report.bytes > 1_000_000 && report.requests.median > 0.0);
    let mac = mac(model("8845"));
    let output = site.simulate(&format!("storm --phones 20 --mac {mac} --json"));
    let storm: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &storm["came_up"]), (Some(0), &20.into()), "{storm:#}");
    assert_eq!(storm["transports"]["https"]["taken"], 20);
}
