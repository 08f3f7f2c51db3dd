//! What keeps phones from being served, found by looking and by trying: each look has a deadline of its own, and none waits for
//! another.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::command::check::{self, Part};
use crate::config::{Listener, Resolved};
use crate::listener::Name;

mod clock;
mod firewall;
mod names;
mod peers;
mod play;
mod ports;
mod program;
mod room;

/// Longer than any look takes that finds what it looks for.
const DEADLINE: Duration = Duration::from_secs(12);

/// How it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// As it should be.
    Good,
    /// Worth a look.
    Note,
    /// Phones will not get what they need.
    Wrong,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How it is.
    pub level: Level,
    /// What was found.
    pub text: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

impl Finding {
    fn good(text: impl Into<String>) -> Self {
        Self { level: Level::Good, text: text.into(), advice: None }
    }

    fn note(text: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { level: Level::Note, text: text.into(), advice: Some(advice.into()) }
    }

    fn wrong(text: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { level: Level::Wrong, text: text.into(), advice: Some(advice.into()) }
    }
}

impl Level {
    /// As people see it in a list.
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Note => "!",
            Self::Wrong => "✗",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sign())
    }
}

impl From<check::Finding> for Finding {
    fn from(found: check::Finding) -> Self {
        let level = match found.level {
            check::Level::Ok => Level::Good,
            check::Level::Note => Level::Note,
            check::Level::Problem => Level::Wrong,
        };
        Self { level, text: found.text, advice: found.advice }
    }
}

/// What is looked at.
#[derive(Clone, Debug)]
pub struct Site {
    /// The settings.
    pub resolved: Resolved,
    /// Where a server really listens, when it told; else the settings say it.
    pub bound: Option<BTreeMap<String, Vec<SocketAddr>>>,
}

impl Site {
    /// Where a listener should be.
    fn addresses(&self, name: Name) -> Vec<SocketAddr> {
        match &self.bound {
            Some(bound) => bound.get(name.as_str()).cloned().unwrap_or_default(),
            None => {
                name.of(&self.resolved.listen).map(|listener| listener.addresses.clone()).unwrap_or_default()
            }
        }
    }

    fn listener(&self, name: Name) -> Option<&Listener> {
        name.of(&self.resolved.listen)
    }
}

type Look = fn(&Site) -> Vec<Finding>;

/// All looks but those that play a phone, in the order people read them.
const QUICK: [(&str, Look); 11] = [
    ("Files", |site| part(Part::Files, site)),
    ("Certificates", |site| [part(Part::Certificates, site), names::certificates(site)].concat()),
    ("Enrolment", |site| part(Part::Enrolments, site)),
    ("Database", |site| [part(Part::Database, site), room::database(site)].concat()),
    ("Disk", |site| [part(Part::Disk, site), room::reports(site)].concat()),
    ("Clock", clock::look),
    ("Name", names::server),
    ("Ports", ports::look),
    ("Firewall", firewall::look),
    ("Asterisk", peers::asterisk),
    ("Directory", peers::directory),
];

/// The one that plays a phone.
const PLAY: (&str, Look) = ("A phone's view", play::look);

fn part(part: Part, site: &Site) -> Vec<Finding> {
    check::part(part, &site.resolved).into_iter().map(Finding::from).collect()
}

/// What one look found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Chapter {
    /// What was looked at.
    pub subject: &'static str,
    /// What was found; may be nothing.
    pub findings: Vec<Finding>,
}

/// Looks at everything at once, and gives each chapter in its turn. `with_play` also asks every listener as a phone does, which
/// its log shows.
pub fn examine(site: Site, with_play: bool) -> impl Iterator<Item = Chapter> {
    let site = Arc::new(site);
    let began = Instant::now();
    let looks: Vec<_> = QUICK.into_iter().chain(with_play.then_some(PLAY)).collect();
    let running: Vec<_> = looks.into_iter().map(|(subject, look)| (subject, begin(look, &site))).collect();
    running.into_iter().map(move |(subject, told)| {
        let left = DEADLINE.saturating_sub(began.elapsed());
        let findings = told.recv_timeout(left).unwrap_or_else(|_| {
            let text = format!("nothing came of it within {} seconds", DEADLINE.as_secs());
            vec![Finding::wrong(
                text,
                "something that this look waits for hangs: a network file system, a name server",
            )]
        });
        Chapter { subject, findings }
    })
}

/// In a thread of its own, which is left behind if it hangs.
fn begin(look: Look, site: &Arc<Site>) -> Receiver<Vec<Finding>> {
    let (tell, told) = channel();
    let site = Arc::clone(site);
    thread::spawn(move || {
        // Nobody waits any more when it was too late.
        let _ = tell.send(look(&site));
    });
    told
}

/// A runtime for looks that talk to the network.
fn wait<T>(work: impl Future<Output = T>) -> Option<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    Some(runtime.block_on(work))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_that_panics_or_hangs_takes_nothing_from_the_others() {
        let site = Arc::new(Site { resolved: Resolved::default(), bound: None });
        let panics = begin(|_| panic!("of all things"), &site);
        assert!(panics.recv_timeout(DEADLINE).is_err());
        let looks = begin(|_| vec![Finding::good("well")], &site);
        assert_eq!(looks.recv_timeout(DEADLINE).map(|found| found.len()), Ok(1));
    }

    #[test]
    fn levels_have_signs() {
        let signs = [Level::Good, Level::Note, Level::Wrong].map(|level| level.to_string());
        assert_eq!(signs, ["✓", "!", "✗"]);
    }
}
