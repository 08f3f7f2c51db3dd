//! The boot of one phone as a machine without IO: it says what it asks for next, is told what came back, and draws the
//! phone's conclusions. Who fetches, and over what clock, is not its business.

mod conclude;
mod contents;
mod failure;
mod plan;
mod vouching;

use std::{collections::VecDeque, fmt, str::FromStr, sync::Arc, time::Duration};

pub use failure::AGAIN;
use pki::{Certificate, Identity};

use crate::{
    ask::{Ask, Purpose, Transport, Trouble},
    configuration::Configuration,
    mac::Mac,
    models::Model,
    report::{Outcome, Report, Step, Verdict},
    trust::{Checks, Trust},
    tvs::Question,
};

/// Who boots, and how.
#[derive(Clone, Debug)]
pub struct Phone {
    /// Its model decides about its habits.
    pub model: &'static Model,
    /// Its address decides about its name.
    pub mac: Mac,
    /// The certificate and key for encrypted configurations: its LSC, else its MIC.
    pub identity: Option<Identity>,
    /// Which transports it uses.
    pub over: Over,
    /// The time, in Unix seconds.
    pub now: u32,
}

impl Phone {
    /// A phone without certificate that does as its model does.
    #[must_use]
    pub fn new(model: &'static Model, mac: Mac, now: u32) -> Self {
        Self { model, mac, identity: None, over: Over::AsPhone, now }
    }
}

/// Which transports a virtual phone uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Over {
    /// Those of its model, in its model's order.
    #[default]
    AsPhone,
    /// One only, for every file.
    Only(Transport),
}

/// What a phone keeps over a restart.
#[derive(Clone, Debug, Default)]
pub struct Flash {
    /// The trust lists.
    pub trust: Trust,
    /// The firmware it runs; one of its model's if nothing is said.
    pub load: Option<String>,
    /// Its configuration was encrypted last time, so it asks for the encrypted form first.
    pub encrypted: bool,
}

/// What the network brought back.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// The whole file, or why there is none.
    pub file: Result<&'a [u8], &'a Trouble>,
    /// How long it took.
    pub elapsed: Duration,
    /// What is worth telling about the connection: the TLS version and cipher, retransmissions.
    pub remark: Option<&'a str>,
}

/// A boot under way.
#[derive(Debug)]
pub struct Boot {
    phone: Phone,
    flash: Flash,
    checks: Arc<Checks>,
    phase: Phase,
    wants: VecDeque<Want>,
    steps: Vec<Step>,
    warnings: Vec<String>,
    configuration: Option<Configuration>,
    /// What waits for the Trust Verification Service's word, what it was asked already, and what it said last.
    waiting: Option<vouching::Waiting>,
    asked: Vec<Question>,
    tvs_says: Option<String>,
    stopped: Option<Stop>,
}

/// Where in the boot the phone is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Lists,
    Configuration,
    After,
}

/// A file the phone will ask for, and how often and over what it has done so.
#[derive(Clone, Debug)]
struct Want {
    purpose: Purpose,
    name: String,
    roads: &'static [Transport],
    rounds_left: u8,
}

/// Why the boot ends before its end.
#[derive(Clone, Debug)]
struct Stop {
    why: String,
    next_step: String,
}

/// What the phone makes of a file that came.
#[derive(Debug)]
struct Conclusion {
    outcome: Outcome,
    signed_by: Option<String>,
    note: String,
}

impl Boot {
    /// A phone is switched on.
    #[must_use]
    pub fn new(phone: Phone, flash: Flash, checks: Arc<Checks>) -> Self {
        let mut boot = Self {
            phone,
            flash,
            checks,
            phase: Phase::Lists,
            wants: VecDeque::new(),
            steps: Vec::with_capacity(16),
            warnings: vec![],
            configuration: None,
            waiting: None,
            asked: vec![],
            tvs_says: None,
            stopped: None,
        };
        boot.flash.trust.forget_what_is_old(boot.phone.now);
        boot.plan_lists();
        boot
    }

    /// What the phone asks for now; nothing when it has come up or given up.
    #[must_use]
    pub fn next(&self) -> Option<Ask> {
        let want = self.wants.front()?;
        let transport = *want.roads.first()?;
        Some(Ask { name: want.name.clone(), transport, purpose: want.purpose })
    }

    /// Takes the answer to what [`Boot::next`] asked for.
    pub fn answer(&mut self, answer: Answer<'_>) {
        let Some(want) = self.wants.pop_front() else { return };
        if !self.waits(&want, answer) {
            self.settle(want, answer);
        }
    }

