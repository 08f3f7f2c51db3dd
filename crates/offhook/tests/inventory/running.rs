//! The real program, serving on free ports, and virtual phones that boot from it.

use std::process::{Output, Stdio};

use virtual_phone::boot::{Flash, Over, Phone};
use virtual_phone::mac::Mac;
use virtual_phone::models::Model;
use virtual_phone::network::Network;
use virtual_phone::report::Report;

use crate::machine::Machine;
use crate::machine::serving::{ALL, Serving, listen};
pub(crate) use crate::machine::serving::{now, runtime};
use crate::postgres;
use crate::site::Kept;

/// A machine on which the program serves.
pub(crate) struct Running {
    serving: Option<Serving>,
    machine: Machine,
    pub(crate) url: String,
}

impl Running {
    /// `settings` are further sections of the configuration; `trusted` is whether phones get a list.
    pub(crate) fn new(kept: Kept, settings: &str, trusted: bool) -> Self {
        let machine = Machine::empty();
        let url = match kept {
            Kept::Sqlite => format!("sqlite://{}", machine.path("data/offhook.db").display()),
            Kept::Postgres => postgres::database(),
        };
        let listen = listen(&ALL[..7]);
        machine.put("offhook.toml", format!("database = {url:?}\n{settings}\n{listen}"));
        if trusted {
            machine.ok("trust enable --yes");
        }
        Self { serving: Some(Serving::on(&machine)), machine, url }
    }

    fn serving(&self) -> &Serving {
        self.serving.as_ref().expect("it was not stopped")
    }

    /// Stops it softly and waits for its end.
    pub(crate) fn stop(&mut self) {
        self.serving.take().into_iter().for_each(Serving::stop);
    }

    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&self.machine.get("log")).into_owned()
    }

    /// What it printed at its start.
    pub(crate) fn printed(&self) -> String {
        self.serving().said()
    }

    /// Runs another command beside it, split at spaces.
    pub(crate) fn run(&self, words: &str) -> Output {
        self.machine.program().args(words.split(' ')).stdin(Stdio::null()).output().unwrap()
    }

    /// The same; it must be content.
    pub(crate) fn ok(&self, words: &str) -> String {
        self.machine.ok(words)
    }

    pub(crate) fn json(&self, words: &str) -> serde_json::Value {
        serde_json::from_slice(&self.run(&format!("{words} --json")).stdout).unwrap()
    }

    /// A page of the services, as text.
    pub(crate) fn page(&self, target: &str) -> String {
        self.serving().get("services", target)
    }

    pub(crate) fn network(&self) -> Network {
        self.serving().network()
    }

    /// Boots a phone that remembers nothing.
    pub(crate) fn boot(&self, model: &'static Model, mac: Mac, over: Over) -> Report {
        let phone = Phone { over, ..Phone::new(model, mac, now()) };
        self.serving().boot(phone, Flash::default()).0
    }
}
