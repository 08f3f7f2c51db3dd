//! A phone's whole life: never seen, taken in, enrolled, encrypted; then every certificate is renewed, and it does not notice.
//! One phone of each series, against the real program.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::UNIX_EPOCH;

mod machine;

use machine::Machine;
use machine::serving::{Serving, listen, runtime, until};
use pki::{Curve, Identity, KeyKind, Lsc, PrivateKey, Request, Subject, SubjectKey};
use serde_json::Value;
use virtual_phone::boot::{Flash, Phone};
use virtual_phone::enrol::{EnrolReport, Enrolling, enrol};
use virtual_phone::mac::Mac;
use virtual_phone::models::{self, Model};
use virtual_phone::network::Caller;
use virtual_phone::report::Report;

const MAC: Mac = Mac::new([0x58, 0x97, 0x1E, 0xCC, 0x97, 0xC1]);

fn now() -> i64 {
    UNIX_EPOCH.elapsed().unwrap().as_secs().cast_signed()
}

/// A server on a machine of its own.
struct Office {
    serving: Serving,
    machine: Machine,
    model: &'static Model,
    maker: Identity,
}

impl Office {
    /// One that takes phones of this model in by itself, and knows who made them.
    fn open(model: &'static Model) -> Self {
        let machine = Machine::empty();
        let settings = format!(
            "[provisioning]\nlegacy_tls = true\nonboarding = \"register\"\nserver_name = \"localhost\"\n\
             [onboarding]\nrange = \"2000-2999\"\nprofile = \"desk\"\nmodel = \"{}\"\n{}",
            model.name,
            listen(&[
                "tftp",
                "provisioning",
                "secure_provisioning",
                "services",
                "secure_services",
                "tvs",
                "capf"
            ])
        );
        machine.put("offhook.toml", settings);
        let subject = Subject { cn: "Maker CA".into(), o: "Maker".into(), ou: "Phones".into() };
        let request = Request { subject, names: vec![], key: KeyKind::Ec(Curve::P256), days: 9000 };
        let maker = Identity::self_signed(&request, now() - 400 * 86_400).unwrap();
        machine.put("maker.pem", maker.certificate.to_pem());
        machine.ok("profile add desk");
        machine.ok("cert manufacturer add maker maker.pem");
        machine.ok("trust enable --yes");
        Self { serving: Serving::on(&machine), machine, model, maker }
    }

    /// Runs the program, which must be content.
    fn offhook(&self, words: &str) -> String {
        self.machine.ok(words)
    }

    fn json(&self, words: &str) -> Value {
        self.machine.json(words)
    }

    fn boot(&self, flash: Flash, identity: Option<&Identity>) -> (Report, Flash) {
        let phone = Phone {
            identity: identity.cloned(),
            ..Phone::new(self.model, MAC, u32::try_from(now()).unwrap())
        };
        self.serving.boot(phone, flash)
    }

    fn comes_up(&self, flash: Flash, identity: &Identity) -> (Report, Flash) {
        let (report, flash) = self.boot(flash, Some(identity));
        assert!(report.verdict.comes_up, "{report:#?}");
        (report, flash)
    }

    /// What `cert renew` says, whether it did it or not.
    fn renewed(&self, certificate: &str) -> Value {
        let ran = self.machine.offhook(&format!("cert renew {certificate} --json"));
        let told: Value = serde_json::from_str(&ran.out).unwrap();
        told[0].clone()
    }

    /// Waits until the next one is in force: what phones do is on record a moment later.
    fn takes_over(&self, certificate: &str) {
        until("replaced", || self.renewed(certificate), |told| told["result"] == "replaced");
    }

    /// Waits until the Trust Verification Service was asked about the one who signs files, once more than `before`.
    fn vouched(&self, before: usize) -> usize {
        let asked = || {
            let log = self.serving.log();
            let line = |line: &&str| {
                line.contains("vouched for") && !line.contains("not vouched for") && line.contains("tftp")
            };
            log.lines().filter(line).count()
        };
        until("somebody asked about it", asked, |asked| *asked > before)
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
        let (network, port) = (self.serving.network(), self.serving.port("capf"));
        runtime().block_on(enrol(phone, &network, port, caller))
    }
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