    /// Draws the conclusions from an answer.
    fn settle(&mut self, mut want: Want, answer: Answer<'_>) {
        let Some((&transport, roads_left)) = want.roads.split_first() else { return };
        let (file, bytes) = (want.name.clone(), answer.file.map_or(0, <[u8]>::len));
        let mut conclusion = match answer.file {
            Ok(content) => self.conclude(&want, transport, content),
            Err(trouble) => {
                want.roads = roads_left;
                self.conclude_without(want, trouble)
            }
        };
        if let Some(said) = self.tvs_says.take() {
            conclusion.note = format!("{}; {said}", conclusion.note);
        }
        if let Some(remark) = answer.remark {
            conclusion.note = format!("{} ({remark})", conclusion.note);
        }
        let Conclusion { outcome, signed_by, note } = conclusion;
        let server_says = match answer.file {
            Err(Trouble::Missing(text)) if !text.is_empty() => Some(text.clone()),
            _ => None,
        };
        let elapsed = answer.elapsed;
        self.steps.push(Step { file, transport, outcome, bytes, elapsed, signed_by, note, server_says });
        if self.stopped.is_some() {
            self.wants.clear();
        } else if self.wants.is_empty() {
            self.enter_next_phase();
        }
    }

    /// The certificates the phone accepts from an HTTPS server; nothing means that it holds no list to look them up in.
    #[must_use]
    pub fn trusted_servers(&self) -> Option<Vec<Certificate>> {
        let all = || self.flash.trust.servers().chain(self.vouched_servers()).cloned().collect();
        (!self.flash.trust.is_empty()).then(all)
    }

    /// What the boot came to, and what the phone keeps of it.
    #[must_use]
    pub fn finish(mut self) -> (Report, Flash) {
        let verdict = self.verdict();
        let trust_list = self.describe_trust();
        let device = self.phone.mac.device_name();
        let settings = self.configuration.take().map(|configuration| {
            let mut settings = configuration.settings;
            settings.device_name.clone_from(&device);
            settings.trust_list = trust_list;
            settings
        });
        let report = Report {
            device,
            model: self.phone.model.name.clone(),
            steps: self.steps,
            verdict,
            warnings: self.warnings,
            settings,
        };
        (report, self.flash)
    }

    fn verdict(&self) -> Verdict {
        if let Some(stop) = &self.stopped {
            return Verdict {
                comes_up: false,
                why: stop.why.clone(),
                next_step: Some(stop.next_step.clone()),
            };
        }
        let why = match (self.wants.is_empty(), self.configuration.is_some()) {
            (true, true) if self.warnings.is_empty() => "it has its configuration and all it needs",
            (true, true) => "it has its configuration, though something is amiss",
            _ => "it was switched off before its boot was over",
        };
        let comes_up = self.wants.is_empty() && self.configuration.is_some();
        Verdict { comes_up, why: why.to_owned(), next_step: None }
    }

    fn describe_trust(&self) -> String {
        let held = [&self.flash.trust.ctl, &self.flash.trust.itl].into_iter().flatten();
        let texts: Vec<String> = held
            .map(|list| {
                let (kind, version, digest) = (list.kind, list.version, list.digest);
                format!("{kind} {version}, {digest}, signed by {}", list.signer.subject)
            })
            .collect();
        texts.join("; ")
    }

    fn enter_next_phase(&mut self) {
        match self.phase {
            Phase::Lists => {
                self.phase = Phase::Configuration;
                self.plan_configuration();
            }
            Phase::Configuration => {
                self.phase = Phase::After;
                self.plan_after();
            }
            Phase::After => {}
        }
    }

    fn stop(&mut self, why: impl Into<String>, next_step: impl Into<String>) {
        self.stopped = Some(Stop { why: why.into(), next_step: next_step.into() });
    }

    fn warn(&mut self, warning: impl Into<String>) {
        self.warnings.push(warning.into());
    }
}

impl Conclusion {
    fn new(outcome: Outcome, note: impl Into<String>) -> Self {
        Self { outcome, signed_by: None, note: note.into() }
    }

    fn signed_by(self, signed_by: Option<String>) -> Self {
        Self { signed_by, ..self }
    }
}

impl fmt::Display for Over {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AsPhone => f.write_str("phone"),
            Self::Only(transport) => f.write_str(&transport.to_string().to_lowercase()),
        }
    }
}

impl FromStr for Over {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "phone" => Ok(Self::AsPhone),
            "https" => Ok(Self::Only(Transport::Https)),
            "http" => Ok(Self::Only(Transport::Http)),
            "tftp" => Ok(Self::Only(Transport::Tftp)),
            _ => Err("say phone (as the model does), http, https or tftp"),
        }
    }
}

#[cfg(test)]
mod tests;
