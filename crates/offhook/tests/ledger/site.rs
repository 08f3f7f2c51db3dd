//! A server on a machine of its own, and one phone of each series that knows trust lists.

use serde_json::Value;
use virtual_phone::boot::{Flash, Phone};
use virtual_phone::mac::Mac;
use virtual_phone::models::{self, Model};
use virtual_phone::report::{Outcome, Report, Step};

use crate::machine::serving::{Serving, now, until};
use crate::machine::{Machine, Ran};

/// One of each series.
pub(crate) const MODELS: [&str; 6] = ["6941", "7841", "7942", "8845", "8945", "9971"];

/// A server that runs.
pub(crate) struct Site {
    serving: Option<Serving>,
    pub(crate) machine: Machine,
}

/// A phone, and what it keeps over restarts.
#[derive(Clone)]
pub(crate) struct Kept {
    pub(crate) model: &'static Model,
    pub(crate) mac: Mac,
    pub(crate) flash: Flash,
}

impl Site {
    /// A server with a configuration for a phone of each series. `listen` are lines of `[listen]`.
    pub(crate) fn new(listen: &str) -> Self {
        Self::on(Machine::new(), listen, true)
    }

    /// The same on a machine that is there already.
    pub(crate) fn on(machine: Machine, listen: &str, trusted: bool) -> Self {
        let others = ["tftp", "provisioning", "secure_provisioning", "tvs"].map(|name| {
            let is_said = listen.lines().any(|line| line.starts_with(&format!("{name} =")));
            if is_said { String::new() } else { format!("{name} = \"127.0.0.1:0\"\n") }
        });
        let settings = format!(
            "[provisioning]\nserver_name = \"pbx.example.net\"\n[listen]\n{listen}\n{}services = \"\"\nsecure_services = \
             \"\"\ncapf = \"\"\nadmin = \"\"\n",
            others.concat()
        );
        machine.put("offhook.toml", settings);
        if trusted {
            machine.ok("trust enable --yes");
        }
        for phone in phones() {
            let name = format!("data/tftpboot/{}.cnf.xml", phone.mac.device_name());
            machine.put(&name, configuration());
        }
        Self { serving: Some(Serving::on(&machine)), machine }
    }

    /// Ends the server, and begins another one on the same machine.
    pub(crate) fn restart(&mut self) {
        drop(self.serving.take());
        self.serving = Some(Serving::on(&self.machine));
    }

    /// Restarts a phone; it keeps what it took.
    pub(crate) fn boot(&self, kept: &mut Kept) -> Report {
        let phone = Phone::new(kept.model, kept.mac, now());
        let serving = self.serving.as_ref().expect("it runs");
        let (report, flash) = serving.boot(phone, std::mem::take(&mut kept.flash));
        kept.flash = flash;
        report
    }

    /// Restarts all of them, and nothing may be amiss.
    pub(crate) fn boot_all(&self, phones: &mut [Kept]) {
        for phone in phones {
            clean(&self.boot(phone));
        }
    }

    /// What the plan says of a phone, once it says what is expected.
    pub(crate) fn until(&self, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let plan = || -> Value {
            let ran = self.machine.offhook("trust plan --json");
            serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}{}", ran.out, ran.err))
        };
        until(what, plan, holds)
    }

    /// Waits until the ledger knows that all these phones hold the list of that number.
    pub(crate) fn until_they_hold(&self, phones: &[Kept], list: i64) -> Value {
        let names: Vec<String> = phones.iter().map(|kept| kept.mac.device_name()).collect();
        let list = list.to_string();
        self.until(&format!("all hold {list}"), |plan| {
            names.iter().all(|name| of(plan, name)["holds"] == list)
        })
    }

    pub(crate) fn ok(&self, words: &str) -> Ran {
        let ran = self.machine.offhook(words);
        assert_eq!(ran.code, 0, "offhook {words}: {}{}", ran.out, ran.err);
        ran
    }

    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&self.machine.get("log")).into_owned()
    }
}

/// The row of a phone in a plan.
pub(crate) fn of<'a>(plan: &'a Value, phone: &str) -> &'a Value {
    let rows = plan["phones"].as_array().unwrap();
    rows.iter().find(|row| row["phone"] == phone).unwrap_or(&Value::Null)
}

/// A phone of each series that has nothing yet.
pub(crate) fn phones() -> Vec<Kept> {
    let kept = |(place, name): (usize, &&str)| Kept {
        model: models::find(name).unwrap(),
        mac: Mac::new([0, 0x11, 0x22, 0x33, 0x55, u8::try_from(place).unwrap()]),
        flash: Flash::default(),
    };
    MODELS.iter().enumerate().map(kept).collect()
}

fn configuration() -> &'static str {
    "<device><devicePool><callManagerGroup><members><member priority='0'><callManager><ports><sipPort>5060</sipPort>\
     </ports><processNodeName>192.0.2.10</processNodeName></callManager></member></members></callManagerGroup>\
     </devicePool><sipProfile><sipLines><line button='1'><featureID>9</featureID><featureLabel>Reception</featureLabel>\
     <name>100</name><authPassword>s3cret</authPassword></line></sipLines><dialTemplate>DialTemplate.xml</dialTemplate>\
     </sipProfile></device>"
}

/// Nothing is amiss: it comes up, and every answer was a file it took or a plain `not there`.
pub(crate) fn clean(report: &Report) {
    assert!(report.verdict.comes_up, "{report:#?}");
    assert_eq!(report.warnings, [""; 0], "{report:#?}");
    for step in &report.steps {
        assert!(matches!(step.outcome, Outcome::Taken | Outcome::Missing), "{report:#?}");
    }
}

pub(crate) fn step<'a>(report: &'a Report, file: &str) -> &'a Step {
    let found = report.steps.iter().find(|step| step.file.starts_with(file));
    found.unwrap_or_else(|| panic!("no {file}: {report:#?}"))
}

/// Who signed the list that a phone holds.
pub(crate) fn signer(kept: &Kept) -> String {
    kept.flash.trust.itl.as_ref().unwrap().signer.subject.clone()
}
