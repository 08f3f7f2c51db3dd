//! Virtual phones of every model against the real program, over every road they can use.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "../machine/mod.rs"]
mod machine;

mod command;
mod roads;
mod trust;

use std::net::IpAddr;
use std::process::Output;

use machine::Machine;
use machine::serving::{ALL, Serving, boot, listen, now};
use pki::Identity;
use virtual_phone::boot::{Flash, Phone};
use virtual_phone::mac::Mac;
use virtual_phone::models;
use virtual_phone::models::Model;
use virtual_phone::network::Network;
use virtual_phone::report::{Outcome, Report};

const FIRST_MAC: Mac = Mac::new([0, 0x11, 0x22, 0x33, 0x44, 0]);
const BOTH: &str = "[\"127.0.0.1:0\", \"[::1]:0\"]";

/// A server on a machine of its own, with a configuration for a phone of each model.
struct Site {
    serving: Serving,
    machine: Machine,
}

impl Site {
    /// `settings` are further lines of the configuration; `trusted` is whether phones get a list.
    fn new(settings: &str, trusted: bool) -> Self {
        let machine = Machine::empty();
        let listen = listen(&ALL[..7]).replace("\"127.0.0.1:0\"", BOTH);
        machine.put("offhook.toml", format!("{settings}\n{listen}"));
        if trusted {
            machine.ok("trust enable --yes");
        }
        for model in models::all() {
            let name = format!("data/tftpboot/{}.cnf.xml", mac(model).device_name());
            machine.put(&name, configuration(model));
        }
        Self { serving: Serving::on(&machine), machine }
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        self.machine.put(&format!("data/tftpboot/{name}"), bytes);
    }

    fn certificate(&self, name: &str) -> Identity {
        let folder = self.machine.path("data/certificates");
        let file = |ending| folder.join(format!("{name}.{ending}.pem"));
        Identity::read(&file("crt"), &file("key")).unwrap()
    }

    fn network(&self, address: &str) -> Network {
        self.serving.network_at(address.parse::<IpAddr>().unwrap())
    }

    fn boot(&self, phone: Phone, flash: Flash) -> (Report, Flash) {
        self.boot_at("127.0.0.1", phone, flash)
    }

    fn boot_at(&self, address: &str, phone: Phone, flash: Flash) -> (Report, Flash) {
        boot(phone, flash, &self.network(address))
    }

    /// `offhook simulate …` against this server.
    fn simulate(&self, words: &str) -> Output {
        let mut command = self.machine.program();
        command.arg("simulate").args(words.split(' ')).args(self.serving.ports()).output().unwrap()
    }
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
