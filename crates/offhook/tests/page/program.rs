//! The real program, as a new user runs it: started in an empty folder, with a page on a free port.

use crate::machine::Machine;
use crate::machine::serving::{ALL, Serving, listen};

pub(crate) struct Program {
    serving: Serving,
    machine: Machine,
}

impl Program {
    pub(crate) fn start() -> Self {
        let machine = Machine::empty();
        machine.put(
            "offhook.toml",
            format!("[provisioning]\nserver_name = \"pbx.example.net\"\n{}", listen(&ALL)),
        );
        Self { serving: Serving::on(&machine), machine }
    }

    /// The link for the first log-in, from what it printed.
    pub(crate) fn link(&self) -> String {
        let printed = self.serving.said();
        let line = printed.lines().find(|line| line.starts_with("First log-in")).expect("it prints a link");
        line.split_whitespace().last().unwrap().to_owned()
    }

    /// Where the page is.
    pub(crate) fn address(&self) -> String {
        self.link().split_once("/welcome").unwrap().0.to_owned()
    }

    /// Runs another command beside it; it must be content.
    pub(crate) fn ok(&self, words: &[&str]) -> String {
        self.machine.exactly(words)
    }

    /// A virtual phone boots.
    pub(crate) fn boot(&self, mac: &str, model: &str) {
        let ports = self.serving.ports();
        let words = ["simulate", "boot", "--model", model, "--mac", mac, "--server", "127.0.0.1"];
        let words: Vec<&str> = words.into_iter().chain(ports.iter().map(String::as_str)).collect();
        // Whether it comes up is another test's question.
        self.machine.given(&words, "");
    }
}
